"""Whose events may be appended: signatures, held against the revocations that the log knows of by then."""

from ledger.admission import Check
from ledger.follow.follower import Follower
from ledger.follow.signatures import SignaturePolicy, signature_policy
from ledger.log.port import EventLog
from schemas.record import NOWHERE, Batch


class Revocations:
    """Takes records to let a policy know of the revocations among them."""

    def __init__(self, policy: SignaturePolicy) -> None:
        self.reached = NOWHERE
        self._policy = policy

    def take(self, batch: Batch) -> None:
        self._policy.learn(batch)
        self.reached = self.reached.advanced(batch.partition, batch.last)


class PublishPolicy:
    """The policy for what is about to be appended: it knows of the revocations that the log holds."""

    def __init__(self, log: EventLog) -> None:
        self._policy = signature_policy(log.trust)
        self._follower: Follower[None] | None = None
        if self._policy is not None and log.is_validated:  # where others append as well, readers look at it anyhow
            self._follower = Follower(log, Revocations(self._policy))

    async def catch_up(self) -> None:
        """Learn what was revoked since the last time."""
        if self._follower is not None:
            await self._follower.catch_up()

    @property
    def check(self) -> Check | None:
        """Raises InvalidEvent for an event that would not count; None where every event would."""
        return None if self._policy is None else self._policy.check
