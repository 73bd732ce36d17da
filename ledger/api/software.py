"""What this server says that it is."""

from importlib.metadata import version

VERSION = version("exchange-ledger")
SOFTWARE = f"exchange-ledger {VERSION}"
