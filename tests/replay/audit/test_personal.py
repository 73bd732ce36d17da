"""What looks like personal data, and what must not."""

import pytest

from replay.audit.personal import personal_data
from tests.book.building import freed
from tests.history.bundled import history


def looks(text: str) -> list[str]:
    return [kind for _, kind in personal_data(freed(1, 1, note=text))]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to jane.doe@example.org", "an e-mail address"),
        ("+972 50-123-4567", "a telephone number"),
        ("call 020 7946 0958", "a telephone number"),
        ("held at 31.50412, 34.46713", "a place to the metre"),
        ("passport no. 123456789", "the number of a passport or an identity card"),
        ("identity card AB 1234567", "the number of a passport or an identity card"),
        ("Jane Doe, 34, was among them", "the name of a person"),
        ("Jane van Doe (34) was among them", "the name of a person"),
        ("Jane Doe, aged 34", "the name of a person"),
        ("the 34-year-old Jane Doe", "the name of a person"),
        ("a hostage named Jane", "the name of a person"),
    ],
)
def test_what_looks_personal(text: str, kind: str) -> None:
    assert kind in looks(text)


@pytest.mark.parametrize(
    "text",
    [
        "114 West Bank, 16 Gaza, 70 Egypt",
        "69 women (76 West Bank, 14 Jerusalem in all)",
        "Pledge Times, 28 November",
        "published 2023-11-24T07:00:00+02:00, ISO 8601",
        "251 + 4 = 160 + 8 + 30 + 51 + 6 = 255",
        "UN OCHA Flash Update 52, 1,778 prisoners, about 4,850 t",
        "Times of Israel: 105 (81+23+1) for 210 prisoners",
        "31.5 percent, 34.4 percent",
    ],
)
def test_what_does_not(text: str) -> None:
    assert looks(text) == []


def test_nothing_in_the_bundled_history_does() -> None:
    assert [(event.id, found) for event in history() if (found := personal_data(event))] == []


def test_every_place_for_words_is_looked_at() -> None:
    told = freed(
        1, 1, source={"publisher": "P", "speaker": "Jane Doe (34)", "origin": "Jane Doe (34)"}, region="a@b.org"
    )
    assert {name for name, _ in personal_data(told)} == {"speaker", "origin", "region"}
