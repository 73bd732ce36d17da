"""What the server itself says of each page: to crawlers, to chats, to whoever runs no scripts."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ledger.api.http.addresses import Addresses
from ledger.api.http.forms import FORMS
from ledger.api.site import citations
from ledger.api.site.citations import Citation
from ledger.api.site.pages import PAGE_KINDS
from ledger.software import VERSION
from schemas.events import CaptivesReleased, ExchangeOpened
from schemas.ids import derive_id
from schemas.values import Count, Group, Moment, Source
from schemas.views import view_bytes
from tests.api.serving import Got, Served, loaded, make_token, process

EXCHANGE = "IL-HAMAS-2023-11"
TREE = Path(__file__).parents[2]
PUBLIC = "https://herald.example/data/ledger"
PINNED = "position=0:200"
CLAIM = "b35ed33e"
MARKUP = "</title><script>window.harmed = 1</script>\"'&<!-- ${x} {{ x }} \\u003c/script>"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the bundled history that knows its public address."""
    url = loaded(tmp_path_factory.mktemp("public"))
    with process(url, url=PUBLIC, publisher="Herald Data Desk", title="Herald ledger") as server:
        yield server


def head(got: Got) -> dict[str, str]:
    """What the head of a page says, by the names of its elements."""
    text = got.body.decode()
    found = {"title": re.search(r"<title>(.*?)</title>", text, re.DOTALL)}
    told = {name: each[1] for name, each in found.items() if each}
    told |= dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', text))
    told |= {f"link {rel}": link for rel, link in re.findall(r'<link rel="([^"]+)" href="([^"]*)"', text)}
    return {name: html.unescape(each) for name, each in told.items()}


def data(got: Got) -> Any:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', got.body.decode(), re.DOTALL)
    return found and json.loads(found[1])


# -- heads -----------------------------------------------------------------------------------------

HEADS = {
    "/": ("Exchange ledger", "10 exchanges of captives and prisoners"),
    f"/exchanges/{EXCHANGE}": ("Truce and exchange of November 2023", "105 captives and 240 prisoners freed in 7"),
    "/exchanges/IL-HAMAS": ("IL-HAMAS", "159 captives and 3,986 (3,943-3,986) prisoners freed"),
    f"/exchanges/{EXCHANGE}/figures/captives.released": ("Captives freed: 105", "The sum of 15 claims, from 9 sources"),
    "/exchanges/IL-HAMAS/figures/captives.released": ("Captives freed: 159", "The sum over"),
    f"/exchanges/{EXCHANGE}/rounds/7": ("Round 7: Truce and exchange", "8 captives and 30 prisoners freed, 2023-11-30"),
    f"/exchanges/{EXCHANGE}/claims/{CLAIM}": ("Captives freed, 2023-11-28: Xinhua", "published 2023-11-29. “2 Thai"),
    f"/exchanges/{EXCHANGE}/charts/rounds": ("Truce and exchange of November 2023: rounds", "105 captives and 240"),
    "/changes": ("Corrections", "what each correction changed"),
    f"/changes/{CLAIM}": ("Corrections", "what each correction changed"),
}  # fmt: skip


@pytest.mark.parametrize("path", HEADS)
def test_a_page_says_in_its_head_what_it_is_of(demo: Served, path: str) -> None:
    got = demo.get(path)
    title, description = HEADS[path]
    told = head(got)
    assert got.status == 200
    assert told["title"].startswith(title)
    assert told["og:title"].startswith(title)
    assert description in told["description"]
    assert told["link canonical"] == path


def test_the_page_on_which_claims_are_entered_bears_the_name_of_the_server(public: Served) -> None:
    got = public.get("/enter.html")
    assert head(got)["title"] == "Enter claims \u2013 Herald ledger"
    assert '<p class="name"><a href="./">Herald ledger</a></p>' in got.body.decode()
    assert "default-src 'none'; script-src 'self'" in got.headers["content-security-policy"]


def test_every_kind_of_page_has_a_head_here() -> None:
    shapes = {re.sub(r"\{\w+\}", "[^/]+", kind.address) for kind in PAGE_KINDS.values()}
    assert all(any(re.fullmatch(shape, path) for path in HEADS) for shape in shapes)


def test_a_page_of_what_is_not_there_is_404_and_opens_all_the_same(demo: Served) -> None:
    for path in (
        "/exchanges/NOWHERE",
        f"/exchanges/{EXCHANGE}/figures/captives.nothing",
        "/exchanges/IL-HAMAS/figures/captives.nothing",
        f"/exchanges/{EXCHANGE}/rounds/99",
        f"/exchanges/{EXCHANGE}/claims/00000000",
        f"/exchanges/IL-HAMAS-2025-01/claims/{CLAIM}",
        f"/exchanges/{EXCHANGE}/claims/{'z' * 36}",
        f"/exchanges/{EXCHANGE}/charts/pie",
    ):
        got = demo.get(path)
        assert (got.status, "page.js" in got.body.decode()) == (404, True), path
    assert demo.get("/exchanges/NOWHERE/else").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/exchanges/LIES",
        "/exchanges/LIES?position=never",
        f"/exchanges/{EXCHANGE}/charts/LIES",
        f"/exchanges/{EXCHANGE}/claims/LIES",
        f"/exchanges/{EXCHANGE}/figures/LIES",
        f"/exchanges/{EXCHANGE}/figures/LIES?position=never",
        f"/exchanges/{EXCHANGE}/rounds/LIES",
        "/changes/LIES",
    ],
)
def test_no_words_of_an_address_are_said_in_the_name_of_this_server(demo: Served, path: str) -> None:
    told = head(demo.get(path))
    assert not [each for each in ("title", "description", "og:title", "og:description") if "LIES" in told[each]]


def test_a_claim_is_told_from_where_it_was_recorded_and_not_before(demo: Served) -> None:
    at = int(demo.get(f"/v1/changes/{CLAIM}").json["position"].removeprefix("0:"))
    page = f"/exchanges/{EXCHANGE}/claims/{CLAIM}"
    assert [demo.get(f"{page}?position=0:{each}").status for each in (at - 1, at)] == [404, 200]
    assert demo.get(f"{page}?recorded_by=2020-01-01").status == 404


def test_a_pinned_page_tells_the_figures_of_its_position_and_its_links_stay_there(demo: Served) -> None:
    now, then = demo.get(f"/exchanges/{EXCHANGE}"), demo.get(f"/exchanges/{EXCHANGE}?{PINNED}")
    assert head(now)["description"] != head(then)["description"]
    links = re.findall(rf'href="(/exchanges/{EXCHANGE}/[^"]*)"', then.body.decode())
    assert len(links) > 5
    assert all(link.endswith(PINNED) for link in links)
    assert demo.get(f"/exchanges/{EXCHANGE}?utm_source=letter&fbclid=1").status == 200


def test_a_page_that_has_not_changed_is_not_sent_again(demo: Served) -> None:
    got = demo.get(f"/exchanges/{EXCHANGE}")
    assert demo.get(f"/exchanges/{EXCHANGE}", If_None_Match=got.headers["etag"]).status == 304


def test_where_reading_takes_a_token_a_page_tells_no_figure(tmp_path: Path) -> None:
    with process(loaded(tmp_path), read="token") as server:
        got = server.get(f"/exchanges/{EXCHANGE}")
        assert got.status == 200
        assert "105" not in got.body.decode()
        assert "Truce" not in got.body.decode()


def test_an_exchange_describes_itself_as_a_dataset(public: Served) -> None:
    found = data(public.get(f"/exchanges/{EXCHANGE}"))
    assert (found["@context"], found["@type"]) == ("https://schema.org", "Dataset")
    assert found["name"] == "Truce and exchange of November 2023"
    assert found["creator"]["name"] == "Herald Data Desk"
    assert found["temporalCoverage"] == "2023-11-22/2023-12-16"
    assert len(found["description"]) >= 50
    for each in found["distribution"]:
        path = each["contentUrl"].removeprefix(PUBLIC)
        assert public.get(path).headers["content-type"].partition(";")[0] == each["encodingFormat"]
    assert data(public.get(f"/exchanges/{EXCHANGE}/rounds/7")) is None


def test_what_a_source_writes_ends_no_element(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    source = Source(publisher=MARKUP, kind="newspaper", published="2023-12-02")
    more: dict[str, Any] = {"exchange": "MARKUP", "source": source, "occurred": Moment.day("2023-12-01")}
    opened = ExchangeOpened(id=derive_id("pages", "1"), title=MARKUP, **more)
    group = Group(count=Count(best=3))
    freed = CaptivesReleased(id=derive_id("pages", "2"), round=1, groups=(group,), as_stated=MARKUP, **more)
    loaded(tmp_path)
    with process(url) as server:
        got = server.publish(b"\n".join(map(view_bytes, (opened, freed))), make_token(url))
        assert got.status == 201
        server.reach(got.json["results"][-1]["position"])
        for path in ("", "/rounds/1", "/figures/captives.released", f"/claims/{freed.id}"):
            page = server.get(f"/exchanges/MARKUP{path}")
            text = page.body.decode()
            assert page.status == 200
            assert "<script>window" not in text
            assert text.count("<script") == (2 if path == "" else 1)
            assert MARKUP in head(page)["title"] + head(page)["description"]
        assert data(server.get("/exchanges/MARKUP"))["name"] == MARKUP


# -- below a path, behind a proxy ------------------------------------------------------------------


def test_a_server_below_a_path_says_so_in_every_address(public: Served) -> None:
    for stripped in ("", "/data/ledger"):  # as a proxy leaves the path, or takes it away
        got = public.get(f"{stripped}/exchanges/{EXCHANGE}")
        told = head(got)
        assert told["link canonical"] == told["og:url"] == f"{PUBLIC}/exchanges/{EXCHANGE}"
        links = re.findall(r'(?:href|src)="([^"#][^"]*)"', got.body.decode())
        assert all(link.startswith(("/data/ledger/", PUBLIC)) for link in links), links
        assert all(public.get(link.removeprefix("https://herald.example")).status == 200 for link in links)
    assert public.get("/data/ledger").body == public.get("/").body
    got = public.get(f"/v1/exchanges/{EXCHANGE}")
    assert got.headers["link"].startswith(f"</data/ledger/v1/exchanges/{EXCHANGE}?position=")
    told_beside = public.get(f"/v1/exchanges/{EXCHANGE}.metadata.json").json
    assert told_beside["permalink"].startswith(f"{PUBLIC}/v1/exchanges/{EXCHANGE}?position=")
    for link in told_beside["downloads"].values():
        assert public.get(link.removeprefix(PUBLIC)).status == 200


def test_old_addresses_lead_to_the_new_ones(public: Served) -> None:
    got = public.get(f"/?exchange={EXCHANGE}&through={CLAIM}&occurred_by=2023-11-27")
    assert got.status == 308
    assert public.get("/?exchange=").status == 200
    assert got.headers["location"] == f"/data/ledger/exchanges/{EXCHANGE}?through={CLAIM}&occurred_by=2023-11-27"


@pytest.mark.parametrize(
    ("url", "base", "absolute"),
    [
        ("", "/x", "/x"),
        ("https://herald.example", "/x", "https://herald.example/x"),
        ("https://herald.example/", "/x", "https://herald.example/x"),
        ("http://herald.example:8080/a/b/", "/a/b/x", "http://herald.example:8080/a/b/x"),
    ],
)
def test_a_public_address_is_a_name_and_a_path(url: str, base: str, absolute: str) -> None:
    addresses = Addresses.of(url)
    assert (addresses.path("/x"), addresses.absolute("/x")) == (base, absolute)


# -- citations -------------------------------------------------------------------------------------


def test_every_view_is_cited_at_its_position_by_the_address_that_shows_it(public: Served) -> None:
    api = f"/v1/exchanges/{EXCHANGE}"
    cited = {
        "/v1/exchanges": ("Herald ledger", "/"),
        api: ("Truce and exchange of November 2023", f"/exchanges/{EXCHANGE}"),
        f"{api}/rounds": ("Truce and exchange of November 2023: rounds", f"/exchanges/{EXCHANGE}"),
        f"{api}/rounds/7": ("Round 7: Truce and exchange of November 2023", f"/exchanges/{EXCHANGE}/rounds/7"),
        f"{api}/explain/captives.released": (
            "Captives freed: 105. Truce and exchange of November 2023",
            f"/exchanges/{EXCHANGE}/figures/captives.released",
        ),
    }
    for path, (title, page) in cited.items():
        (item,) = public.get(f"{path}.csl.json").json
        assert item["title"] == title
        assert item["URL"] == f"{PUBLIC}{page}?position={item['version']}"
        assert item["author"] == [{"literal": "Herald Data Desk"}]
        assert public.get(item["URL"].removeprefix(PUBLIC)).status == 200
        line = public.get(f"{path}.citation.txt").body.decode()
        assert title in line
        assert line.endswith(f"position {item['version']}. {item['URL']}\n") or path == "/v1/exchanges"
    pinned = public.get(f"{api}.citation.txt?{PINNED}&occurred_by=2023-11-27").body.decode()
    assert pinned.endswith(f"/exchanges/{EXCHANGE}?occurred_by=2023-11-27&{PINNED}\n")
    assert pinned == public.get(f"{api}.citation.txt?{PINNED}&occurred_by=2023-11-27").body.decode()
    assert public.get(f"{api}/explain/captives.nothing.bib").status == 404


def test_a_citation_says_nothing_that_tex_or_a_line_would_take_for_its_own() -> None:
    hard = Citation(
        "50 % of {A} & B_1 \\ #2 ~x^2 $\n\nصفقة", "The ledger", "", None, "0:1,1:2", "https://a.example/?x=1&y=%7B"
    )
    entry = citations.bibtex(hard).decode()
    assert (
        r"title = {{50 \% of \{A\} \& B\_1 \textbackslash{} \#2 \textasciitilde{}x\textasciicircum{}2 \$ صفقة}}"
        in entry
    )
    assert entry.count("{") == entry.count("}")
    assert "url = {https://a.example/?x=1&y=%7B}" in entry
    assert citations.text(hard).decode().count("\n") == 1
    (item,) = json.loads(citations.csl(hard))
    assert item["title"] == hard.title
    assert "issued" not in item


def test_each_citation_is_a_form_of_a_view() -> None:
    assert {*citations.FORMS} == {each.ending for each in FORMS.values() if each.is_beside} - {".metadata.json"}


def test_the_software_can_be_cited_as_it_is() -> None:
    said = yaml.safe_load((TREE / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= said.keys()
    assert said["version"] == VERSION
