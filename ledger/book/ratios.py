"""Prisoners per captive, exactly, or not at all."""

from ledger.book.balances import ZERO
from schemas.views import Estimate, Ratio

UNDEFINED = Ratio()


def ratio(prisoners: Estimate | None, captives: Estimate | None) -> Ratio:
    """`prisoners` over `captives`; undefined where a leg is unknown or nobody is in the denominator.

    A hedged side gives no fraction, only the ends of the range that can be divided.
    """
    if prisoners is None or captives is None or captives == ZERO or captives.best == 0:
        return UNDEFINED
    fraction = value = None
    if prisoners.best is not None and captives.best is not None:
        fraction, value = f"{prisoners.best}/{captives.best}", _decimal(prisoners.best, captives.best)
    return Ratio(
        fraction=fraction,
        value=value,
        low=None if captives.high is None else _decimal(prisoners.low, captives.high),
        high=None if prisoners.high is None else _decimal(prisoners.high, captives.low),
    )


def _decimal(numerator: int, denominator: int) -> float | None:
    return round(numerator / denominator, 6) if denominator else None
