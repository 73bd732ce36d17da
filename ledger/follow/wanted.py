"""The events of a log that somebody asks for: each record is read once and none is kept."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ledger.follow.bound import Bound, bound_of
from ledger.follow.filters import Filter, KnownNames
from ledger.follow.follower import Follower
from ledger.follow.signatures import SignaturePolicy, signature_policy
from ledger.log.port import EventLog
from ledger.words.folding import folded
from schemas.codec import accept, skim
from schemas.errors import InvalidEvent
from schemas.mentions import is_understood, members_of, mentions
from schemas.record import NOWHERE, Batch, Record, to_microseconds


async def wanted_events(log: EventLog, wanted: Filter) -> AsyncGenerator[Record, None]:
    """The events that are wanted, in the order of the log. Raises UnknownName, also once all are read."""
    sink = _Wanted(wanted, await bound_of(log, wanted.cut), signature_policy(log.trust), log.is_validated)
    async with aclosing(Follower(log, sink).read()) as found:
        async for records in found:
            for each in records:
                yield each
    wanted.check(sink.known)


class _Wanted:
    """Takes records and gives the events among them that are wanted; what is no event of the ledger is passed over."""

    def __init__(self, wanted: Filter, bound: Bound, policy: SignaturePolicy | None, is_validated: bool) -> None:
        self.reached = NOWHERE
        self._exchanges, self._publishers = set[str](), set[str]()
        self._parties, self._countries = set[str](), set[str]()
        self._wanted = wanted
        self._bound = bound
        self._policy = policy
        self._decode = skim if is_validated else accept

    def take(self, batch: Batch) -> list[Record]:
        found = [each for each in batch.records() if self._is_wanted(each)]
        self.reached = self.reached.advanced(batch.partition, batch.last)
        return found

    def _is_wanted(self, record: Record) -> bool:
        position, payload = record.position, record.payload
        recorded_us = to_microseconds(record.recorded_at)
        try:
            event = self._decode(payload)
        except InvalidEvent:
            return False
        if self._policy is not None and self._policy.refusal(position, recorded_us, event, payload) is not None:
            return False
        self._learn(event.exchange, payload)
        is_within = self._bound.has(position.partition, position.offset, recorded_us)
        return is_within and self._wanted.wants(event.exchange, recorded_us, payload)

    def _learn(self, exchange: str, payload: bytes) -> None:
        """Keep the names in an event, where one is asked for that could be in none."""
        self._exchanges.add(exchange)
        wanted = self._wanted
        if wanted.publisher is None and wanted.party is None and wanted.country is None:
            return
        event = members_of(payload)
        if is_understood(event):
            named = mentions(event)
            self._publishers.add(event["source"]["publisher"])
            self._parties.update(named.parties)
            self._countries.update(named.countries)

    @property
    def known(self) -> KnownNames:
        """The names in what was read, as far as they were asked for."""
        publishers = {folded(each) for each in self._publishers}
        return KnownNames(self._exchanges, self._publishers, self._parties, self._countries, publishers)
