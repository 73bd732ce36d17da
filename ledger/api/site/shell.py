"""The document of a page: what its head says of it, and what stands in it until scripts draw it."""

from typing import NamedTuple

from ledger.api.http.addresses import Addresses
from ledger.api.site.rendering import rendered

HTML = "text/html; charset=utf-8"


class Head(NamedTuple):
    """What a page says of itself. `path` is its own address, without the base."""

    title: str
    description: str
    path: str


def shell(head: Head, addresses: Addresses) -> bytes:
    """A page as HTML, in UTF-8."""
    return rendered("shell.html", head=head, here=addresses)
