"""An audit as lines of JSON, in a terminal, and as a page that holds no more than what it shows."""

import re
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest

from replay.audit.lines import lines
from replay.audit.report import report
from replay.audit.run import CHECKS
from tests.book.building import adopted, freed, retracted, stated
from tests.cli.run import inside
from tests.page.browser import chromium, opened
from tests.replay.audit.auditing import audited, ledger_of
from tests.replay.keeping import archived, published

MARKUP = '<script>alert(1)</script><img src=x onerror=alert(2)>" onload="x'


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    archived(published(folder / "ledger.db"), folder / "ledger.archive")
    return folder


def test_the_command_prints_what_was_checked_and_what_was_found(here: Path) -> None:
    ran = inside(here, "audit", "ledger.archive", program="replay")
    assert ran.code == 0
    results = {tuple(re.split(r"  +", line)[:2]) for line in ran.out.splitlines()}
    assert ("holds", "Every event keeps the rules") in results
    assert ("14 differ", "What sources state as totals") in results
    assert ("not checked", "Every event is by whom it says") in results
    assert "why: Stale prisoner side: published before/without the day-7 thirty." in ran.out
    assert "Nothing failed, as far as it could be verified." in ran.out


def test_json_has_a_line_for_each_thing(here: Path) -> None:
    ran = inside(here, "audit", "--json", program="replay", LEDGER_LOG="sqlite:///ledger.db")
    assert ran.code == 0
    subject, *rest, conclusion = ran.lines
    assert (subject["line"], subject["name"], conclusion["line"]) == ("subject", "sqlite:///ledger.db", "conclusion")
    checks = [line for line in rest if line["line"] == "check"]
    found = [line for line in rest if line["line"] == "finding"]
    assert sum(each["findings"] for each in checks) == len(found)
    counts = {name: conclusion[name] for name in ("failed", "failure", "disagreement")}
    assert counts == {"failed": False, "failure": 0, "disagreement": 30}
    [stale] = [each for each in found if ": 210 prisoners" in each["what"]]
    assert (stale["check"], stale["severity"], stale["events"][0]["position"]) == ("stated", "disagreement", "0:158")


def test_the_same_input_gives_the_same_report(here: Path) -> None:
    words = ("audit", "ledger.archive", "--report")
    for name in ("one.html", "two.html"):
        assert inside(here, *words, name, program="replay").code == 0
    assert (here / "one.html").read_bytes() == (here / "two.html").read_bytes()
    assert report(audited(here / "ledger.archive")) == report(audited(here / "ledger.archive"))


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("none",), 4, "there is no archive at none"),
        (("ledger.db",), 4, "is a ledger, and no archive"),
        (("ledger.archive", "--report", "none/report.html"), 4, "cannot be written"),
        (("ledger.archive", "--key", "none"), 4, "cannot be read"),
        (("sqlite:///none.db",), 4, "there is no ledger at"),
        (("ledger.archive", "--expect", "0" * 64), 5, "not the 000"),
    ],
)
def test_what_cannot_be_done_says_so(here: Path, words: tuple[str, ...], code: int, told: str) -> None:
    ran = inside(here, "audit", *words, program="replay")
    assert (ran.code, told in ran.err.replace("\n", " ")) == (code, True), ran.err


def test_the_digest_of_a_rebuild_is_the_one_expected(here: Path) -> None:
    [rebuilt] = inside(here, "rebuild", "--json", program="replay", LEDGER_LOG="sqlite:///ledger.db").lines
    ran = inside(here, "audit", "ledger.archive", "--expect", rebuilt["digest"], program="replay")
    assert (ran.code, "their digest is the one expected" in " ".join(ran.out.split())) == (0, True)


# -- the page ----------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The elements and the attributes of a page, and all of its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.text = set[str](), set[str](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A ledger whose sources wrote markup wherever they could."""
    source = {"publisher": MARKUP, "published": "2024-03-02"}
    events = [
        freed(1, 12, source=source, note=MARKUP),
        freed(2, 13, source=source),
        adopted(3, 2, source=source).model_copy(update={"why": MARKUP}),
        retracted(4, 1, source=source).model_copy(update={"why": MARKUP}),
        stated(5, "captives.released", 99, label=MARKUP, source=source, note=MARKUP, as_stated=MARKUP),
    ]
    return archived(ledger_of(tmp_path / "ledger.db", *events), tmp_path / "<b>.archive")


def test_what_sources_wrote_is_text(hostile: Path) -> None:
    page = report(audited(hostile))
    found = Elements(page)
    assert found.text.count(MARKUP) > 5
    assert not found.tags & {"script", "img", "b", "link", "iframe"}
    assert not {name for name in found.attributes if name.startswith("on")} | (found.attributes & {"src", "style"})
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert not re.search(r"https?://", page)
    assert all(orjson.loads(line) for line in lines(audited(hostile)))


def test_the_page_is_read_on_screens_and_on_paper(here: Path, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(report(audited(here / "ledger.archive")), "utf-8")
    with chromium() as browser:
        for size, scheme in (((1280, 900), "light"), ((390, 844), "dark")):
            with opened(browser, (tmp_path / "report.html").as_uri(), size, color_scheme=scheme) as tab:
                tab.page.goto(tab.address)
                assert tab.page.title().startswith("Audit of")
                assert tab.page.locator(".checks tbody tr").count() == len(CHECKS)
                wide = tab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                assert wide <= 0, f"{size} scrolls sideways by {wide}"
                links = tab.page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
                assert links
                assert all(tab.page.locator(link).count() == 1 for link in links)
                tab.page.emulate_media(media="print")
                assert tab.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") in (
                    "rgb(255, 255, 255)",
                    "rgba(0, 0, 0, 0)",
                )
                assert len(tab.page.pdf(format="A4")) > 10_000
