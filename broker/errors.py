"""What can go wrong with a broker."""


class BrokerError(Exception):
    """A broker cannot be had, or has died. The text says why and what to do."""


class MissingTool(BrokerError):
    """A broker cannot be had on this machine as it is: what it needs is not installed, or cannot be fetched."""
