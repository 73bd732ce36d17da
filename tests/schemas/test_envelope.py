import itertools
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.events import EVENT_TYPES, PauseStarted
from schemas.ids import derive_id, new_id
from schemas.values import UUID_PATTERN, Moment, Source

ID, OTHER = "018c03c6-a800-80df-835c-1154759a532a", "018bfea0-4c00-8e6d-8b5a-55a579ca3bf3"


def claim(**fields: Any) -> PauseStarted:
    source = Source(publisher="P", kind="wire")
    return PauseStarted(exchange="IL-1", occurred=Moment.day("2023-11-24"), source=source, pause="p", **fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"supersedes": OTHER, "occurrence": "p"}, "go together"),
        ({"reason": "corrected", "occurrence": "p"}, "go together"),
        ({"supersedes": OTHER, "reason": "updated"}, "names its `occurrence`"),
        ({"id": ID, "supersedes": ID, "reason": "corrected", "occurrence": "p"}, "cannot supersede itself"),
    ],
)
def test_a_claim_that_supersedes_says_what_and_why(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        claim(**fields)


@pytest.mark.parametrize("reason", ["corrected", "updated"])
def test_a_claim_supersedes_another_of_its_occurrence(reason: str) -> None:
    assert claim(supersedes=OTHER, reason=reason, occurrence=OTHER).supersedes == OTHER


@pytest.mark.parametrize("id", ["", ID.upper(), ID.replace("-", ""), f"{{{ID}}}", f"{ID}\n", ID[:-1]])
def test_an_id_is_a_canonical_uuid(id: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        claim(id=id)


def test_events_are_made_with_ids_of_their_own() -> None:
    assert claim().id != claim().id


def test_events_cannot_be_changed_and_take_no_other_fields() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        claim().round = 2  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        claim(victim="x")


@pytest.mark.parametrize("model", EVENT_TYPES.values(), ids=EVENT_TYPES.keys())
def test_every_type_starts_with_the_envelope_and_names_its_type(model: type[PauseStarted]) -> None:
    names = list(model.model_fields)
    assert names[:4] == ["id", "exchange", "round", "occurrence"]
    assert re.fullmatch("[a-z]+(_[a-z]+)+", model.model_fields["type"].default)
    assert model.model_fields["version"].default == 1


# -- ids ---------------------------------------------------------------------------------------


def test_a_derived_id_never_changes() -> None:
    assert derive_id("exchange-claims", "PRE-001") == "e1ed2597-24a9-822d-a143-b7bb535ee829"
    assert derive_id("exchange-claims", "PRE-001", "2023-10-07") == "018b076f-0c00-822d-a143-b7bb535ee829"


@given(st.text(), st.text(), st.text(), st.text())
def test_derived_ids_are_equal_for_equal_rows_only(dataset: str, key: str, dataset2: str, key2: str) -> None:
    same = (dataset, key) == (dataset2, key2)
    if "\0" not in dataset + dataset2:
        assert (derive_id(dataset, key) == derive_id(dataset2, key2)) == same


@given(st.text(max_size=5), st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))
def test_derived_ids_are_version_eight_and_carry_their_time(key: str, time: datetime) -> None:
    derived = derive_id("d", key, time.isoformat())
    assert is_version_eight(derived)
    assert milliseconds(derived) == int(time.replace(tzinfo=UTC).timestamp() * 1000)


def test_a_time_before_1970_orders_an_id_first() -> None:
    assert milliseconds(derive_id("d", "k", "1948-01-01")) == 0


def test_new_ids_are_version_eight_and_ordered_by_time() -> None:
    before = int(datetime.now(UTC).timestamp() * 1000)
    ids = [new_id() for _ in range(200)]
    after = int(datetime.now(UTC).timestamp() * 1000)
    assert len(set(ids)) == len(ids)
    assert all(is_version_eight(each) and before <= milliseconds(each) <= after for each in ids)
    assert all(milliseconds(one) <= milliseconds(other) for one, other in itertools.pairwise(ids))


def is_version_eight(text: str) -> bool:
    parsed = uuid.UUID(text)
    return bool(re.fullmatch(UUID_PATTERN, text)) and parsed.version == 8 and parsed.variant == uuid.RFC_4122


def milliseconds(text: str) -> int:
    return uuid.UUID(text).int >> 80
