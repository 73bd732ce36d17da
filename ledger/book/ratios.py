"""Prisoners per captive, exactly, or not at all."""

from schemas.views import Estimate, Ratio

UNDEFINED = Ratio()


def ratio(prisoners: Estimate | None, captives: Estimate | None) -> Ratio:
    """`prisoners` over `captives`; undefined where a side is unknown or nobody is in the denominator.

    A hedged side gives no fraction: its value is then approximate.
    """
    if prisoners is None or captives is None or _is_unknown(prisoners) or _is_unknown(captives):
        return UNDEFINED
    if captives.best is not None and captives.best <= 0:
        return UNDEFINED
    fraction = value = None
    if prisoners.best is not None and captives.best is not None:
        value = _decimal(prisoners.best, captives.best)
        fraction = f"{prisoners.best}/{captives.best}" if prisoners.exact and captives.exact else None
    return Ratio(
        fraction=fraction,
        value=value,
        low=None if captives.high is None else _decimal(prisoners.low, captives.high),
        high=None if prisoners.high is None else _decimal(prisoners.high, captives.low),
    )


def _is_unknown(side: Estimate) -> bool:
    return side.best is None and side.low == 0 and side.high is None


def _decimal(numerator: int, denominator: int) -> float | None:
    return round(numerator / denominator, 6) if denominator else None
