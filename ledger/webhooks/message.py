"""What is sent to an address: a change as JSON, signed as Standard Webhooks has it."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import NamedTuple

from ledger.changes.views import EventChangeView
from ledger.software import SOFTWARE
from schemas.record import Frontier
from schemas.views import view_bytes


class WebhookMessage(NamedTuple):
    """A change to be told, under an id that is the same however often it is message.

    `reached`: how far whoever takes it has been told then.
    """

    id: str
    body: bytes
    reached: Frontier


def message_of(change: EventChangeView, reached: Frontier) -> WebhookMessage:
    """The message that tells what an event changed."""
    told = b'{"data":%s,"timestamp":"%s","type":"change.%s"}'
    body = told % (view_bytes(change), change.recorded.encode(), str(change.kind).encode())
    return WebhookMessage(change.event, body, reached)


def headers(message: WebhookMessage, key: bytes, at: int) -> Mapping[str, str]:
    """The headers of a message that is sent at a time, in seconds since 1970."""
    signed = b"%s.%d.%s" % (message.id.encode(), at, message.body)
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "user-agent": SOFTWARE,
        "webhook-id": message.id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
    }
