"""Who a client is by its address, and how much work one client may ask for."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv6Address, ip_address
from time import perf_counter
from typing import NamedTuple

from starlette.requests import Request

from ledger.api.http.problems import HttpProblem
from ledger.api.lru import Lru

REQUEST_WORK = 50
"""What any question costs that is not answered from what is ready: about as much as to fold so many events."""
FOLDED_A_SECOND = 20_000
"""Events that are folded in a second, by which time becomes work."""
SAVED_S = 60.0
"""Work that a client has not asked for is saved up for so long."""
CLIENTS_MAX = 10_000
"""Clients that are remembered; who is forgotten begins with everything saved."""


def client_of(host: str) -> str:
    """The address by which a client is counted: of IPv6 its first half, since the other half is anybody's to choose."""
    if ":" not in host:
        return host
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))


def client_in(request: Request) -> str:
    """The client that a request comes from."""
    return client_of(request.client.host if request.client else "")


class Asker(NamedTuple):
    """Who asks, and what takes work from what that client may ask for; it raises HttpProblem where nothing is left."""

    client: str
    spend: Callable[[int], None]


@contextmanager
def timed(asker: Asker, paid: int) -> Iterator[None]:
    """Take the time that something took from what is left to the asker, beyond what is `paid`.

    How long it takes is known only afterwards: who has nothing left by then is refused the next time.
    """
    began = perf_counter()
    try:
        yield
    finally:
        with suppress(HttpProblem):
            asker.spend(max(0, round((perf_counter() - began) * FOLDED_A_SECOND) - paid))


class Allowance:
    """The work that a client has left, at a time."""

    __slots__ = ("at", "left")

    def __init__(self, left: float, at: float) -> None:
        self.left, self.at = left, at


class Allowances:
    """How much work each client may still ask for, in events that are folded. It grows by `rate` a second; 0: no limit.

    A client that has anything left may ask for more than that and then waits until it is made good, so that no question
    is too large to be ever asked.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._allowances: Lru[Allowance] = Lru(CLIENTS_MAX)

    def spend(self, request: Request, work: int, now: float) -> None:
        """Take work from what a client has left. Raises HttpProblem where nothing is."""
        if not self._rate:
            return
        allowance = self._allowance(client_in(request), now)
        if allowance.left <= 0:
            wait_s = math.ceil((1 - allowance.left) / self._rate)
            detail = f"this address has asked for more than its share; come again in {wait_s} seconds"
            raise HttpProblem("too-many", detail, {"Retry-After": str(wait_s)}, reason="work")
        allowance.left -= work

    def _allowance(self, client: str, now: float) -> Allowance:
        saved = self._rate * SAVED_S
        allowance = self._allowances.get(client)
        if allowance is None:
            allowance = Allowance(saved, now)
            self._allowances.put(client, allowance, 1)
        allowance.left = min(saved, allowance.left + (now - allowance.at) * self._rate)
        allowance.at = now
        return allowance
