"""Views over HTTP: what they say, at which cut, in which form."""

import csv
import io
from typing import Any

import pytest

from ledger.blocking import Ledger
from ledger.book.cut import Cut
from ledger.book.figures import ALIASES
from schemas.view_kinds import VIEW_KINDS
from schemas.views import view_bytes
from tests.api.serving import Served, publish
from tests.book.building import day, freed, group, taken

NOVEMBER = "/v1/exchanges/IL-HAMAS-2023-11"


@pytest.fixture(scope="module")
def end(demo: Served) -> int:
    """The last offset of the bundled history."""
    return int(demo.get("/v1/exchanges").headers["ledger-position"].removeprefix("0:"))


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def test_the_bundled_history_says_what_it_should(demo: Served) -> None:
    tally = demo.get(NOVEMBER).json
    assert tally["captives"]["released"]["best"] == 105
    assert tally["captives"]["nationals"]["best"] == 81
    assert tally["captives"]["others"]["best"] == 24
    assert tally["prisoners"]["released"]["best"] == 240
    assert [each["ratios"]["deal"]["value"] for each in demo.get(f"{NOVEMBER}/rounds").json] == [3.0] * 7


@pytest.mark.parametrize(
    ("query", "nationals", "prisoners"),
    [
        ("through=b35ed33e", 61, 150),
        ("occurred_by=2023-11-27", 51, 117),
        ("occurred_by=2023-11-28", 61, 180),
        ("occurred_by=2023-11-28&published_by=2023-10-01", None, None),
    ],
)
def test_a_cut_gives_the_figures_of_that_moment(
    demo: Served, query: str, nationals: int | None, prisoners: int | None
) -> None:
    tally = demo.get(f"{NOVEMBER}?{query}").json
    then = [tally["captives"]["nationals"], tally["prisoners"]["released"]]
    assert [each and each["best"] for each in then] == [nationals, prisoners]


def test_the_bytes_are_those_of_the_library(demo: Served) -> None:
    cut = Cut.parse(occurred_by="2023-11-27")
    with Ledger.open(demo.url) as ledger:
        books, then = ledger.read(), ledger.read(cut)
        for name in books.exchanges():
            here = f"/v1/exchanges/{name}"
            assert demo.get(here).body == view_bytes(books.tally(name))
            assert demo.get(f"{here}/rounds").body == listed(books.rounds(name))
            assert demo.get(f"{here}/terms").body == listed(books.terms(name))
            assert demo.get(f"{here}/positions").body == listed(books.positions(name))
            assert demo.get(f"{here}/pauses").body == listed(books.pauses(name))
            assert demo.get(f"{here}/stated").body == listed(books.stated_totals(name))
            assert demo.get(f"{here}/doubles").body == listed(books.likely_doubles(name))
            figures = demo.get(f"{here}/explain").json
            known = {each: its and its.model_dump(mode="json") for each, its in books.figures(name).items()}
            assert {each["figure"]: each["value"] for each in figures} == known
            assert demo.get(f"{here}?occurred_by=2023-11-27").body == view_bytes(then.tally(name))
            assert demo.get(f"{here}/stated?occurred_by=2023-11-27").body == listed(then.stated_totals(name))
        for figure in ("captives.nationals", "rounds.6.captives.all"):
            explained = ledger.explain("IL-HAMAS-2023-11", figure, cut)
            assert demo.get(f"{NOVEMBER}/explain/{figure}?occurred_by=2023-11-27").body == view_bytes(explained)


def listed(views: Any) -> bytes:
    return b"[" + b",".join(map(view_bytes, views)) + b"]"


def test_a_process_has_a_tally(demo: Served) -> None:
    found = demo.get("/v1/exchanges").json
    for process in found["processes"]:
        assert demo.get(f"/v1/exchanges/{process['exchange']}").json == process
    assert [each["exchange"] for each in found["exchanges"]] == sorted(each["exchange"] for each in found["exchanges"])


def test_a_figure_is_explained_and_all_are_listed(demo: Served) -> None:
    figures = {each["figure"]: each["value"] for each in demo.get(f"{NOVEMBER}/explain").json}
    for name in ("captives.nationals", "captives.deal", "prisoners.released"):
        explained = demo.get(f"{NOVEMBER}/explain/{name}").json
        assert explained["value"] == figures[name]
        assert explained["contributions"]
        assert all(each["source"]["publisher"] for each in explained["contributions"])


def test_a_figure_of_which_nothing_is_recorded_is_null_and_says_so(demo: Served) -> None:
    figures = {each["figure"]: each["value"] for each in demo.get(f"{NOVEMBER}/explain").json}
    assert figures["prisoners.rescued"] is None
    explained = demo.get(f"{NOVEMBER}/explain/prisoners.rescued").json
    assert (explained["value"], explained["contributions"]) == (None, [])
    assert explained["notes"] == ["Nothing is recorded for it."]


def test_older_names_of_figures_are_answered(demo: Served) -> None:
    for older, name in ALIASES.items():
        for prefix in ("", "rounds.5."):
            was = demo.get(f"{NOVEMBER}/explain/{prefix}{older}")
            now = demo.get(f"{NOVEMBER}/explain/{prefix}{name}").json
            assert was.status == 200, older
            assert {**was.json, "figure": None} == {**now, "figure": None}


def test_days_of_a_taking_in_another_exchange_are_the_same_by_every_way_of_asking(server: Served) -> None:
    linked = group(5, taken=[{"occurrence": "raid", "exchange": "EARLIER-2020"}])
    raid = taken("captives", 1, 9, key="raid", exchange="EARLIER-2020", **day("2024-02-01"))
    publish(server, [freed(2, linked), raid])
    here = f"/v1/exchanges/{freed(2, 5).exchange}/explain/captives.released"
    with Ledger.open(server.url) as ledger:
        told = view_bytes(ledger.explain(freed(2, 5).exchange, "captives.released"))
    assert days_of(server, here) == 29
    for query in ("", "?position=0:1", "?through=" + raid.id, "?occurred_by=2024-12-31"):
        assert server.get(f"{here}{query}").body == told
    assert days_of(server, f"{here}?position=0:0") is None
    earlier = taken("captives", 3, 9, key="raid", exchange="EARLIER-2020", **day("2024-01-01"))
    publish(server, [earlier.model_copy(update={"supersedes": raid.id, "reason": "corrected"})])
    assert days_of(server, here) == 60


def days_of(server: Served, path: str) -> int | None:
    [used] = server.get(path).json["contributions"]
    best: int | None = used["days_held"] and used["days_held"]["best"]
    return best


def test_likely_doubles_are_told_of_one_exchange_and_of_its_process(server: Served) -> None:
    other = {"publisher": "The Herald"}
    first, second = freed(1, 12, key="one"), freed(2, 12, key="two", source=other)
    publish(server, [first, second, freed(3, 13, key="three", source=other)])
    here = f"/v1/exchanges/{first.exchange}/doubles"
    [pair] = server.get(here).json
    assert (pair["occurrences"], pair["events"]) == (["one", "two"], [first.id, second.id])
    assert (pair["publishers"], pair["day"], pair["count"]["best"]) == (
        ["The River Post", "The Herald"],
        "2024-03-01",
        12,
    )
    [row] = rows(server.get(f"{here}.csv").body)
    assert (row["occurrences"], row["count.best"], row["round"]) == ("one; two", "12", "1")
    assert server.get(f"{here}?through={first.id}").json == []
    assert server.get("/v1/exchanges/NOWHERE-2000/doubles").status == 404


def test_claims_show_what_counts_and_what_was_left_out(demo: Served) -> None:
    claims = demo.get(f"{NOVEMBER}/claims").json
    leg = next(each for each in claims if len(each["claims"]) > 2)
    assert sum(claim["adopted"] for claim in leg["claims"]) <= 1
    assert all(claim["why"] and claim["source"]["publisher"] for claim in leg["claims"])
    assert any(each["decisions"] for each in claims)


# -- forms -----------------------------------------------------------------------------------------

ADDRESSES = [each.address.format(round=7, figure="captives.nationals") for each in VIEW_KINDS.values()]


@pytest.mark.parametrize("view", ADDRESSES)
def test_every_view_is_a_table_with_and_without_hashtags(demo: Served, view: str) -> None:
    plain, tagged = demo.get(f"{NOVEMBER}{view}.csv"), demo.get(f"{NOVEMBER}{view}.hxl.csv")
    assert plain.headers["content-type"] == tagged.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in plain.headers["content-disposition"]
    first, second, *rest = tagged.body.split(b"\r\n")
    assert plain.body.split(b"\r\n") == [first, *rest]
    assert all(cell.startswith("#") for cell in second.decode().split(","))
    assert len(second.split(b",")) == len(first.split(b","))
    assert rows(plain.body) or view == "/doubles"


def test_a_table_of_a_tally_holds_every_figure(demo: Served) -> None:
    figures = {row["figure"]: row for row in rows(demo.get(f"{NOVEMBER}.csv").body)}
    assert figures["captives.released"]["best"] == "105"
    assert figures["captives.by.nationality.THA"]["best"] == "23"
    assert figures["ratios.nationals"]["fraction"] == "240/81"


def test_a_table_of_rounds_has_one_row_each(demo: Served) -> None:
    found = rows(demo.get(f"{NOVEMBER}/rounds.csv").body)
    assert [row["round"] for row in found] == [str(number) for number in range(1, 8)]
    assert [row["ratios.deal.value"] for row in found] == ["3.0"] * 7
    assert found[0]["legs.captives.first.at"] == "2023-11-24"


def test_beside_a_view_stands_where_it_comes_from(demo: Served, end: int) -> None:
    said = demo.get(f"{NOVEMBER}/rounds.metadata.json?occurred_by=2023-11-27").json
    assert said["position"] == f"0:{end}"
    assert said["cut"]["occurred_by"] == "2023-11-27"
    assert said["permalink"] == f"{NOVEMBER}/rounds?occurred_by=2023-11-27&position=0:{end}"
    assert said["licence"]
    assert sum(source["events"] for source in said["sources"]) >= said["events"] == demo.get(NOVEMBER).json["events"]
    at = demo.get(f"{NOVEMBER}/rounds.metadata.json?position=0:300").json
    assert at["position"] == "0:300"
    assert at["events"] < said["events"]
    for download in said["downloads"].values():
        assert demo.get(download).status == 200


# -- for good --------------------------------------------------------------------------------------


def test_a_body_that_the_client_has_is_not_sent_again(demo: Served) -> None:
    for path in (NOVEMBER, f"{NOVEMBER}.csv", f"{NOVEMBER}.metadata.json", "/v1/exchanges"):
        first = demo.get(path)
        again = demo.get(path, If_None_Match=f'"other", W/{first.headers["etag"]}')
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert demo.get(path, If_None_Match='"other"').status == 200


def test_a_permalink_gives_the_same_bytes_for_good(demo: Served, end: int) -> None:
    for path in (NOVEMBER, f"{NOVEMBER}?occurred_by=2023-11-27", f"{NOVEMBER}/stated.csv?published_by=2023-11-28"):
        now = demo.get(path)
        target = now.headers["link"].removeprefix("<").partition(">")[0]
        assert target.endswith(f"position=0:{end}")
        then = demo.get(target)
        assert then.body == now.body
        assert then.headers["etag"] == now.headers["etag"]
        assert "max-age" in then.headers["cache-control"]


def test_a_position_is_the_log_up_to_there(demo: Served) -> None:
    with Ledger.open(demo.url) as ledger:
        records = demo.get("/v1/events?after=0:99&limit=1").json["records"]
        through = ledger.read(Cut(through=records[0]["event"]["id"]))
        for name in through.exchanges():
            assert demo.get(f"/v1/exchanges/{name}?position=0:100").body == view_bytes(through.tally(name))


# -- what goes wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/exchanges/NOWHERE-2000", 404),
        (f"{NOVEMBER}/rounds/99", 404),
        (f"{NOVEMBER}/rounds/x", 404),
        (f"{NOVEMBER}/explain/captives.nobody", 404),
        (f"{NOVEMBER}?through=00000000", 404),
        ("/v1/events/018bfa2c-7000-8000-8000-000000000001", 404),
        ("/v1/nothing", 404),
        ("/nothing.html", 404),
        (f"{NOVEMBER}?occured_by=2023-11-27", 400),
        (f"{NOVEMBER}?occurred_by=yesterday", 400),
        (f"{NOVEMBER}?occurred_by=2023-02-30", 400),
        (f"{NOVEMBER}?occurred_by=2023-11-27&occurred_by=2023-11-28", 400),
        (f"{NOVEMBER}?through=%00", 400),
        (f"{NOVEMBER}?position=first", 400),
        (f"{NOVEMBER}?position=0:999999", 410),
        ("/v1/events?after=1:0", 410),
        ("/v1/events?limit=0", 400),
        ("/v1/rejected", 401),
    ],
)
def test_what_cannot_be_answered_says_why(demo: Served, path: str, status: int) -> None:
    got = demo.get(path)
    assert got.status == status
    assert got.headers["content-type"] == "application/problem+json"
    assert got.json["status"] == status
    assert got.json["type"].startswith("urn:exchange-ledger:problem:")
    assert got.json["title"]
    assert got.json["detail"]


@pytest.mark.parametrize("path", [NOVEMBER, f"{NOVEMBER}/rounds.csv", "/v1/stream/events", "/", "/page.js"])
@pytest.mark.parametrize("method", ["DELETE", "POST", "OPTIONS"])
def test_a_method_that_is_not_taken_is_told_which_are(demo: Served, path: str, method: str) -> None:
    got = demo.ask(method, path)
    assert got.status == 405
    assert got.headers["content-type"] == "application/problem+json"
    assert {each.strip() for each in got.headers["allow"].split(",")} == {"GET", "HEAD"}


# -- events ----------------------------------------------------------------------------------------


def test_events_are_read_page_by_page(demo: Served, end: int) -> None:
    seen: list[str] = []
    after = ""
    while True:
        page = demo.get(f"/v1/events?limit=100{after}").json
        seen += [record["position"] for record in page["records"]]
        after = f"&after={page['reached']}"
        if not page["more"]:
            break
    assert seen == [f"0:{offset}" for offset in range(end + 1)]
    assert page["reached"] == f"0:{end}"


def test_events_of_one_exchange_are_read_page_by_page(demo: Served) -> None:
    seen: list[Any] = []
    after = ""
    while True:
        page = demo.get(f"/v1/events?limit=50&exchange=IL-HAMAS-2023-11{after}").json
        seen += page["records"]
        after = f"&after={page['reached']}"
        if not page["more"]:
            break
    assert {record["event"]["exchange"] for record in seen} == {"IL-HAMAS-2023-11"}
    assert len(seen) == len({record["position"] for record in seen}) == demo.get(NOVEMBER).json["events"]


def test_an_event_stands_as_its_publisher_wrote_it(demo: Served) -> None:
    [record] = demo.get("/v1/events?after=0:99&limit=1").json["records"]
    with Ledger.open(demo.url) as ledger:
        kept, _ = ledger.event(record["event"]["id"])
    got = demo.get(f"/v1/events/{record['event']['id']}")
    assert got.json == record
    assert kept.payload in got.body
