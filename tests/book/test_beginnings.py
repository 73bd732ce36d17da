"""The first and the last day of a tally are what sources state: a day that nobody knows is none."""

import orjson
import pytest

from ledger.book.calendar import beginning
from ledger.book.tally import ends, tally
from ledger.words.moments import moment_members
from schemas.values import Moment
from schemas.views import view_bytes
from tests.book.building import book_of, freed, retracted


def moment(text: str) -> Moment:
    return Moment.model_validate(moment_members(text))


@pytest.mark.parametrize(
    ("text", "day", "stated"),
    [
        ("2017-03-05", "2017-03-05", None),
        ("2017-03-05T23:30+02:00", "2017-03-05", None),
        ("2017-03-05/2017-03-09", "2017-03-05", None),
        ("2017-03-05/2017-03-09?", "2017-03-05", None),
        ("2017-03-05~", "2017-03-05", "2017-03-05~"),
        ("2017-03-05~/2017-03-09", "2017-03-05", "2017-03-05~"),
        ("2017-03", "2017-03-01", "2017-03"),
        ("2017-03?", "2017-03-01", "2017-03?"),
        ("2017-03/2017-05", "2017-03-01", "2017-03"),
        ("2017%/2018", "2017-01-01", "2017%"),
        ("2017", "2017-01-01", "2017"),
        ("2017-W10", "2017-03-06", "2017-W10"),
        ("2017-23", "2017-09-01", "2017-23"),
        ("../2017-03-05", "2017-03-05", "../2017-03-05"),
        ("2017-03-05/..", "2017-03-05", "2017-03-05/.."),
    ],
)
def test_a_day_that_is_not_stated_is_not_said_to_be_one(text: str, day: str, stated: str | None) -> None:
    began = beginning(moment(text))
    assert (began.day, began.stated) == (day, stated and moment(stated))


def test_a_tally_says_what_is_stated_where_it_is_no_day_and_nothing_else() -> None:
    told = [
        freed(n, 3, key=f"{n}", occurred=moment_members(text)) for n, text in enumerate(("2017-03~", "2017-04-02"), 1)
    ]
    said = orjson.loads(view_bytes(tally(book_of(*told))))
    assert (said["first"], said["first_stated"]["qualifier"], said["last"]) == (
        "2017-03-01",
        "approximate",
        "2017-04-02",
    )
    assert "last_stated" not in said
    assert said["first_stated"] == {"at": "2017-03", "precision": "month", "until": None, "qualifier": "approximate"}


def test_of_one_day_that_which_is_known_is_the_first_and_that_which_is_not_the_last() -> None:
    told = [
        freed(n, 3, key=f"{n}", occurred=moment_members(text)) for n, text in enumerate(("2017-03", "2017-03-01"), 1)
    ]
    assert ends(tally(book_of(*told))) == (moment("2017-03-01"), moment("2017-03"))
    by_then = freed(3, 3, key="3", occurred=moment_members("../2017-03-01"))
    assert ends(tally(book_of(told[1], by_then))) == (moment("../2017-03-01"), moment("2017-03-01"))


def test_a_claim_that_no_longer_counts_takes_its_day_with_it() -> None:
    told = [
        freed(1, 3, key="1", occurred=moment_members("2017-03~")),
        freed(2, 3, key="2", occurred=moment_members("2018")),
    ]
    found = tally(book_of(*told, retracted(3, 1, key="1")))
    assert ends(found) == (moment("2018"), moment("2018"))
    assert ends(tally(book_of(*told[:1], retracted(3, 1, key="1")))) is None
