"""The files of the pages, in memory: each with its tag, and with the rules by which a browser treats it."""

from collections.abc import Mapping
from importlib.resources import files

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from ledger.api.http.answers import PAGE_RULES, Answer, matches, tag_of, takes_zipped

PAGE = files("ledger.api") / "page"
METHODS = ("GET", "HEAD")
MEDIA_TYPES: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


class _Asset:
    """One file, ready to be sent as it is, compressed, or not again."""

    def __init__(self, name: str, body: bytes) -> None:
        self.tag = tag_of(body)
        media_type = MEDIA_TYPES[name.rpartition(".")[2]]
        headers = [(b"cache-control", b"no-cache"), (b"etag", self.tag.encode())]
        self.plain = Answer(body, media_type, headers=headers, rules=PAGE_RULES)
        self.zipped = self.plain.zipped()
        self.known = Answer(b"", media_type, 304, headers, PAGE_RULES)

    def answer(self, headers: Headers) -> Answer:
        if matches(self.tag, headers.get("if-none-match")):
            return self.known
        return self.zipped if takes_zipped(headers.get("accept-encoding", "")) else self.plain


class Page:
    """The page as an ASGI application. Raises HTTPException for what is no part of it."""

    def __init__(self) -> None:
        found = (each for each in PAGE.iterdir() if each.name.rpartition(".")[2] in MEDIA_TYPES)
        self._assets = {f"/{each.name}": _Asset(each.name, each.read_bytes()) for each in found}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asset = self._assets.get(scope["path"]) if scope["type"] == "http" else None
        if asset is None:
            raise HTTPException(404)
        if scope["method"] not in METHODS:
            raise HTTPException(405, headers={"Allow": ", ".join(METHODS)})
        await asset.answer(Headers(scope=scope))(scope, receive, send)
