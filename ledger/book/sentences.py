"""What sentences are put together from: one way for terminals, audits, correction notes, charts and pages."""

from collections.abc import Iterable


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 event`, `1,204 events`; `many` where an `s` is not enough."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def listed(parts: Iterable[str]) -> str:
    """`a, b and c`."""
    *most, last = [*parts] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def capital(text: str) -> str:
    """With a capital at the beginning."""
    return f"{text[:1].upper()}{text[1:]}"
