"""Whether everything is drawn so that nobody misreads it, tried with exchanges that are hard to draw."""

import gzip
import re
from collections.abc import Iterator
from itertools import product

import orjson
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.api.serving import Served, publish, serving
from tests.page.browser import Tab, opened, own_text
from tests.page.conftest import HERE, address
from tests.page.invented import invented
from tests.page.looks import LOOKS, Media, violations
from tests.page.test_page import PAGE
from tests.schemas.samples import EXAMPLES

EXCHANGES = (
    "SIXTY-ROUNDS", "ONLY-REMAINS", "ONLY-FUNDS", "ONLY-TALKS", "NOBODY-RECORDED", "HUGE-AND-TINY", "RIGHT-TO-LEFT",
    "ONE-OF-EACH", "CORRECTED", "INVENTED-WAR",
)  # fmt: skip
WIDTHS = ((320, 640), (360, 780), (720, 450), (1440, 900))
"""Small phones, phones, a wide window at 200 %, a wide window."""
MEDIA: tuple[Media, ...] = ("screen", "print")
PHONE = WIDTHS[1]
REPLAY_MAX = 56
"""So many pixels high the replay is at most, while no dates are chosen."""
FIRST_VIEW_MAX = 100_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(f"sqlite:///{tmp_path_factory.mktemp('invented')}/ledger.db") as server:
        publish(server, invented())
        yield server


@pytest.fixture
def hard(browser: Browser, made: Served) -> Iterator[Tab]:
    with opened(browser, address(made)) as tab:
        yield tab


# -- every state -----------------------------------------------------------------------------------


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_nothing_hangs_over_the_edge_at_any_width(hard: Tab, exchange: str) -> None:
    page = hard.open(f"?exchange={exchange}").page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    if page.locator("#replay").is_visible():
        page.locator("#replay").get_by_role("button", name="Dates").click()
    for media, (width, height) in product(MEDIA, WIDTHS):
        page.emulate_media(media=media)
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") == width, media


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_axe_finds_nothing_in_what_is_hard_to_draw(browser: Browser, made: Served, axe: str, exchange: str) -> None:
    with opened(browser, address(made), reduced_motion="reduce") as tab:
        tab.open(f"?exchange={exchange}")
        for (width, height), scheme, media in LOOKS:
            tab.page.set_viewport_size({"width": width, "height": height})
            tab.page.emulate_media(media=media, color_scheme=scheme)
            assert violations(tab, axe) == [], (width, scheme, media)


def test_all_files_of_the_page_are_light() -> None:
    files = (path for path in PAGE.iterdir() if path.is_file() and path.stem != "enter")  # a page of its own
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in files}
    assert sum(sizes.values()) < FIRST_VIEW_MAX, sizes


# -- one and many ----------------------------------------------------------------------------------

NOUNS = (
    "captive|prisoner|hour|day|claim|other claim|round|event|exchange|set|delay|correction|likely double|"
    "joint ratio|open dispute|truck|fuel litre|tonne|pledge|total"
)
ONE_AS_MANY = re.compile(rf"(?<![\d.,\u2013+/])(?<!to )\b1 (?:{NOUNS})s\b")
MANY_AS_ONE = re.compile(rf"(?<![\d.,/])(?!1 )\d[\d,]*(?:\.\d+)? (?:{NOUNS})\b(?!s|\u2019)")
VERBS = re.compile(
    r"(?:^|[.;:] )1 \w+(?: \([^)]*\))? were\b|(?:^|[.;:] )(?!1 )\d[\d,]* \w+s(?: \([^)]*\))? was\b|\bAll 1\b"
)


def misnumbered(text: str) -> list[str]:
    """The parts of a text that speak of one as of many, or of many as of one."""
    return [found[0] for rule in (ONE_AS_MANY, MANY_AS_ONE, VERBS) for found in rule.finditer(text)]


def test_the_rule_of_one_and_many_finds_what_is_wrong() -> None:
    for wrong in ("1 captives freed", "21 captive freed", "at least 1 hours", "1 captive were freed", "All 1 source"):
        assert misnumbered(wrong), wrong
    for right in (
        "1 captive was freed",
        "21 captives",
        "0\u20131 captives",
        "0 to 1 captives",
        "1 prisoner for each",
        "1.5 hours",
    ):
        assert not misnumbered(right), right


COUNTS = (0, 1, 2, 11, 21, 100, 101, 1_000, 1_001)
QUALIFIERS = ("exact", "about", "over", "at_least", "up_to", "nearly", "under", "several", "unknown")
SENTENCES = (HERE / "sentences.js").read_text(encoding="utf-8")


def test_whatever_is_counted_is_told_of_one_and_of_many(tab: Tab) -> None:
    kinds = [orjson.loads(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))]
    said = tab.open().page.evaluate(SENTENCES, [COUNTS, QUALIFIERS, kinds])
    assert len(said) > 10_000
    assert {text: wrong for text in said if " + " not in text and (wrong := misnumbered(text))} == {}
    assert [text for text in said if re.search(r"undefined|null|NaN|\[object", text)] == []


def test_every_sentence_on_the_page_is_right_for_one_and_for_many(hard: Tab, tab: Tab) -> None:
    for each, exchanges in (
        (hard, EXCHANGES),
        (tab, ("IL-HAMAS-2023-11", "IL-HAMAS-2025-01", "IL-HAMAS-2025-10", "IL-HAMAS")),
    ):
        for exchange in exchanges:
            each.open(f"?exchange={exchange}")
            for summary in each.page.locator("summary:visible").all():
                summary.click()
            lines = each.page.locator("body").inner_text().splitlines()
            assert {line: wrong for line in lines if (wrong := misnumbered(line))} == {}, exchange


# -- numbers beside each other ---------------------------------------------------------------------


def width(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["width"]


def test_sides_that_differ_much_have_a_scale_of_their_own_which_is_said(tab: Tab) -> None:
    tab.open("exchanges/IL-HAMAS-2025-01")
    expect(tab.page.locator(".scale-note")).to_have_text(
        "Each side has a scale of its own: compare lengths within a side, not across."
    )
    widths = {n: width(tab.page.locator(f"#round-{n} td.leg.captives .bar")) for n in (1, 2, 3)}
    assert widths[2] / widths[1] == pytest.approx(4 / 3, rel=0.02)
    assert widths[3] / widths[1] == pytest.approx(8 / 3, rel=0.02)
    tab.open("exchanges/IL-HAMAS-2023-11")
    expect(tab.page.locator(".scale-note")).to_have_count(0)


def test_one_beside_a_million_is_a_dot_on_a_logarithmic_axis_which_is_said(hard: Tab) -> None:
    hard.open("exchanges/HUGE-AND-TINY")
    expect(hard.page.locator(".scale-note")).to_contain_text("logarithmic axis")
    assert hard.page.locator("thead .prisoners .leg-axis i").all_inner_texts() == ["1", "100", "10K", "1M"]
    dots = {n: hard.page.locator(f"#round-{n} td.leg.prisoners .point") for n in (1, 2, 3, 4)}
    places = {n: box["x"] + box["width"] / 2 for n, dot in dots.items() if (box := dot.bounding_box())}
    decade = places[1] - places[2]
    assert (places[3] - places[2]) / decade == pytest.approx(5.978 / 3.012, rel=0.02)
    assert hard.page.locator("td.leg .bar .strong").count() == 0  # no length to be misread
    assert hard.page.locator("#round-6 td.leg.captives .bar").count() == 0  # an unknown number is nowhere on the axis


def test_what_is_not_recorded_looks_like_no_number_and_no_bar(hard: Tab) -> None:
    hard.open("exchanges/CORRECTED")
    cell = hard.page.locator("#round-3 td.leg.prisoners")
    expect(cell.locator(".missing")).to_have_text("not recorded")
    assert cell.locator(".missing").evaluate("e => getComputedStyle(e).borderTopStyle") == "dashed"
    assert cell.locator(".bar").count() == 0
    expect(hard.page.locator(".key")).to_contain_text("not recorded, which is not zero")
    hard.open("exchanges/ONLY-REMAINS")
    assert hard.page.locator("table.rounds .leg").count() == 0  # nobody is freed: no empty columns
    assert hard.page.locator("#lead .total .missing").count() == 2


@pytest.mark.parametrize("size", [PHONE, WIDTHS[3]])
def test_axes_have_their_numbers_on_every_page(browser: Browser, made: Served, size: tuple[int, int]) -> None:
    with opened(browser, address(made), size) as tab:
        tab.open("exchanges/CORRECTED")
        for axis in (".captives .leg-axis i", ".prisoners .leg-axis i", ".axis text"):
            shown = tab.page.locator(f"table.rounds thead {axis}")
            assert shown.count() >= 1, axis
            expect(shown.last).to_be_visible()
        at = tab.page.locator("thead .prisoners .leg-axis i", has_text="40").bounding_box()
        bar = tab.page.locator("#round-6 td.leg.prisoners .bar").bounding_box()
        assert at is not None
        assert bar is not None
        assert at["x"] + at["width"] / 2 == pytest.approx(bar["x"] + bar["width"], abs=2)


def test_hedges_and_ranges_stand_wherever_a_number_does(hard: Tab) -> None:
    hard.open("exchanges/CORRECTED")
    assert (
        hard.page.locator("#lead .standfirst")
        .inner_text()
        .startswith("41 captives (41\u201345) and about 109 prisoners")
    )
    assert own_text(hard.page.locator("#round-2 td.leg.captives .counted")) == "10 10\u201314"
    assert own_text(hard.page.locator(".plain .computed")) == "41 41\u201345"
    assert own_text(hard.page.locator("#round-1 td.scope.deal .number")) == "about 3.25"


@pytest.mark.parametrize("exchange", ["IL-HAMAS-2023-11", "IL-HAMAS-2025-01", "IL-HAMAS-2025-10", "IL-HAMAS"])
def test_both_sides_are_told_by_the_same_parts(tab: Tab, exchange: str) -> None:
    tab.open(f"?exchange={exchange}")
    ours, theirs = (
        [way.split(",")[0] for way in tab.page.locator(f"#lead .{side} .way").all_inner_texts()]
        for side in ("captives", "prisoners")
    )
    assert ours == theirs
    assert ours[0] == "By nationality"


def test_countries_have_their_full_names(hard: Tab) -> None:
    told = hard.open("exchanges/RIGHT-TO-LEFT").page.locator("#lead").inner_text()
    for name in ("Democratic Republic of the Congo", "Bosnia and Herzegovina", "Saint Vincent and Grenadines"):
        assert name in told


# -- what is to be read with care ------------------------------------------------------------------


def test_corrections_say_from_what_to_what_and_by_whom(hard: Tab) -> None:
    hard.open("exchanges/CORRECTED")
    told = [each.inner_text() for each in hard.page.locator("h3#corrections + ul > li").all()]
    assert any("Corrected from 13 to 12 by The Post" in text for text in told)
    assert any("500 prisoners freed, round 3" in text and "Taken back by The Herald" in text for text in told)
    hard.page.locator("h3#corrections + ul button").first.click()
    expect(hard.page.locator("dialog ol.claims > li")).to_have_count(2)


def test_delays_joint_ratios_doubles_and_corrections_are_named_at_the_top_and_lead_to_their_place(hard: Tab) -> None:
    hard.open("exchanges/CORRECTED")
    cautions = hard.page.get_by_role("list", name="To read with care").get_by_role("link")
    assert cautions.all_inner_texts() == [
        "1 delay",
        "1 joint ratio",
        "1 open dispute",
        "1 likely double",
        "2 corrections",
    ]
    cautions.last.click()
    expect(hard.page.locator("h3#corrections")).to_be_focused()
    expect(hard.page.locator("h3#corrections")).to_be_in_viewport()
    assert hard.page.url.endswith("/CORRECTED#corrections")
    assert own_text(hard.page.locator("h1:visible")) == "Numbers that changed"


def test_notes_that_many_rounds_share_are_told_once(hard: Tab) -> None:
    hard.open("exchanges/SIXTY-ROUNDS")
    assert (
        "Of rounds 10, 20, 30, 40, 50 and 60, the prisoners are not recorded."
        in hard.page.locator("#lead .standfirst").inner_text()
    )
    assert hard.page.locator(".notes li").count() == 1


# -- finding one's way -----------------------------------------------------------------------------


def test_the_table_of_contents_has_the_sections_that_there_are(hard: Tab) -> None:
    for exchange in EXCHANGES:
        hard.open(f"?exchange={exchange}")
        links = hard.page.locator("#contents a").evaluate_all("all => all.map((each) => each.hash)")
        sections = hard.page.locator("main section:visible").evaluate_all("all => all.map((each) => `#${each.id}`)")
        assert links == sections, exchange


@pytest.mark.parametrize("size", [PHONE, WIDTHS[3]])
def test_the_table_of_contents_is_used_by_keyboard_and_marks_where_one_is_without_moving(
    browser: Browser, made: Served, size: tuple[int, int]
) -> None:
    with opened(browser, address(made), size, reduced_motion="reduce") as tab:
        tab.open("exchanges/RIGHT-TO-LEFT")
        contents = tab.page.get_by_role("navigation", name="On this page")
        marked = contents.locator('[aria-current="location"]')
        expect(marked).to_have_text("Totals")
        widths = [width(link) for link in contents.get_by_role("link").all()]
        link = contents.get_by_role("link", name="Promises")
        link.focus()
        tab.page.keyboard.press("Enter")
        expect(tab.page.locator("#promises-title")).to_be_focused()
        expect(marked).to_have_text("Promises")
        expect(marked).to_be_in_viewport(ratio=1)
        assert [width(link) for link in contents.get_by_role("link").all()] == widths
        top = tab.page.evaluate("scrollY")
        tab.page.wait_for_timeout(300)
        assert tab.page.evaluate("scrollY") == top
        tab.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(marked).to_have_text("More")


def test_the_replay_covers_little_at_any_width(hard: Tab) -> None:
    hard.open("exchanges/SIXTY-ROUNDS")
    for width, height in WIDTHS:
        hard.page.set_viewport_size({"width": width, "height": height})
        box = hard.page.locator("#replay").bounding_box()
        assert box is not None
        assert box["height"] <= REPLAY_MAX, width


def test_what_a_press_does_is_said_once_and_no_figure_hides_text(hard: Tab) -> None:
    hard.open("exchanges/RIGHT-TO-LEFT")
    hint = hard.page.get_by_text("Press a dotted number to see its claims and sources.")
    expect(hint).to_have_count(1)
    expect(hint).to_be_visible()
    figures = hard.page.locator("a.figure")
    assert figures.count() > 40
    assert set(figures.evaluate_all("all => all.map((e) => e.getAttribute('aria-describedby'))")) == {"figure-hint"}
    expect(figures.first).to_have_accessible_description(hint.inner_text())
    assert hard.page.locator("main button .unseen").count() == 0
