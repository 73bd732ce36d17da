"""Every page in one row: where it is found, and what it is of. What opens there in a browser is `page/page.js`.

The addresses are for good: they stand in newspapers. Below an exchange they are those of the API without `/v1`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

EXCHANGE = "/exchanges/{exchange}"
FEED = "/v1/changes.atom"
"""The feed that every page names."""


class PageKind(NamedTuple):
    """One kind of page. `view` is the kind of view of an exchange that it shows; none for what is of no exchange.

    `summary` says what opens at its address.
    """

    name: str
    address: str
    view: str | None
    summary: str

    def path(self, **named: str) -> str:
        """The path of one page of this kind."""
        return re.sub(r"\{(\w+)\}", lambda found: quote(named[found[1]], safe=":"), self.address)

    @property
    def opens(self) -> str | None:
        """By what the thing is named that is opened in the exchange; None where all of it is shown."""
        return next((name for name in re.findall(r"\{(\w+)\}", self.address) if name != "exchange"), None)

    def path_of(self, exchange: str, item: str) -> str:
        """The path of the page of an exchange, and of what is opened in it."""
        return self.path(exchange=exchange, **({self.opens: item} if self.opens else {}))


_CLAIM = "A claim: what it says, its source, whether it counts."

PAGE_KINDS: Mapping[str, PageKind] = {
    kind.name: kind
    for kind in (
        PageKind("frontPage", "/", None, "All processes and exchanges with their figures."),
        PageKind("exchangePage", EXCHANGE, "tally", "An exchange or a process."),
        PageKind("figurePage", f"{EXCHANGE}/figures/{{figure}}", "explanation", "A figure, opened down to its claims."),
        PageKind("roundPage", f"{EXCHANGE}/rounds/{{round}}", "round", "An exchange, at one of its rounds."),
        PageKind("claimPage", f"{EXCHANGE}/claims/{{event}}", "claims", _CLAIM),
        PageKind("chartPage", f"{EXCHANGE}/charts/{{chart}}", "tally", "An exchange, at one of its charts."),
        PageKind("changesPage", "/changes", None, "What was corrected, recorded late or outdated."),
        PageKind("changePage", "/changes/{event}", None, "What one event changed."),
    )
}
"""Every kind of page, by name."""


def page_of(view: str | None) -> PageKind:
    """The kind of page that shows a kind of view, or (None) all exchanges."""
    shown = {None: "frontPage", "round": "roundPage", "explanation": "figurePage"}
    return PAGE_KINDS[shown.get(view, "exchangePage")]
