"""Over HTTP: events are asked for by what they say, and words lead to exchanges, parties, sources and claims."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from threading import Event as Flag
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest

from ledger.api.state import asking
from ledger.blocking import Ledger
from schemas.events import AnyEvent
from schemas.ids import derive_id
from schemas.values import Moment
from tests.api.following import first
from tests.api.serving import Served, make_token, publish, serving
from tests.follow.test_filters import ASKED, is_wanted
from tests.history.bundled import history
from tests.log.events import released

NAME = "Qxzanne-7f3a"


def pages(server: Served, path: str, **asked: object) -> Iterator[Any]:
    """Each page of what is asked for, one after the other."""
    after: Mapping[str, str] = {}
    while True:
        got = server.get(f"{path}?{urlencode({**asked, **after})}")
        assert got.status == 200, got.body
        page = got.json.get("claims", got.json)
        yield page
        if not page["more"]:
            return
        after = {"after": page["reached"]}


def positions(server: Served, **asked: object) -> list[str]:
    return [each["position"] for page in pages(server, "/v1/events", **asked) for each in page["records"]]


def told(number: int, **more: object) -> AnyEvent:
    return released(number).model_copy(update=more)


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the bundled history that looks through it in small parts, as it does through a large ledger."""
    url = f"sqlite:///{tmp_path_factory.mktemp('asking')}/ledger.db"
    with pytest.MonkeyPatch.context() as patch, serving(url, work=0) as served:
        patch.setattr(asking, "HELD", 20)
        patch.setattr(asking, "LOOKED_THROUGH", 90)
        publish(served, history())
        yield served


@pytest.fixture
def free(url: str) -> Iterator[Served]:
    """A server of a ledger of the test's own, on which nobody's share ends."""
    with serving(url, work=0) as served:
        yield served


# -- events ----------------------------------------------------------------------------------------

RECORDED = ("recorded_from", "recorded_to")
ASKABLE = {name: word for name, word in ASKED.items() if name not in (*RECORDED, "publisher")}


def plainly(**asked: str) -> list[str]:
    return [f"0:{offset}" for offset, event in enumerate(history()) if is_wanted(event, 0, asked)]


@pytest.mark.parametrize("name", ASKABLE)
def test_each_filter_gives_each_event_once_and_in_order_page_by_page(bundled: Served, name: str) -> None:
    asked = {name: ASKABLE[name]}
    found = positions(bundled, limit=7, **asked)
    assert found == plainly(**asked) != []


def test_any_two_filters_combine(bundled: Served) -> None:
    for names in combinations(ASKABLE, 2):
        asked = {name: ASKABLE[name] for name in names}
        assert positions(bundled, limit=1000, **asked) == plainly(**asked), names


def test_a_publisher_is_found_whatever_the_case(bundled: Served) -> None:
    publisher = history()[60].source.publisher
    assert positions(bundled, publisher=publisher.upper()) == plainly(publisher=publisher) != []


def test_what_was_recorded_when_is_found_by_days_in_utc(bundled: Served) -> None:
    [record] = bundled.get("/v1/events?limit=1").json["records"]
    day = record["recorded_at"][:10]
    assert positions(bundled, limit=1000, recorded_from=day) == plainly()
    assert positions(bundled, limit=1, recorded_to=day)[:1] == ["0:0"]
    assert positions(bundled, recorded_to="2017-12-27") == []
    assert positions(bundled, recorded_from="2100-01-01") == []


@pytest.mark.parametrize("asked", [{"type": "captives_released"}, {}, {"exchange": "IL-HAMAS-2023-11"}])
def test_as_of_a_position_and_of_a_time_no_later_event_is_found(bundled: Served, asked: dict[str, str]) -> None:
    whole = plainly(**asked)
    by_then = [each for each in whole if int(each[2:]) <= 99]
    assert positions(bundled, limit=7, position="0:99", **asked) == by_then
    through = bundled.get("/v1/events?after=0:98&limit=1").json["records"][0]["event"]["id"]
    assert positions(bundled, limit=7, through=through, **asked) == by_then
    assert positions(bundled, recorded_by="2017-12-27", **asked) == []
    assert positions(bundled, limit=1000, recorded_by="2100-01-01", **asked) == whole


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("type=captive_released", 400, "did you mean captives_released?"),
        ("status=confirmd", 400, "did you mean confirmed?"),
        ("party=quatar", 404, "did you mean qatar?"),
        ("country=USS", 404, "there is FRA, IRN"),
        ("publisher=Khaosod", 404, "there is Khaosod English"),
        ("exchange=IL-HAMAS-2023-12", 404, "did you mean IL-HAMAS-2023-11?"),
        ("exchange=IL-HAMAS-2023-12&side=captives", 404, "did you mean IL-HAMAS-2023-11?"),
        ("published_from=2024-02-01&published_to=2024-01-01", 400, "exchange the two"),
        ("text=%20", 400, "give at least one word"),
        ("round=-1", 400, "give a whole number"),
        ("occured_from=2023-11-27", 400, "there is no parameter 'occured_from' here"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_to_ask(
    bundled: Served, query: str, status: int, told: str
) -> None:
    got = bundled.get(f"/v1/events?{query}")
    assert (got.status, told in got.json["detail"]) == (status, True), got.json


def test_while_others_publish_each_event_comes_once_and_in_order(free: Served) -> None:
    publish(free, [released(number) for number in range(50)])
    done = Flag()

    def go_on() -> None:
        with Ledger.open(free.url) as ledger:
            for number in range(50, 170):
                ledger.publish(released(number, round=number % 2 + 1))
        done.set()

    writer = Thread(target=go_on)
    writer.start()
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        was_done = done.is_set()
        page = free.get(f"/v1/events?{urlencode({'round': 1, 'text': 'herald', 'limit': 3, **after})}").json
        seen += [each["event"]["occurrence"] for each in page["records"]]
        after = {"after": page["reached"]} if page["reached"] else {}
        if was_done and not page["more"] and len(seen) >= 110:
            break
    writer.join()
    assert seen == [f"freed-{n}" for n in range(170) if n < 50 or n % 2 == 0]


async def test_a_stream_has_only_what_is_asked_for(bundled: Served) -> None:
    wanted = plainly(party="qatar", side="captives")
    found = await first(bundled.port, "/v1/stream/events?party=qatar&side=captives", len(wanted))
    assert [event.id for event in found] == wanted


# -- searching -------------------------------------------------------------------------------------


def search(server: Served, q: str, **more: object) -> Any:
    got = server.get(f"/v1/search?{urlencode({'q': q, **more})}")
    assert got.status == 200, got.body
    return got.json


def test_words_lead_to_exchanges_parties_sources_and_claims(bundled: Served) -> None:
    found = search(bundled, "hamas")
    assert {"IL-HAMAS-2023-11", "IL-HAMAS-2025-01"} < {each["exchange"] for each in found["exchanges"]}
    assert found["processes"][0]["process"] == "IL-HAMAS"
    assert found["parties"][0] | {"exchanges": []} == {"party": "hamas", "name": "Hamas", "exchanges": []}
    assert all("hamas" in each["publisher"].lower() for each in found["sources"])
    assert found["claims"]["more"]
    for claim in found["claims"]["found"]:
        assert "hamas" in claim["text"].lower()
        kept = bundled.get(f"/v1/events/{claim['event']}").json
        assert (kept["position"], kept["event"]["exchange"]) == (claim["position"], claim["exchange"])


def test_what_is_called_just_so_comes_first(bundled: Served) -> None:
    assert search(bundled, "qatar")["parties"][0]["party"] == "qatar"
    assert search(bundled, "il-hamas-2025-01")["exchanges"][0]["exchange"] == "IL-HAMAS-2025-01"
    assert search(bundled, "Truce and exchange of nov")["exchanges"][0]["exchange"] == "IL-HAMAS-2023-11"


def test_claims_are_found_page_by_page_and_names_once(bundled: Served) -> None:
    found = [each for page in pages(bundled, "/v1/search", q="red cr", limit=5) for each in page["found"]]
    assert [each["position"] for each in found] == plainly(text="red cr") != []
    begun = search(bundled, "hamas", limit=5)
    later = search(bundled, "hamas", limit=5, after=begun["claims"]["reached"])
    assert begun["parties"]
    assert later["parties"] == []


@pytest.mark.parametrize("cut", [{"position": "0:30"}, {"published_by": "2023-11-23"}, {"recorded_by": "2017-12-27"}])
def test_as_of_another_moment_nothing_later_is_found(bundled: Served, cut: dict[str, str]) -> None:
    def names(found: Any) -> set[str]:
        kinds = ("exchanges", "processes", "parties", "sources")
        return {str({**each, "exchanges": 0}) for kind in kinds for each in found[kind]}

    whole, then = search(bundled, "israel"), search(bundled, "israel", **cut)
    assert names(then) < names(whole)
    there = set(positions(bundled, limit=1000, **cut))
    assert {each["position"] for each in then["claims"]["found"]} <= there
    shown = {each["exchange"] for each in then["exchanges"]}
    assert shown <= {each["event"]["exchange"] for each in bundled.get("/v1/events?limit=31").json["records"]}
    assert bool(there) == bool(then["claims"]["found"])


@pytest.mark.parametrize(
    ("note", "asked"),
    [
        ("أُطلِقَ سَراحُ الأسرى عند مـعـبر رفح", "معبر رفح الاسرى"),
        ("שִׁחְרוּר הַחֲטוּפִים בְּמַעֲבַר רָפִיחַ", "שחרור החטופים"),
        ("L'Élysée confirme la libération à Łódź", "elysee LODZ lib"),
    ],
)
def test_claims_are_found_in_any_script(free: Served, note: str, asked: str) -> None:
    publish(free, [told(1), told(2, note=note), told(3, as_stated="12 freed")])
    [claim] = search(free, asked)["claims"]["found"]
    assert (claim["event"], claim["occurrence"], claim["text"]) == (derive_id("tests", "2"), "freed-2", note)


def test_a_long_text_is_shown_about_what_was_found(free: Served) -> None:
    publish(free, [told(1, note=" ".join([*["before"] * 100, "crossing", *["after"] * 100]))])
    [claim] = search(free, "crossing")["claims"]["found"]
    assert re.fullmatch(r"…before (before )+crossing( after)+…", claim["text"])
    assert len(claim["text"]) <= 240


def test_what_was_redacted_is_found_by_no_word_of_it(free: Served) -> None:
    words = {"note": f"{NAME} was there", "occurred": Moment.day("2017-12-20")}
    publish(free, [told(1), told(2, **words), told(3)])
    assert len(search(free, NAME)["claims"]["found"]) == 1
    token = make_token(free.url, "admin")
    event_id = derive_id("tests", "2")
    done = free.ask("DELETE", f"/v1/events/{event_id}?why=a+name", headers={"Authorization": f"Bearer {token}"})
    assert done.status == 200
    free.reach("0:3")
    assert NAME.lower() not in str(search(free, NAME)).lower()
    assert positions(free, text=NAME) == positions(free, occurred_to="2017-12-20") == []
    assert positions(free, type="captives_released") == ["0:0", "0:2"]
    assert positions(free, type="event_redacted", text="a name") == ["0:3"]


# -- at whose cost ---------------------------------------------------------------------------------


def test_who_asks_too_much_is_told_when_to_come_again(url: str) -> None:
    with serving(url, work=100) as server:
        publish(server, [released(number) for number in range(200)])
        answers = [server.get("/v1/search?q=herald") for _ in range(12)]
    refused = next(each for each in answers if each.status != 200)
    assert (answers[0].status, refused.status, refused.json["reason"]) == (200, 429, "work")


def test_others_are_answered_while_the_index_is_made(free: Served) -> None:
    with Ledger.open(free.url) as ledger:
        for first in range(0, 12_000, 1_000):
            receipts = ledger.publish_many(released(number) for number in range(first, first + 1_000))
    free.reach(str(receipts[-1].position))
    found: list[Any] = []

    def ask() -> None:
        while (got := free.get("/v1/search?q=herald&limit=1")).status == 503:  # it says how far the index is
            assert "of 12,000 events" in got.json["detail"]
        found.append(got.json)

    searching = Thread(target=ask)
    searching.start()
    answered = 0
    while searching.is_alive():
        assert free.get("/v1/events?limit=1").status == 200
        answered += not found
    searching.join()
    assert found[0]["claims"]["found"][0]["position"] == "0:0"
    assert answered >= 5
