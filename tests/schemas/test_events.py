"""What some types ask of their fields beyond the fields themselves, and the terms that describe any conflict."""

from typing import Any, get_args

import pytest

from schemas.codec import decode, skim
from schemas.errors import InvalidEvent
from schemas.vocabulary import FigureName
from tests.schemas.samples import changed, differences

BOTH_PATHS = pytest.mark.parametrize("read", [decode, skim], ids=["decode", "skim"])
STOCKS = ("captives.held", "prisoners.held")


def stated(**members: Any) -> bytes:
    return changed("tally_stated", **{"figure": "prisoners.held", "count": {"best": 212}, **members})


# -- a list that opens a stock -----------------------------------------------------------------


@BOTH_PATHS
@pytest.mark.parametrize("figure", STOCKS)
def test_a_list_opens_the_stock_of_a_side(read: Any, figure: str) -> None:
    assert read(stated(figure=figure, opening=True)).opening is True
    assert read(stated(figure=figure, opening=True, scope="process", label="on the list")).opening is True
    assert read(stated(figure=figure)).opening is False


@pytest.mark.parametrize("figure", [figure for figure in get_args(FigureName) if figure not in STOCKS])
def test_nothing_else_is_a_stock_that_a_list_opens(figure: str) -> None:
    with pytest.raises(InvalidEvent, match="opens the stock of a whole side"):
        decode(stated(figure=figure, opening=True))
    assert decode(stated(figure=figure))


@pytest.mark.parametrize("figure", STOCKS)
def test_the_list_of_one_holder_opens_no_stock(figure: str) -> None:
    with pytest.raises(InvalidEvent, match="no party"):
        decode(stated(figure=figure, opening=True, party="valley"))
    assert decode(stated(figure=figure, party="valley"))


# -- fields of movements, terms and exchanges --------------------------------------------------

ADDED: dict[str, tuple[str, str, Any, Any]] = {
    **{
        f"the side of {type}": (type, "side", "prisoners", "captives")
        for type in (
            *("people_retaken", "people_transferred", "people_died_free", "remains_returned", "remains_recovered"),
            *("remains_received", "remains_identified", "handover_rejected", "count_credited"),
        )
    },
    "the terms of a movement": ("prisoners_released", "terms", "front-2019", None),
    "a death whose remains are not kept": ("prisoners_died", "remains_held", False, True),
    "remains of others": ("remains_identified", "matched", False, True),
    "the handover of identified remains": ("remains_identified", "received", "handover-1", None),
    "a separate set of terms": ("terms_agreed", "separate", True, False),
    "what silence means": ("exchange_opened", "unsaid_scope", "inside", None),
    "the prisoners' nationals": ("exchange_opened", "prisoner_nationals", ["XHI"], ()),
}


@BOTH_PATHS
@pytest.mark.parametrize(("type", "field", "value", "default"), ADDED.values(), ids=ADDED.keys())
def test_a_field_that_was_added_has_a_default(read: Any, type: str, field: str, value: Any, default: Any) -> None:
    assert getattr(read(changed(type)), field) == default
    assert getattr(read(changed(type, **{field: value})), field) == (tuple(value) if default == () else value)


@pytest.mark.parametrize(
    ("type", "members"),
    [
        ("people_retaken", {"side": "both"}),
        ("exchange_opened", {"unsaid_scope": "none"}),
        ("exchange_opened", {"prisoner_nationals": ["Hill"]}),
        ("prisoners_released", {"terms": ""}),
        ("prisoners_released", {"side": "prisoners"}),
        ("terms_agreed", {"separate": "yes"}),
        ("remains_identified", {"matched": None}),
        ("prisoners_taken", {"remains_held": True}),
    ],
)
def test_an_added_field_takes_no_other_value(type: str, members: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent):
        decode(changed(type, **members))


# -- terms of any conflict ---------------------------------------------------------------------


def grouped(**members: Any) -> bytes:
    return changed("prisoners_taken", groups=[{"count": {"best": 3}, **members}])


TERMS = [
    *(
        grouped(category=term)
        for term in (
            *("elderly", "soldiers", "soldiers_active", "soldiers_reserve", "conscripts", "officers", "medics"),
            *("journalists", "fishermen", "sailors", "political_prisoners", "wounded_or_sick"),
        )
    ),
    *(grouped(sentence=term) for term in ("death", "pre_trial", "administrative")),
    grouped(count={"best": 5, "low": 3, "high": 9, "qualifier": "estimate"}),
    grouped(taken=[{"occurrence": "raid-1"}, {"occurrence": "raid-0", "exchange": "HILL-VALLEY-2016"}]),
    *(changed("party_registered", kind=term) for term in ("tribe", "religious_body", "person")),
    changed("release_planned", leg="prisoner_remains"),
    *(
        changed("terms_agreed", pledges=[{"item": "captives", "count": {"best": 2}, "per": term}])
        for term in ("prisoner", "prisoner_remains")
    ),
    changed("terms_agreed", pledges=[{"item": "funds", "count": {"best": 2}, "currency": "USD"}]),
    *(stated(figure=figure) for figure in get_args(FigureName)),
    *(
        changed("prisoners_taken", occurred={"at": at, "precision": "interval", "until": until})
        for at, until in (("1980", "1989"), ("1998-06", "2003-05"), ("1998", "2003-05-31"))
    ),
]


@pytest.mark.parametrize("raw", TERMS, ids=map(str, range(len(TERMS))))
def test_a_term_is_read_alike_on_both_paths(raw: bytes) -> None:
    event = decode(raw)
    assert list(differences(event, skim(raw))) == []


@pytest.mark.parametrize("members", [{"category": "hostages"}, {"sentence": "martial"}, {"taken": ["raid-1"]}])
def test_a_contested_or_misshapen_term_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent):
        decode(grouped(**members))


def test_both_sides_have_the_same_figures() -> None:
    figures = [figure.split(".", 1) for figure in get_args(FigureName) if "." in figure]
    named = {side: {name for found, name in figures if found == side} for side in ("captives", "prisoners")}
    older = {"foreigners", "side"}
    assert named["captives"] - older == named["prisoners"]
