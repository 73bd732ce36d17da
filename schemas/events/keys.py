"""The keys by which producers sign their events."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.envelope import Envelope
from schemas.values import Text

KeyLabel = Annotated[str, StringConstraints(pattern=r"^[!-*,-~]{1,180}\+[0-9a-f]{8}$")]


class KeyRevoked(Envelope):
    """A producer's key is not to be believed any more: what it signs from here on is no event of this exchange.

    It counts where it is signed by a key of the same owner, or of the keeper in whose name the owner's begins.
    `occurred` says since when the key may have been in other hands: what it signed in between stands until somebody
    retracts it.
    """

    type: Literal["key_revoked"] = "key_revoked"
    version: Literal[1] = 1
    key: KeyLabel
    why: Text
