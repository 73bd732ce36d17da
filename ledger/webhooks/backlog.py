"""What is still to be told to one address, and how it is told: in order, again and again until it is taken."""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable

from ledger.logs import Trouble
from ledger.webhooks.addresses import Webhook
from ledger.webhooks.deliveries import Delivery
from ledger.webhooks.message import WebhookMessage, headers
from ledger.webhooks.sending import WebhookLine
from schemas.record import Frontier

logger = logging.getLogger(__name__)

RETRY_FIRST_S, RETRY_MAX_S = 0.5, 300.0
"""Until the first try again, each time twice as long, and never longer than this."""
WAITING_MAX = 1_000
"""Messages that wait for one address. One that is further behind is told the rest from the log, once it took these."""


class Backlog:
    """The messages for one address. `is_cut`: later ones were let go of, since it was too far behind."""

    def __init__(self, webhook: Webhook, delivery: Delivery, keep: Callable[[], None]) -> None:
        self.webhook = webhook
        self.delivery = delivery
        self.is_cut = False
        self._waiting: deque[WebhookMessage] = deque()
        self._came = asyncio.Event()
        self._keep = keep
        self._line = WebhookLine(webhook.url)
        self._trouble = Trouble(logger, f"webhook {webhook.name} takes changes again")

    def add(self, message: WebhookMessage) -> None:
        """Have a message told, after those before it."""
        self.is_cut = self.is_cut or len(self._waiting) >= WAITING_MAX
        if not self.is_cut:
            self._waiting.append(message)
            self._came.set()

    def passed(self, reached: Frontier) -> None:
        """Take in that up to a position there is nothing else to tell."""
        if not self._waiting and not self.is_cut and reached.includes(self.delivery.reached):
            self.delivery = self.delivery.model_copy(update={"position": str(reached)})

    async def tell(self) -> None:
        """Tell what is there and what comes, until nothing is left but what has to be read from the log again."""
        try:
            while self._waiting or not self.is_cut:
                if self._waiting:
                    await self._tell(self._waiting[0])
                    self._waiting.popleft()
                else:
                    self._came.clear()
                    await self._came.wait()
        finally:
            self._line.close()

    async def _tell(self, message: WebhookMessage) -> None:
        wait_s = RETRY_FIRST_S
        while True:
            at = int(time.time())
            why = await self._line.send(message.body, headers(message, self.webhook.key, at))
            if why is None:
                break
            self.delivery = self.delivery.refused(why)
            self._trouble.began(f"webhook {self.webhook.name} ({self.webhook.where}) does not take changes: {why}")
            self._keep()
            await asyncio.sleep(wait_s * random.uniform(0.8, 1.2))
            wait_s = min(2 * wait_s, RETRY_MAX_S)
        self._trouble.ended()
        self.delivery = self.delivery.succeeded(message.reached)
        self._keep()
