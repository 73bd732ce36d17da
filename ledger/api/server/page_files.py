"""The files of the pages, in memory: each with its tag, and with the rules by which a browser treats it."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from ledger.api.http.answers import INERT, PAGE_RULES, ZIPPED_BEST, Answer, matches, tag_of, takes_zipped
from ledger.api.site.rendering import rendered
from ledger.api.site.shell import Site

PAGE = files("ledger.api") / "page"
ENTERING = "enter.html"
"""The page on which claims are entered: the same for everybody, but for the name of the server."""
METHODS = ("GET", "HEAD")
MEDIA_TYPES: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


class _Asset:
    """One file, ready to be sent as it is, compressed, or not again."""

    def __init__(self, name: str, body: bytes) -> None:
        self.tag = tag_of(body)
        media_type = MEDIA_TYPES[name.rpartition(".")[2]]
        headers = [(b"cache-control", b"no-cache"), (b"etag", self.tag.encode())]
        rules = PAGE_RULES if media_type.startswith("text/html") else INERT  # a page has the rules of all its files
        self.plain = Answer(body, media_type, headers=headers, rules=rules)
        self.zipped = self.plain.zipped(ZIPPED_BEST)
        self.known = Answer(b"", media_type, 304, headers, rules)

    def answer(self, headers: Headers) -> Answer:
        if matches(self.tag, headers.get("if-none-match")):
            return self.known
        return self.zipped if takes_zipped(headers.get("accept-encoding", "")) else self.plain


def _served(folder: Traversable, under: str) -> Iterator[tuple[str, Traversable]]:
    """The files below a folder that a browser is given, with their paths."""
    for each in folder.iterdir():
        if each.is_dir():
            yield from _served(each, f"{under}{each.name}/")
        elif each.name.rpartition(".")[2] in MEDIA_TYPES:
            yield f"{under}{each.name}", each


class Page:
    """The page as an ASGI application. Raises HTTPException for what is no part of it."""

    def __init__(self, site: Site) -> None:
        self._assets = {path: _Asset(each.name, each.read_bytes()) for path, each in _served(PAGE, "/")}
        self._assets[f"/{ENTERING}"] = _Asset(ENTERING, rendered(ENTERING, site=site))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asset = self._assets.get(scope["path"]) if scope["type"] == "http" else None
        if asset is None:
            raise HTTPException(404)
        if scope["method"] not in METHODS:
            raise HTTPException(405, headers={"Allow": ", ".join(METHODS)})
        await asset.answer(Headers(scope=scope))(scope, receive, send)
