"""Whether the server runs, and whether it is up to date."""

from pydantic import BaseModel

from ledger.follow.log_end import READY_LAG
from ledger.follow.replica import Replica


class Live(BaseModel):
    """The server runs."""

    live: bool


class Ready(BaseModel):
    """Whether views are up to date: how far the log is folded, and how many events are not yet.

    `lag_events` is null where nobody knows, since the log does not answer. `damage` says what is wrong with the log,
    and from which position on, where something is.
    """

    ready: bool
    position: str
    lag_events: int | None
    damage: str | None = None


def readiness(replica: Replica) -> Ready:
    """Whether the log answers, is whole, has been read to its end, and is nearly kept up with."""
    lag = replica.lag
    is_ready = replica.is_live and not replica.gone and not replica.damage and lag is not None and lag <= READY_LAG
    return Ready(ready=is_ready, position=str(replica.reached), lag_events=lag, damage=replica.damage)
