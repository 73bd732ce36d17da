"""The ways in which the page is looked at, and what axe-core finds in one."""

from typing import Any, Literal, TypeAlias

from tests.page.browser import NARROW, WIDE, Tab

ColorScheme: TypeAlias = Literal["light", "dark"]
Media: TypeAlias = Literal["screen", "print"]

LOOKS: tuple[tuple[tuple[int, int], ColorScheme, Media], ...] = (
    (WIDE, "light", "screen"),
    (WIDE, "dark", "screen"),
    (NARROW, "light", "screen"),
    (NARROW, "dark", "screen"),
    (WIDE, "light", "print"),
)


def violations(tab: Tab, axe: str, part: str = "html") -> list[str]:
    """What axe-core finds in a part of the page by all its rules, best practices among them; each with the element."""
    tab.page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    tab.page.evaluate(axe)
    found: list[dict[str, Any]] = tab.page.evaluate(_RUN, part)
    return [
        f"{each['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for each in found
        for node in each["nodes"]
    ]


_RUN = "(part) => axe.run(part, { resultTypes: ['violations'] }).then((result) => result.violations)"
