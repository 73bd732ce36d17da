"""What this server says that it is."""

from importlib.metadata import version

NAME = "exchange-ledger"
VERSION = version(NAME)
SOFTWARE = f"{NAME} {VERSION}"
