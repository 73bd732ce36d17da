"""The document of a page: what its head says of it, and what stands in it until scripts draw it."""

from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from ledger.api.http.addresses import Addresses

HTML = "text/html; charset=utf-8"

_TEMPLATES = Environment(
    loader=PackageLoader("ledger.api", "site/templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Head(NamedTuple):
    """What a page says of itself. `path` is its own address, without the base."""

    title: str
    description: str
    path: str


def shell(head: Head, addresses: Addresses) -> bytes:
    """A page as HTML, in UTF-8."""
    return _TEMPLATES.get_template("shell.html").render(head=head, here=addresses).encode()
