"""Claims entered on the page: a form for each type, a look ahead, tables, drafts, and who may."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Locator, Request, expect

from ledger.mapping.document import TableMapping
from ledger.mapping.events import mapped_events
from ledger.words.moments import edtf_of
from schemas.codec import decode, encode
from schemas.errors import InvalidEvent
from schemas.events import EVENT_TYPES, CaptivesReleased
from schemas.values import Count, Group, Moment, Source
from tests.api.serving import Served, make_token, serving
from tests.page.browser import EXCHANGE, NARROW, WIDE, Tab, opened
from tests.page.conftest import address
from tests.page.looks import LOOKS, ColorScheme, violations

EXAMPLES = Path(__file__).parents[2] / "schemas/examples"
ENTERED = [name for name in EVENT_TYPES if name != "event_redacted"]
RELEASE = {
    "exchange": EXCHANGE,
    "round": "8",
    "occurred": "2 December 2023",
    "groups.0.count": "about 12",
    "by": "hamas",
    "source.publisher": "The Herald",
    "source.kind": "newspaper",
    "source.published": "3 December 2023",
}
TABLE = """\
Ref;Round;Date;What;People;Reported by
1;1;05/03/2017;hostages freed;12;Relief Mission
2;1;05/03/2017;hostages freed;about 12;The River Post
3;1;05/03/2017;prisoners let go;36;Relief Mission
4;2;13/03/2017;hostages freed;8/9;Relief Mission
5;2;13/03/2017;prisoners let go;over 20;Coast Wire
6;3;14/03/2017;prisoners let go;20 ish;Relief Mission
7;3;15/03/2017;hostages freed;3;Relief Mission
8;4;16/03/2017;hostages freed;4;Relief Mission
9;5;17/03/2017;hostages freed;5;Relief Mission
"""


def _name(path: Path) -> str:
    return path.name.removesuffix(".json")


class Entering:
    """The page on which claims are entered, in a tab."""

    def __init__(self, tab: Tab, server: Served) -> None:
        self.tab, self.page, self.server = tab, tab.page, server

    def open(self, query: str = "") -> "Entering":
        self.page.goto(f"{self.tab.address}enter.html{query}")
        self.page.wait_for_selector("html[data-shown]")
        return self

    def fill(self, texts: Mapping[str, str]) -> None:
        for path, text in texts.items():
            control = self.field(path)
            kind, is_hidden = control.evaluate("(each) => [each.tagName, Boolean(each.closest('details:not([open])'))]")
            if is_hidden:
                show(control)
            control.select_option(text) if kind == "SELECT" else control.fill(text)

    def field(self, path: str) -> Locator:
        return self.page.locator(f'[name="{path}"]')

    def told(self, path: str) -> str:
        """What is said to be wrong with a field, by what describes it."""
        described = (self.field(path).get_attribute("aria-describedby") or "").split()
        wrong = next(each for each in described if each.endswith("-wrong"))
        return self.page.locator(f'[id="{wrong}"]').inner_text()

    def look(self) -> None:
        self.page.get_by_role("button", name=re.compile("^Look at what")).click()

    def give(self, token: str) -> None:
        self.page.get_by_label("Token").fill(token)
        self.page.get_by_role("button", name="Go on").click()

    def preview(self) -> Locator:
        found = self.page.locator("#preview")
        expect(found).to_be_visible()
        return found

    def publish(self) -> None:
        self.page.get_by_role("button", name=re.compile("^Publish")).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Published")


@contextmanager
def entering(browser: Browser, url: str, size: tuple[int, int] = WIDE, **settings: object) -> Iterator[Entering]:
    with serving(url, **settings) as server, opened(browser, address(server), size) as tab:
        yield Entering(tab, server)


def figure(server: Served, exchange: str, side: str, name: str = "released") -> Any:
    return server.get(f"/v1/exchanges/{exchange}").json[side][name]


# -- a claim ---------------------------------------------------------------------------------------


def test_an_editor_enters_a_release_sees_what_moves_publishes_and_the_page_shows_it(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        entry.page.goto(entry.tab.address)
        entry.page.get_by_role("link", name="enter claims").click()
        entry.page.get_by_role("link", name="Captives freed", exact=True).click()
        entry.fill(RELEASE)
        expect(entry.page.get_by_text("Understood as about 12.")).to_be_visible()
        expect(entry.page.get_by_text("Understood as 2 Dec 2023.")).to_be_visible()
        entry.look()
        entry.give(make_token(url, "publish", name="newsroom"))
        preview = entry.preview()
        expect(entry.page.get_by_role("heading", name="Before it is published")).to_be_focused()
        expect(preview.get_by_role("row", name="Captives freed 105 about 117", exact=True)).to_be_visible()
        expect(preview).to_contain_text("entered by token:newsroom")
        assert figure(entry.server, EXCHANGE, "captives")["best"] == 105
        entry.publish()
        entry.page.get_by_role("link", name="See it on the page").click()
        entry.page.wait_for_selector("#state.live")
        expect(entry.page.locator('[data-figure="captives.released"]').first).to_contain_text("about 117")
        last = entry.server.get(f"/v1/events?exchange={EXCHANGE}&limit=1000").json["records"][-1]
        assert last["entered_by"] == "token:newsroom"
        assert last["event"]["groups"] == [{"count": {"best": 12, "qualifier": "about"}}]


def test_what_is_published_is_to_the_byte_what_was_looked_at(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        sent: list[tuple[str, str | None]] = []
        entry.page.on("request", lambda each: sent.append((each.url, each.post_data)) if _is_publishing(each) else None)
        entry.open("?type=captives_released").fill(RELEASE)
        entry.look()
        entry.give(make_token(url))
        entry.preview()
        entry.fill({"groups.0.count": "14"})
        expect(entry.page.locator("#preview")).to_be_hidden()
        entry.look()
        entry.preview()
        entry.publish()
        (_, first), (looked, second), (published, third) = sent
        assert (looked.partition("?")[2], published.partition("?")[2]) == ("dry_run=true", "")
        assert first != second == third


def _is_publishing(request: Request) -> bool:
    return request.method == "POST" and "/v1/events" in request.url


def test_a_mistake_stands_beside_its_field_and_the_first_has_the_focus(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        entry.open("?type=captives_released").fill(RELEASE | {"exchange": "", "groups.0.count": "12/13"})
        entry.look()
        expect(entry.field("exchange")).to_be_focused()
        assert entry.told("exchange") == "Is missing."
        assert "has two readings" in entry.told("groups.0.count")
        assert entry.field("groups.0.count").get_attribute("aria-invalid") == "true"
        entry.fill({"exchange": "il hamas", "groups.0.count": "12", "source.url": "ftp://herald.example"})
        assert entry.told("exchange") == ""
        entry.look()
        entry.give(make_token(url))
        expect(entry.field("exchange")).to_be_focused()
        assert entry.told("exchange")
        assert entry.told("source.url")
        expect(entry.page.locator("#form-wrong")).to_have_text("2 fields are to be mended.")
        expect(entry.page.locator("#preview")).to_be_hidden()
        entry.tab.refused(400)


def test_a_claim_is_corrected_from_where_it_is_shown(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        entry.tab.open(f"?exchange={EXCHANGE}")
        entry.page.locator('[data-figure="captives.nationals"]').first.click()
        entry.page.locator("dialog[open]").get_by_role("link", name="Correct or dispute").first.click()
        entry.page.get_by_role("link", name="Replace it").click()
        entry.page.wait_for_selector("html[data-shown]")
        replaced = entry.field("supersedes").input_value()
        event = entry.server.get(f"/v1/events/{replaced}").json["event"]
        assert entry.field("groups.0.count").input_value() == str(event["groups"][0]["count"]["best"])
        entry.fill({"groups.0.count": "15", "reason": "corrected"})
        entry.look()
        entry.give(make_token(url))
        expect(entry.preview().get_by_role("table")).to_be_visible()
        entry.publish()
        new = entry.server.get(f"/v1/events?exchange={EXCHANGE}&limit=1000").json["records"][-1]["event"]
        assert (new["supersedes"], new["reason"]) == (replaced, "corrected")
        assert new["groups"] == [
            {**event["groups"][0], "count": {"best": 15, "qualifier": "exact"}},
            *event["groups"][1:],
        ]
        assert new["occurrence"] == event.get("occurrence", event["id"])


@pytest.mark.parametrize(("does", "type"), [("retracts", "claim_retracted"), ("disputes", "claim_disputed")])
def test_a_decision_on_a_claim_begins_with_what_is_known_of_it(
    browser: Browser, url: str, does: str, type: str
) -> None:
    with entering(browser, url) as entry:
        records = entry.server.get(f"/v1/events?exchange={EXCHANGE}&limit=1000").json["records"]
        event = next(each["event"] for each in records if each["event"]["type"] == "captives_released")
        entry.open(f"?{does}={event['id']}")
        said = {"why": "Entered twice.", "source.publisher": "Our desk", "source.kind": "derived"}
        entry.fill(said)
        entry.look()
        entry.give(make_token(url))
        entry.preview()
        entry.publish()
        new = entry.server.get(f"/v1/events?exchange={EXCHANGE}&limit=1000").json["records"][-1]["event"]
        assert (new["type"], new["claim"], new["occurrence"]) == (type, event["id"], event["occurrence"])


def test_a_likely_double_is_named_before_it_is_published(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        entry.open("?type=captives_released")
        entry.fill(RELEASE | {"round": "1", "occurred": "2023-11-24", "groups.0.count": "24", "source.published": ""})
        entry.look()
        entry.give(make_token(url))
        entry.preview()
        entry.fill({"source.publisher": "Another Herald", "groups.0.count": "24"})
        entry.publish() if entry.page.locator("#preview").is_visible() else None
        entry.open("?type=captives_released")
        entry.fill(RELEASE | {"groups.0.count": "24", "occurrence": "test-double"})
        entry.look()
        entry.preview()
        entry.publish()
        entry.open("?type=captives_released")
        entry.fill(RELEASE | {"groups.0.count": "24", "source.publisher": "The River Post"})
        entry.look()
        expect(entry.preview()).to_contain_text("Likely double: ")


# -- every type ------------------------------------------------------------------------------------


def test_what_is_most_likely_two_things_or_cannot_be_is_said_before_it_is_published(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        told_before = {
            "exchange": EXCHANGE,
            "occurrence": "two-things",
            "round": 8,
            "by": "north",
            "occurred": Moment.day("2023-12-02"),
            "groups": [Group(count=Count(best=20))],
            "source": Source(publisher="The Post", kind="newspaper"),
        }
        first = encode(CaptivesReleased.model_validate(told_before))
        assert entry.server.publish(first, make_token(url, "publish", name="desk")).status == 201
        entry.open("?type=captives_released")
        entry.fill(RELEASE | {"occurrence": "two-things", "by": "hamas", "to": "hamas", "round": "9"})
        entry.look()
        entry.give(make_token(url, "publish", name="newsroom"))
        told = entry.preview()
        for words in (
            "are rivals on two-things, of which one counts: other parties give the people",
            "people by hamas and to hamas. One of both is mistaken",
            "One of both rounds is mistaken",
        ):
            expect(told).to_contain_text(words)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_every_type_that_can_be_published_has_its_form(browser: Browser, demo: Served, size: tuple[int, int]) -> None:
    with opened(browser, address(demo), size) as tab:
        entry = Entering(tab, demo).open()
        links = entry.page.locator(".types a").evaluate_all("all => all.map((each) => each.href.split('type=')[1])")
        assert {each for each in links if each} == set(ENTERED)
        for name in ENTERED:
            entry.open(f"?type={name}")
            expect(entry.field("exchange")).to_be_visible()
            assert entry.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.fixture(scope="module")
def typist(browser: Browser, demo: Served) -> Iterator[Entering]:
    """Somebody who has given a token, at the ledger that nobody changes."""
    with opened(browser, address(demo)) as tab:
        entry = Entering(tab, demo).open()
        entry.page.get_by_role("button", name="Give a token").click()
        entry.give(make_token(demo.url))
        expect(entry.page.locator("#who")).to_contain_text("Publishing as")
        yield entry


@pytest.mark.parametrize(
    "path", [each for name in ENTERED for each in sorted(EXAMPLES.glob(f"{name}.v*.json"))], ids=_name
)
def test_each_example_of_each_type_can_be_entered_and_is_the_same_event(typist: Entering, path: Path) -> None:
    """Typed into the empty form, with what its counts and dates say in words; the ledger would take it."""
    example = orjson.loads(path.read_bytes())
    typist.page.evaluate("localStorage.clear()")
    typist.open(f"?type={example['type']}")
    write(typist, example)
    with typist.page.expect_response("**/v1/events?dry_run=true") as found:
        typist.look()
    made = orjson.loads(found.value.request.post_data or "")
    assert decode(orjson.dumps({**made, "id": example["id"]})) == decode(path.read_bytes())
    assert found.value.status == 200


def write(entry: Entering, example: dict[str, Any]) -> None:
    """All that an event says, control by control."""
    for path, value in flat({n: v for n, v in example.items() if n not in ("type", "version", "id")}):
        while (there := entry.page.evaluate(_CONTROLS, path)) == "none":
            unfold(entry, path)
        if there == "field":
            entry.fill({path: words(value)})
            continue
        show(entry.page.locator(f'[data-choice="{path}"]').first)
        for each in value:
            entry.page.locator(f'[data-choice="{path}"][value="{each}"]').check()


_CONTROLS = """(path) => {
  if (document.querySelector(`[data-choice="${path}"]`)) return "boxes";
  return document.querySelector(`[name="${path}"]`) ? "field" : "none";
}"""


def unfold(entry: Entering, path: str) -> None:
    """Add one more object to the first list on the way that is too short."""
    steps = path.split(".")
    for depth, step in enumerate(steps):
        under = ".".join(steps[: depth + 1])
        if step.isdecimal() and not entry.page.locator(f'[data-path="{under}"]').count():
            button = entry.page.locator(f'[data-add="{".".join(steps[:depth])}"]')
            show(button)
            button.click()
            return
    raise AssertionError(f"no control for {path}")


def show(control: Locator) -> None:
    for closed in control.locator("xpath=ancestor::details[not(@open)]").all():
        closed.locator(":scope > summary").click()


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and not {"best", "low", "high", "qualifier", "precision"} & value.keys():
        for name, each in value.items():
            yield from flat(each, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for index, each in enumerate(value):
            yield from flat(each, f"{path}.{index}")
    elif value is not None:
        yield path, value


BOUND = {"over": -1, "well_over": -1, "more_than": -1, "at_least": 0, "up_to": 0, "nearly": 1, "under": 1}


def words(value: Any) -> str:
    """What somebody writes to say it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ("\n" if any(" " in str(each) for each in value) else ", ").join(map(str, value))
    if not isinstance(value, dict):
        return str(value)
    if "qualifier" in value and "precision" in value:
        return str(edtf_of(Moment.model_validate(value)))
    if "precision" in value:
        if value["precision"] in ("before", "after"):
            return f"{value['precision']} {value['at']}"
        return f"{value['at']}/{value['until']}" if "until" in value else str(value["at"])
    best, low, high, hedge = (value.get(each) for each in ("best", "low", "high", "qualifier"))
    bound: int = (high if low is None else low) or 0
    said = "" if hedge in (None, "exact", "estimate") else str(hedge).replace("_", " ")
    if hedge in BOUND:
        return f"{said} {bound + BOUND[hedge]}"
    ends = f"({low}-{high})" if low is not None and high is not None else ""
    return " ".join(filter(None, (said, "" if best is None else str(best), ends)))


# -- drafts, tokens, Kafka -------------------------------------------------------------------------


def test_a_draft_survives_a_reload_and_is_cleared_by_its_button(browser: Browser, demo: Served) -> None:
    with opened(browser, address(demo)) as tab:
        entry = Entering(tab, demo).open("?type=captives_released")
        entry.fill(RELEASE)
        entry.page.get_by_role("button", name="Add another group of people").click()
        entry.fill({"groups.1.count": "3", "groups.1.category": "women"})
        expect(entry.page.locator("#draft")).to_contain_text("Draft kept in this browser.")
        entry.page.reload()
        entry.page.wait_for_selector("html[data-shown]")
        expect(entry.page.locator("#draft")).to_contain_text("This is your draft")
        assert [entry.field(each).input_value() for each in RELEASE] == [*RELEASE.values()]
        assert entry.field("groups.1.category").input_value() == "women"
        expect(entry.page.get_by_text("Understood as about 12.")).to_be_visible()
        entry.page.get_by_role("button", name="Take group 1 away").click()
        assert entry.field("groups.0.category").input_value() == "women"
        assert entry.field("groups.1.count").count() == 0
        entry.page.get_by_role("button", name="Clear it").click()
        expect(entry.field("exchange")).to_have_value("")


def test_who_has_no_token_or_one_of_another_role_is_told_so_and_asked_again(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        entry.open("?type=captives_released").fill(RELEASE)
        entry.look()
        wrong = entry.page.locator("#token-wrong")
        entry.give("")
        expect(wrong).to_have_text("Give a token first.")
        entry.give("nonsense")
        expect(wrong).to_have_text("This token is unknown, expired or revoked.")
        entry.give(make_token(url, "read"))
        expect(wrong).to_have_text("This token may not publish: it does not bear the role publish.")
        entry.page.get_by_role("button", name="Not now").click()
        expect(entry.page.locator("#preview")).to_be_hidden()
        expect(entry.page.get_by_role("button", name="Look at what it would move")).to_be_focused()
        entry.tab.refused(401, 403)
        token = make_token(url, "publish", name="night-desk")
        entry.page.get_by_role("button", name="Give a token").click()
        entry.give(token)
        expect(entry.page.locator("#who")).to_contain_text("Publishing as night-desk")
        kept = entry.page.evaluate("[location.href, JSON.stringify(localStorage), document.cookie].join()")
        assert token not in kept
        entry.page.reload()
        expect(entry.page.locator("#who")).to_contain_text("Publishing as night-desk")
        entry.page.get_by_role("button", name="Forget the token").click()
        assert entry.page.evaluate("JSON.stringify(sessionStorage)") == "{}"


def test_where_no_look_ahead_is_made_it_is_published_only_after_saying_so(
    browser: Browser, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.api.events.dry_runs.EVENTS_MAX", 1)
    with entering(browser, url) as entry:
        entry.open("?type=captives_released").fill(RELEASE)
        entry.look()
        entry.give(make_token(url))
        entry.tab.refused(400)
        expect(entry.preview()).to_contain_text("What it would move cannot be shown: A dry run copies the ledger")
        publish = entry.page.get_by_role("button", name="Publish without a look ahead")
        expect(publish).to_be_disabled()
        entry.page.get_by_label("I have read it through").check()
        entry.publish()


# -- tables ----------------------------------------------------------------------------------------


def read_table(entry: Entering, token: str, table: str = TABLE) -> None:
    entry.open("?table")
    entry.page.get_by_label("Paste it here").fill(table)
    entry.page.get_by_label("What this table is called").fill("River releases")
    entry.page.get_by_role("button", name="Read the table").click()
    entry.give(token)


def say_all(entry: Entering) -> None:
    """Answer what a first mapping leaves to be said: the exchange, and that the rest is so."""
    exchange = entry.page.get_by_label("Exchange")
    exchange.fill("RIVER-2017")
    exchange.press("Tab")
    so = entry.page.locator("[data-as-is]:visible")
    while so.count():
        so.first.click()
    expect(entry.page.locator("#left")).to_have_text("All is said that the table cannot tell.")


def test_a_table_is_pasted_its_bad_cells_are_shown_mended_and_published(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        read_table(entry, make_token(url, "publish", name="newsroom"))
        expect(entry.page.locator("#left")).to_have_text("8 things left to be said, which the table cannot tell.")
        look = entry.page.get_by_role("button", name="Look at what they would move")
        expect(look).to_be_disabled()
        say_all(entry)
        told = entry.page.locator("#rows [role=status]")
        expect(told).to_have_text("9 rows, 7 events. 2 rows to be mended: change the cells here.")
        one = entry.page.get_by_label("People, row 5")
        expect(one).to_have_accessible_description("'8/9' has two readings: one of the two numbers, or a share.")
        other = entry.page.get_by_label("People, row 7")
        expect(other).to_have_accessible_description(re.compile("has words behind its number"))
        one.fill("8")
        one.press("Tab")
        expect(told).to_have_text("9 rows, 8 events. 1 row to be mended: change the cells here.")
        other.fill("about 20")
        other.press("Tab")
        expect(told).to_have_text("9 rows, 9 events. ")
        look.click()
        preview = entry.preview()
        expect(preview.get_by_role("row", name="Prisoners freed not recorded about 77", exact=True)).to_have_count(0)
        expect(preview.get_by_role("row", name=re.compile("^Captives freed not recorded")).first).to_be_visible()
        assert entry.server.get("/v1/exchanges/RIVER-2017").status == 404
        entry.publish()
        records = entry.server.get("/v1/events?exchange=RIVER-2017").json["records"]
        assert [each["entered_by"] for each in records] == ["token:newsroom"] * 9
        counts = [each["event"]["groups"][0]["count"] for each in records]
        assert counts[3] == {"best": 8}
        assert counts[5] == {"best": 20, "qualifier": "about"}


def test_a_table_with_a_mapping_of_ones_own_becomes_what_the_command_makes_of_it(browser: Browser, url: str) -> None:
    folder = Path(__file__).parents[2] / "examples/another_conflict"
    with entering(browser, url) as entry:
        entry.open("?table")
        before = entry.server.get("/health/ready").json["position"]
        entry.page.get_by_label("Or choose a file").set_input_files(folder / "exchanges.csv")
        expect(entry.page.get_by_label("What this table is called")).to_have_value("exchanges")
        entry.page.get_by_text("A mapping, a sheet, an encoding").click()
        entry.page.get_by_label("A mapping that you have").set_input_files(folder / "mapping.toml")
        entry.page.get_by_role("button", name="Read the table").click()
        entry.give(make_token(url))
        expect(entry.page.locator("#left")).to_have_text("The columns mean what your mapping says.")
        entry.page.get_by_role("button", name="Look at what they would move").click()
        entry.preview()
        entry.publish()
        new = entry.server.get(f"/v1/events?limit=1000&after={before}").json["records"]
        with (folder / "exchanges.csv").open("rb") as file:
            made = [*mapped_events("exchanges.csv", file, TableMapping.load(folder / "mapping.toml"), lambda _: None)]
        events = [each.event for each in made if not isinstance(each.event, InvalidEvent)]
        assert [each["event"] for each in new] == [orjson.loads(encode(each)) for each in events]


def test_a_draft_of_a_table_survives_a_reload(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        read_table(entry, make_token(url))
        say_all(entry)
        one = entry.page.get_by_label("People, row 5")
        one.fill("8")
        one.press("Tab")
        expect(one).to_have_count(0)
        entry.page.reload()
        entry.page.wait_for_selector("html[data-shown]")
        expect(entry.page.locator("#draft")).to_contain_text("This is your draft")
        expect(entry.page.get_by_label("Paste it here")).to_have_value(TABLE)
        entry.page.get_by_role("button", name="Read the table").click()
        expect(entry.page.locator("#left")).to_have_text("All is said that the table cannot tell.")
        told = entry.page.locator("#rows [role=status]")
        expect(told).to_have_text("9 rows, 8 events. 1 row to be mended: change the cells here.")


# -- everybody -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "scheme", "media"), LOOKS[:4])
def test_axe_finds_nothing_where_claims_are_entered(
    browser: Browser, url: str, axe: str, size: tuple[int, int], scheme: ColorScheme, media: str
) -> None:
    options: dict[str, Any] = {"color_scheme": scheme, "reduced_motion": "reduce"}
    with serving(url) as server, opened(browser, address(server), size, **options) as tab:
        entry = Entering(tab, server).open()
        assert violations(tab, axe) == []
        entry.open("?type=captives_released").look()
        for summary in tab.page.locator("summary").all():
            summary.click()
        assert violations(tab, axe) == []
        entry.fill(RELEASE)
        entry.look()
        assert violations(tab, axe) == []
        entry.give(make_token(url))
        entry.preview()
        assert violations(tab, axe) == []
        entry.open("?type=terms_agreed")
        for summary in tab.page.locator("summary").all():
            summary.click()
        assert violations(tab, axe) == []
        entry.open("?table")
        tab.page.get_by_label("Paste it here").fill(TABLE)
        tab.page.get_by_label("What this table is called").fill("River releases")
        tab.page.get_by_role("button", name="Read the table").click()
        expect(tab.page.locator("#rows")).to_be_visible()
        assert violations(tab, axe) == []
        say_all(entry)
        expect(tab.page.get_by_label("People, row 5")).to_be_visible()
        assert violations(tab, axe) == []
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_claim_is_entered_by_the_keyboard_alone(browser: Browser, url: str) -> None:
    with entering(browser, url) as entry:
        entry.open("?type=captives_released")
        keyboard = entry.page.keyboard
        wanted = [*RELEASE]
        for _ in range(60):
            keyboard.press("Tab")
            name = str(entry.page.evaluate("document.activeElement.name ?? ''"))
            if name in wanted:
                wanted.remove(name)
                keyboard.type("Newspaper" if name == "source.kind" else RELEASE[name])
        assert wanted == []
        entry.field("source.published").focus()
        keyboard.press("Enter")
        expect(entry.page.get_by_label("Token")).to_be_focused()
        keyboard.type(make_token(url))
        keyboard.press("Enter")
        expect(entry.page.get_by_role("heading", name="Before it is published")).to_be_focused()
        keyboard.press("Tab")
        while entry.page.evaluate("document.activeElement.textContent") != "Publish":
            keyboard.press("Tab")
        keyboard.press("Enter")
        expect(entry.page.get_by_role("heading", level=1)).to_have_text("Published")
        expect(entry.page.get_by_role("heading", level=1)).to_be_focused()


def test_markup_in_what_is_entered_is_shown_as_text(browser: Browser, url: str) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    with entering(browser, url) as entry:
        entry.open("?type=captives_released").fill(RELEASE | {"source.publisher": hostile, "exchange": hostile})
        entry.look()
        entry.give(make_token(url))
        expect(entry.field("exchange")).to_be_focused()
        entry.tab.refused(400)
        entry.fill({"exchange": EXCHANGE})
        entry.look()
        expect(entry.preview()).to_contain_text(hostile)
        assert entry.page.locator("main img").count() == 0
