"""Who entered an event, as the log says that took it in. It is no part of the event, and not its publisher's word.

    token:newsroom-feed               a server took it in, from whoever showed the token of that name
    desk:kyiv                         somebody wrote to the log itself, under a name of their own
    key:example.org/feed+1f4a2f0c     the log does not say; the event is signed, by the key that its envelope names

A log keeps the first two. The third is in the record already, and is read from it where it is shown
(`ledger.entrants`).
"""

import re

NAME = r"[a-z0-9][a-z0-9._-]{0,63}"
"""What a token or a desk can be called."""
_KEPT = re.compile(rf"(token|desk):{NAME}".encode())


def by_token(name: str) -> str:
    """Whoever showed a token of this name to a server."""
    return f"token:{name}"


def by_desk(name: str) -> str:
    """Whoever says to be of this name, and can write to the log itself."""
    return f"desk:{name}"


def is_entrant(raw: bytes | None) -> bool:
    """Whether a log can have kept these bytes of an event, for who entered it."""
    return raw is not None and _KEPT.fullmatch(raw) is not None
