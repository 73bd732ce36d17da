"""What can go wrong with a broker."""


class BrokerError(Exception):
    """A broker cannot be had, or has died. The text says why and what to do."""
