"""The forms in which a view can be had, by the ending of its path: one row each."""

from collections.abc import Mapping
from typing import NamedTuple

from ledger.api.http.answers import CSV, JSON


class Form(NamedTuple):
    """One form. `is_beside`: it does not write the view down but says what stands beside it, and so names its position.

    `is_file`: a browser keeps it as a file.
    """

    ending: str
    media_type: str
    is_beside: bool = False
    is_file: bool = False

    @property
    def is_json(self) -> bool:
        return self.ending.endswith(".json")


FORMS: Mapping[str, Form] = {
    form.ending: form
    for form in (
        Form(".metadata.json", JSON, is_beside=True),
        Form(".csl.json", "application/vnd.citationstyles.csl+json", is_beside=True),
        Form(".bib", "application/x-bibtex; charset=utf-8", is_beside=True, is_file=True),
        Form(".citation.txt", "text/plain; charset=utf-8", is_beside=True),
        Form(".hxl.csv", CSV, is_file=True),
        Form(".csv", CSV, is_file=True),
        Form(".json", JSON),
    )
}
"""Every form, by its ending: one before those that its ending ends with. Without an ending a view is JSON."""


def form(name: str) -> tuple[str, str]:
    """A name from an address without its ending, and the ending: `.json` where there is none."""
    for ending in FORMS:
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending), ending
    return name, ".json"
