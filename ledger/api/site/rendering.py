"""Templates: whatever is put into one becomes text, and never markup."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=PackageLoader("ledger.api", "site/templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What neither HTML nor XML can hold, however it is written."""


def rendered(template: str, **parts: Any) -> bytes:
    """A template with its parts, in UTF-8."""
    return _NO_XML.sub("\ufffd", _TEMPLATES.get_template(template).render(parts)).encode()
