"""Who entered a record, for whoever is shown it: as the log keeps it, else by the key of its envelope."""

from schemas.dsse import opened
from schemas.errors import InvalidEvent


def entrant(kept: str | None, payload: bytes) -> str | None:
    """Who entered a record (`schemas.entrants`); None where neither the log nor its envelope says so.

    Whether the signature holds is not looked at here.
    """
    if kept is not None:
        return kept
    try:
        envelope = opened(payload)
    except InvalidEvent:
        return None
    return envelope and f"key:{envelope.signatures[0].keyid}"
