"""Numbers, ratios and moments as text: one way for terminals, audits and correction notes."""

from collections.abc import Callable, Mapping

from schemas.values import Moment
from schemas.views import Estimate, Ratio
from schemas.vocabulary import DateQualifier, Qualifier


def estimate(value: Estimate | None) -> str:
    """`105`, `about 900`, `1,778 (1,735-1,778)`, `242 (242-?)`, `about 63-67`, `at least 131`; `-` is not recorded."""
    if value is None:
        return "-"
    about = "about " if value.hedged else ""
    if value.best is not None:
        best = f"{about}{value.best:,}"
        if value.best == value.low == value.high:
            return best
        return f"{best} ({value.low:,}-{'?' if value.high is None else f'{value.high:,}'})"
    if value.high is None:
        return f"at least {value.low:,}" if value.low else "unknown"
    return f"{about}{value.low:,}-{value.high:,}" if value.low else f"at most {value.high:,}"


def counted(value: Estimate | None, hedge: Qualifier | None) -> str:
    """What one claim counts: its word where it names no number, else as `estimate`."""
    return estimate(value) if hedge is None else hedge.replace("_", " ")


def ratio(value: Ratio, wide: bool = True) -> str:
    """`240/81 = 2.963` (`2.963` where there is little room), `about 53.8`, or a dash where it is undefined."""
    if value.value is None:
        return between(value)
    if value.fraction is None:
        return f"about {decimal(value.value)}"
    return f"{value.fraction} = {decimal(value.value)}" if wide else decimal(value.value)


def between(value: Ratio) -> str:
    """From where to where a ratio can lie: `2 to 2.500`, `about 2 to 2.500` where a side is hedged, `at least 2.625`; a
    dash where nothing bounds it.
    """
    low, high = value.low, value.high
    if low is None and high is None:
        return "-"
    if high is None or low is None:
        return f"at least {decimal(low)}" if high is None else f"at most {decimal(high)}"
    return f"{'about ' if value.hedged else ''}{decimal(low)} to {decimal(high)}"


def decimal(value: float | None) -> str:
    """`2.963`, `3`; `?` where there is no such number."""
    return "?" if value is None else f"{value:.3f}".removesuffix(".000")


def _time(at: str) -> str:
    return at.replace("T", " ")


def moment(value: Moment | None, write: Callable[[str], str] = _time) -> str:
    """`2023-11-24 07:00+02:00`, `2023-11-28`, `before 2023-10-06`, `about 2023-11`, `possibly 1980 to about 1989`."""
    if value is None:
        return "-"
    at = f"{_DOUBTS[value.qualifier]}{write(value.at)}"
    if value.precision in ("before", "after"):
        return f"{value.precision} {at}"
    return f"{at} to {_DOUBTS[value.until_qualifier]}{write(value.until)}" if value.until else at


_DOUBTS: Mapping[DateQualifier | None, str] = {
    None: "",
    "uncertain": "possibly ",
    "approximate": "about ",
    "uncertain_approximate": "possibly about ",
}
