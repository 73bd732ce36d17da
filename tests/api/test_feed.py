"""The feed of corrections, as a feed reader and the rules of Atom (RFC 4287) read it."""

import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime

import feedparser
import pytest

from ledger.api.state import journals
from schemas.codec import encode
from tests.api.serving import Served, make_token, process, publish, serving
from tests.book.building import EXCHANGE, event, freed, ident, let_go, retracted
from tests.history.bundled import NOVEMBER, history, row_event

FEED = "/v1/changes.atom"
ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
HERALD = {"publisher": "The Herald"}
FIRST = let_go(1, 33, source=HERALD)
RIGHT = let_go(2, 39, source=HERALD, supersedes=ident(1), reason="corrected")


@pytest.fixture(scope="module")
def real(demo: Served) -> bytes:
    return demo.get(FEED).body


def entries(body: bytes) -> list[feedparser.FeedParserDict]:
    found = feedparser.parse(body)
    assert not found.bozo, found.get("bozo_exception")
    return list(found.entries)


def ids(body: bytes) -> list[str]:
    return [each.id.removeprefix("urn:uuid:") for each in entries(body)]


# -- the rules -----------------------------------------------------------------------------------------


def broken_rules(body: bytes) -> Iterator[str]:
    """What RFC 4287 demands of a feed and its entries, as far as one can tell from the document."""
    feed = ET.fromstring(body)
    if feed.tag != f"{ATOM}feed":
        yield "4.1.1 the root is atom:feed"
    for container in (feed, *feed.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            if len(container.findall(f"{ATOM}{name}")) != 1:
                yield f"4.1 exactly one {name}"
        for name in ("generator", "rights", "subtitle", "content", "published", "summary"):
            if len(container.findall(f"{ATOM}{name}")) > 1:
                yield f"4.1 at most one {name}"
        if not re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", container.findtext(f"{ATOM}id", "")):
            yield "4.2.6 the id is an absolute IRI"
        for name in ("updated", "published"):
            for each in container.findall(f"{ATOM}{name}"):
                if datetime.fromisoformat(each.text or "").tzinfo is None:
                    yield f"3.3 {name} is a time of RFC 3339"
        alternates = [each.attrib for each in container.findall(f"{ATOM}link") if each.get("rel") == "alternate"]
        if len({each["type"] for each in alternates}) != len(alternates):
            yield "4.1 one alternate of a type"
        if any(not each.get("href") for each in container.findall(f"{ATOM}link")):
            yield "4.2.7 a link has href"
        if not container.findall(f"{ATOM}author"):
            yield "4.1 an author"
    if not any(each.get("rel") == "self" for each in feed.findall(f"{ATOM}link")):
        yield "4.1.1 a link to itself"
    for content in feed.iter(f"{ATOM}content"):
        if content.get("type") != "xhtml" or [each.tag for each in content] != [f"{XHTML}div"]:
            yield "4.1.3.3 xhtml is one div"
    if len(every := [each.text for each in feed.iter(f"{ATOM}id")]) != len(set(every)):
        yield "4.2.6 no id comes twice"
    allowed = {"id", "title", "updated", "published", "author", "category", "link", "content", "generator", "rights"}
    for container in (feed, *feed.iter(f"{ATOM}entry")):
        for each in container:
            if each.tag.removeprefix(ATOM) not in allowed | {"subtitle", "entry"}:
                yield f"{each.tag} is no element of Atom"


def test_it_keeps_the_rules_of_atom(demo: Served, real: bytes) -> None:
    feeds = [real, demo.get(f"{FEED}?kind=growth").body, demo.get(f"{FEED}?exchange={NOVEMBER}").body]
    assert [[*broken_rules(body)] for body in feeds] == [[], [], []]


def test_the_rules_find_what_breaks_them(real: bytes) -> None:
    broken = real.replace(b"<updated>", b"<updated>yesterday<!--", 1).replace(b"</updated>", b"--></updated>", 1)
    with pytest.raises(ValueError, match="yesterday"):
        [*broken_rules(broken)]
    assert [*broken_rules(real.replace(b'type="xhtml"', b'type="text"', 1))] == ["4.1.3.3 xhtml is one div"]


def test_an_empty_ledger_has_a_feed(url: str) -> None:
    with serving(url) as server:
        body = server.get(FEED).body
    assert (entries(body), [*broken_rules(body)]) == ([], [])


# -- what is in it -------------------------------------------------------------------------------------


def test_the_corrections_of_the_real_history(demo: Served, real: bytes) -> None:
    """Twelve Thais were said to have been freed on the first evening, and ten had been."""
    found = {each.id: each for each in entries(real)}
    assert len(found) == 30
    thais = found[f"urn:uuid:{row_event('T23-021')}"]
    assert thais.title == f"Round 1, captives freed: 23, was 25 ({NOVEMBER})"
    assert thais.author == "iHeart citing CNN, Qatar MFA, Israel Prison Service"
    assert [each.term for each in thais.tags] == ["correction", NOVEMBER]
    links = {(each.rel, each.get("type")): each.href for each in thais.links}
    assert links["alternate", "text/html"] == f"/changes/{row_event('T23-021')}"
    assert demo.get(links["alternate", "application/json"]).json["title"] == thais.title
    assert links["via", "text/html"].startswith("https://")
    text = "".join(ET.fromstring(f"<div>{thais.content[0].value}</div>").itertext())
    for part in (
        "Round 1, captives freed: 23, not 25",
        "corrected the claim of Khaosod English / AP",
        "Source: iHeart",
    ):
        assert part in text


def test_growth_is_apart(demo: Served, real: bytes) -> None:
    growth = demo.get(f"{FEED}?kind=growth").body
    assert entries(growth)
    assert not {*ids(growth)} & {*ids(real)}
    assert {each.tags[0].term for each in entries(real)} == {"correction", "update", "source"}
    assert {each.tags[0].term for each in entries(growth)} == {"growth"}
    assert feedparser.parse(growth).feed.id != feedparser.parse(real).feed.id


def test_the_feed_of_an_exchange_has_what_is_of_it(demo: Served, real: bytes) -> None:
    its = [each.id for each in entries(real) if each.tags[1].term == NOVEMBER]
    assert [each.id for each in entries(demo.get(f"{FEED}?exchange={NOVEMBER}").body)] == its
    assert len(its) > 3
    assert demo.get(f"{FEED}?exchange=NOWHERE").status == 404


def test_the_newest_come_first_and_the_feed_has_the_time_of_the_first(real: bytes) -> None:
    times = [each.updated for each in entries(real)]
    assert times == sorted(times, reverse=True)
    assert feedparser.parse(real).feed.updated == times[0]


def test_addresses_are_absolute_where_the_server_knows_its_own(demo: Served) -> None:
    with serving(demo.url, url="https://news.example/ledger") as server:
        found = feedparser.parse(server.get(FEED).body)
    assert found.feed.links[0].href == "https://news.example/ledger/v1/changes.atom"
    assert found.entries[0].link.startswith("https://news.example/ledger/changes/")


def test_what_a_source_wrote_is_text(url: str) -> None:
    loud = "<script>alert('1')</script> & <b>bold</b> ]]> &amp;"
    source = {"publisher": loud, "url": "https://news.example/?a=1&b=2"}
    wrong = event("claim_retracted", 2, occurrence="leg", claim=ident(1), why=loud, source=source)
    with serving(url) as server:
        publish(server, [FIRST, wrong])
        body = server.get(FEED).body
    assert [*broken_rules(body)] == []
    feed = ET.fromstring(body)
    [entry] = feed.iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == loud
    assert f"retracted the claim of The Herald: {loud}" in "".join(entry.itertext())
    assert {each.tag for each in feed.iter()} & {f"{XHTML}script", f"{XHTML}b", "script", "b"} == set()


# -- kept up -------------------------------------------------------------------------------------------


def test_a_correction_is_in_the_feed_within_a_second_of_its_receipt(url: str, token: str) -> None:
    with process(url) as server:
        assert server.publish(encode(FIRST), token).status == 201
        assert entries(server.get(FEED).body) == []
        assert server.publish(encode(RIGHT), token).status == 201
        deadline = time.monotonic() + 1
        while not (found := entries(server.get(FEED).body)):
            assert time.monotonic() < deadline
        assert [each.title for each in found] == [f"Round 1, prisoners freed: 39, was 33 ({EXCHANGE})"]


def test_a_feed_that_was_kept_up_is_the_one_that_is_made_anew(url: str) -> None:
    events = history()[:200]
    paths = (FEED, f"{FEED}?exchange={NOVEMBER}", f"{FEED}?kind=growth")
    with serving(url, work=0) as server:
        for first in range(0, len(events), 40):
            publish(server, events[first : first + 40])
            kept = [server.get(path).body for path in paths]
    with serving(url, work=0) as server:
        assert [server.get(path).body for path in paths] == kept


def test_it_looks_back_over_so_many_events_and_no_further(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "EVENTS_MAX", 3)
    later = [freed(number, 1, key=f"other{number}", round=2) for number in (3, 4)]
    with serving(url, work=0) as server:
        publish(server, [FIRST, RIGHT, *later])
        assert ids(server.get(FEED).body) == [RIGHT.id]
        publish(server, [freed(5, 1, key="other5", round=2, exchange="ELSEWHERE-2024")])
        assert (ids(server.get(FEED).body), ids(server.get(f"{FEED}?exchange={EXCHANGE}").body)) == ([], [RIGHT.id])


def test_a_feed_in_which_nothing_is_new_keeps_its_tag_and_is_not_sent_again(url: str) -> None:
    with serving(url) as server:
        publish(server, [FIRST, RIGHT])
        first = server.get(FEED)
        assert server.get(FEED, If_None_Match=first.headers["etag"]).status == 304
        publish(server, [freed(5, 1, key="other", exchange="ELSEWHERE-2024")])
        again = server.get(FEED, If_None_Match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        publish(server, [retracted(3, 2)])
        assert server.get(FEED, If_None_Match=first.headers["etag"]).status == 200


def test_readers_who_come_again_and_again_cost_nothing(demo: Served) -> None:
    """Not even what a question costs: with 60 units saved up, one is too many after the first."""
    with serving(demo.url, work=1) as server:
        assert {server.get(FEED).status for _ in range(100)} == {200}
        assert server.get("/v1/changes").status == 429


def test_where_reading_is_closed_it_takes_a_token(url: str) -> None:
    token = make_token(url, "read")
    with serving(url, read="token") as server:
        assert server.get(FEED).status == 401
        assert server.get(FEED, Authorization=f"Bearer {token}").status == 200


def test_what_a_feed_costs_grows_with_the_rounds_that_each_event_is_held_against(url: str) -> None:
    """Of 90 events each is held against 90 rounds, which costs far more than to fold 90 events."""
    with serving(url, work=0) as server:
        publish(server, [let_go(each, 3, key=f"leg{each}", round=each) for each in range(1, 91)])
    with serving(url, work=100) as server:  # saved up: 6,000
        assert server.get(f"{FEED}?kind=growth").status == 200
        assert server.get("/v1/changes").status == 429
