"""Where a server is found from outside: below which path, and under which name."""

from typing import NamedTuple
from urllib.parse import quote, urlsplit

from starlette.types import Scope


def exchange_path(exchange: str) -> str:
    """Where the API has an exchange or a process."""
    return f"/v1/exchanges/{quote(exchange, safe='')}"


class Addresses(NamedTuple):
    """The public address of a server: `https://news.example` and `/ledger`. Both are empty where nobody said it."""

    origin: str
    base: str

    @classmethod
    def of(cls, url: str) -> "Addresses":
        """The parts of a setting that is empty, or a URL without query and fragment."""
        parts = urlsplit(url)
        return cls(f"{parts.scheme}://{parts.netloc}" if parts.netloc else "", parts.path.rstrip("/"))

    def path(self, path: str) -> str:
        """A path of this server, as its clients have to ask for it."""
        return self.base + path

    def absolute(self, path: str) -> str:
        """The whole address of a path; the path alone where the server does not know its name."""
        return self.origin + self.base + path

    def within(self, scope: Scope) -> Scope:
        """A request as it is without the path that a proxy has left in front."""
        path = scope.get("path", "")
        if not self.base or not f"{path}/".startswith(f"{self.base}/"):
            return scope
        return {**scope, "path": path.removeprefix(self.base) or "/"}
