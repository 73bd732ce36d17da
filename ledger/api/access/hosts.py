"""Whom a server is for: the people at this machine, or whoever reaches it.

What listens on this machine only, without a proxy, is nobody else's business. Yet any page that is open in a browser
here could ask it, by its address or by a name that its owner lets lead here. So other pages may not read its answers,
and it does not answer to names.
"""

import re
from ipaddress import ip_address

from starlette.types import Scope

from ledger.api.http.answers import SHARED, Headers
from ledger.settings import Settings

_OURS = re.compile(rb"(localhost|[a-z0-9-]+\.localhost|[0-9.]+|\[[0-9a-f:.]+\])(:[0-9]*)?", re.IGNORECASE)


def is_private(settings: Settings) -> bool:
    """Whether a server is for the people at this machine."""
    if settings.serve_proxy is not None:
        return False
    try:
        return settings.serve_host == "localhost" or ip_address(settings.serve_host).is_loopback
    except ValueError:
        return False


def shared_by(settings: Settings) -> Headers:
    """What lets pages of others read the answers of a server that everybody may read."""
    return SHARED if settings.serve_read == "open" and not is_private(settings) else []


def is_named(scope: Scope) -> bool:
    """Whether a request names this machine, or an address, and not a name that could be anybody's."""
    return all(_OURS.fullmatch(text) for name, text in scope["headers"] if name == b"host")
