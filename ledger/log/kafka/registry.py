"""The schemas of a ledger's topics in a schema registry, over the REST API of Confluent's, which others speak too."""

import base64
import http.client
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

import orjson

from ledger.errors import LogUnreachable, UsageError
from schemas.contracts.topic_schemas import topic_schemas
from schemas.topics import TOPICS

WAIT_S = 120
"""A registry compares each type of event of one version with each of the next: 17 s on a busy machine."""
WHY_MAX = 400
MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
NOT_THERE = frozenset({40401, 40403})
"""The registry's own codes for a subject, and for a schema, that it does not have."""


class SubjectState(NamedTuple):
    """How one topic's schema stands in the registry. `why` it was refused is said in the registry's own words."""

    subject: str
    state: Literal["registered", "unchanged", "refused"]
    version: int | None = None
    id: int | None = None
    why: str = ""


class Registry:
    """A schema registry at the URL of its API, with USER:PASSWORD@ before the host where it asks for them."""

    def __init__(self, url: str) -> None:
        """Raises UsageError."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("the URL of a schema registry is such as https://USER:PASSWORD@HOST:8081")
        userinfo, _, host = parts.netloc.rpartition("@")
        self.url = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
        self._headers = {"Content-Type": MEDIA_TYPE, "Accept": f"{MEDIA_TYPE}, application/json"}
        if userinfo:
            self._headers["Authorization"] = f"Basic {base64.b64encode(unquote(userinfo).encode()).decode()}"

    def register(self, subject: str, schema: Mapping[str, Any]) -> SubjectState:
        """Make a schema the newest of its subject, unless it is there. Raises LogUnreachable."""
        path, body = (
            f"/subjects/{quote(subject, safe='')}",
            {"schemaType": "JSON", "schema": orjson.dumps(schema).decode()},
        )
        found = self._post(path, body)
        if "id" in found:
            return SubjectState(subject, "unchanged", found["version"], found["id"])
        refused = self._post(f"{path}/versions", body) if found.get("error_code") in NOT_THERE else found
        if "id" not in refused:
            return SubjectState(subject, "refused", why=str(refused["message"])[:WHY_MAX])
        made = self._post(path, body)
        return SubjectState(subject, "registered", made.get("version"), refused["id"])

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the registry answers, also where that is a refusal: `error_code` and `message`."""
        request = Request(self.url + path, orjson.dumps(body), self._headers)
        try:
            with urlopen(request, timeout=WAIT_S) as answer:
                return self._members(answer.status, answer.read())
        except HTTPError as error:
            with error:
                return self._members(error.code, error.read())
        except (URLError, OSError, http.client.HTTPException) as error:
            raise LogUnreachable(
                f"{self.url}: no schema registry answers: {getattr(error, 'reason', error)}"
            ) from error

    def _members(self, status: int, text: bytes) -> dict[str, Any]:
        if status in (401, 403):
            raise LogUnreachable(
                f"{self.url}: the registry lets nobody in like this ({status}); put USER:PASSWORD@ before its host"
            )
        members = _parsed(text)
        is_known = "id" in members or "message" in members
        if not is_known or (status == 404 and members.get("error_code") not in NOT_THERE):
            raise LogUnreachable(
                f"{self.url}: answers {status}, and not as a schema registry does; give the address of its API "
                "(Apicurio's ends with /apis/ccompat/v7)"
            )
        return members


def register_schemas(registry: Registry, prefix: str) -> list[SubjectState]:
    """Make the schemas of a ledger's topics the newest of their subjects, each `TOPIC-value`. Raises LogUnreachable."""
    schemas = topic_schemas()
    return [
        registry.register(f"{topic.name(prefix)}-value", schemas[topic.suffix])
        for topic in TOPICS
        if topic.suffix in schemas
    ]


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
