"""Every page in one row: where it is found, and what it is of. What opens there in a browser is `page/page.js`.

The addresses are for good: they stand in newspapers. Below an exchange they are those of the API without `/v1`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

EXCHANGE = "/exchanges/{exchange}"


class PageKind(NamedTuple):
    """One kind of page. `summary` says what opens at its address."""

    name: str
    address: str
    summary: str

    def path(self, **named: str) -> str:
        """The path of one page of this kind."""
        return re.sub(r"\{(\w+)\}", lambda found: quote(named[found[1]], safe=":"), self.address)


PAGE_KINDS: Mapping[str, PageKind] = {
    kind.name: kind
    for kind in (
        PageKind("frontPage", "/", "All processes and exchanges with their figures."),
        PageKind("exchangePage", EXCHANGE, "An exchange or a process."),
        PageKind("figurePage", f"{EXCHANGE}/figures/{{figure}}", "A figure, opened down to its claims."),
        PageKind("roundPage", f"{EXCHANGE}/rounds/{{round}}", "An exchange, at one of its rounds."),
        PageKind("claimPage", f"{EXCHANGE}/claims/{{event}}", "A claim: what it says, its source, whether it counts."),
        PageKind("chartPage", f"{EXCHANGE}/charts/{{chart}}", "An exchange, at one of its charts."),
        PageKind("changesPage", "/changes", "What was corrected, recorded late or outdated."),
        PageKind("changePage", "/changes/{event}", "What one event changed."),
    )
}
"""Every kind of page, by name."""
