"""Charts over HTTP: which there are, what they say, and what of them is a picture."""

import re
import struct
import zlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

from ledger.api.charts.scene import DARK, LIGHT, Plot, text, written
from ledger.api.charts.text import BOLD, REGULAR, clean, lines, width
from ledger.blocking import Ledger
from tests.api.serving import Served, make_token, publish, serving
from tests.book.building import EXCHANGE, back, day, freed, let_go, opened, out

NOVEMBER = "/v1/exchanges/IL-HAMAS-2023-11"
HERE = f"/v1/exchanges/{EXCHANGE}"
SVG = "{http://www.w3.org/2000/svg}"
ABOUT_900 = {"best": 900, "qualifier": "about"}
AT_LEAST_130 = {"low": 130, "qualifier": "at_least"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that knows its address, of ledgers that tests publish into."""
    url = f"sqlite:///{tmp_path_factory.mktemp('charts')}/ledger.db"
    Ledger.open(url).close()
    with serving(url, url="https://news.example/ledger", work=0) as server:
        yield server


def texts(svg: bytes) -> list[str]:
    """Every text of a drawing, without what sets one apart that runs the other way."""
    found = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return [(each.text or "").strip("\u2068\u2069") for each in found]


def bars(svg: bytes, side: str) -> list[float]:
    """How long the full bars of a side are drawn."""
    colour = {"captives": "#b4690e", "prisoners": "#6a51a3"}[side]
    return [
        float(each.get("width", 0))
        for each in ElementTree.fromstring(svg).iter(f"{SVG}rect")
        if each.get("fill") == colour
    ]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    wide, tall = struct.unpack_from(">II", png, 16)
    return wide, tall


def colours(png: bytes) -> int:
    """How many different bytes the pixels of a picture have."""
    chunks, at = b"", 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        chunks += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    return len(set(zlib.decompress(chunks)))


# -- which there are -------------------------------------------------------------------------------


def test_the_charts_that_there_are_of_an_exchange_are_listed_with_all_their_addresses(demo: Served) -> None:
    charts = demo.get(f"{NOVEMBER}/charts").json
    assert [each["chart"] for each in charts] == ["totals", "rounds", "timeline", "pauses"]
    for each in charts:
        assert demo.get(each["svg"]).headers["content-type"] == "image/svg+xml"
        assert demo.get(each["embed"]).status == 200
        assert f'src="{each["embed"]}"' in each["snippet"]
        assert "sandbox=" in each["snippet"]
        assert 'title="Truce and exchange of November 2023: ' in each["snippet"]
    assert [each["chart"] for each in demo.get("/v1/exchanges/IL-HAMAS/charts").json] == ["totals", "exchanges"]
    assert [each["chart"] for each in demo.get("/v1/exchanges/UNDATED-ESSAY/charts").json] == ["totals"]


def test_what_is_pinned_is_pinned_in_every_address_of_the_list(demo: Served) -> None:
    query = "?occurred_by=2023-11-27&position=0:300"
    [first, *_] = demo.get(f"{NOVEMBER}/charts{query}").json
    for name in ("page", "svg", "png", "embed"):
        assert first[name].endswith(query)


def test_a_chart_that_there_is_not_is_named_with_those_that_there_are(demo: Served) -> None:
    got = demo.get("/v1/exchanges/IL-HAMAS/charts/rounds.svg")
    assert got.status == 404
    assert "there is totals, exchanges" in got.json["detail"]
    assert demo.get(f"{NOVEMBER}/charts/pie.png").status == 404
    assert demo.get("/embed/exchanges/NOWHERE/totals").status == 404


# -- what they say ---------------------------------------------------------------------------------


def test_a_chart_says_by_itself_what_it_is_whose_word_it_is_and_as_of_when(demo: Served) -> None:
    said = texts(demo.get(f"{NOVEMBER}/charts/rounds.svg").body)
    whole = " ".join(said)
    assert said[0] == "Truce and exchange of November 2023"
    assert "7 rounds: captives and prisoners freed in each, and prisoners per captive" in whole
    assert re.search(
        r"Source: Exchange ledger, 162 events from \d+ sources. Position 0:\d+, recorded \d+ \w+ \d{4}.", whole
    )
    assert "Counts are facts as their sources state them" in whole
    assert said.count("39") == 3
    assert said.count("3") >= 7


def test_it_names_its_page_where_the_server_knows_its_address(served: Served) -> None:
    publish(served, [opened(1, "NAMED-2024"), freed(2, 3, exchange="NAMED-2024")])
    svg = served.get("/v1/exchanges/NAMED-2024/charts/totals.svg").body
    assert "https://news.example/ledger/exchanges/NAMED-2024/charts/totals" in texts(svg)
    [chart, *_] = served.get("/v1/exchanges/NAMED-2024/charts").json
    assert chart["embed"] == "https://news.example/ledger/embed/exchanges/NAMED-2024/totals"


def test_a_cut_stands_in_the_chart(demo: Served) -> None:
    svg = demo.get(f"{NOVEMBER}/charts/totals.svg?occurred_by=2023-11-27").body
    assert "what had happened by 27 Nov 2023" in " ".join(texts(svg))
    assert "117" in texts(svg)


def test_hedges_bounds_and_what_is_not_recorded_are_never_a_plain_bar(served: Served) -> None:
    exchange = "HEDGED-2024"
    publish(
        served,
        [
            opened(11, exchange),
            let_go(12, {"count": ABOUT_900, "nationality": ["XNO"]}, exchange=exchange, key="a", round=1),
            freed(13, {"count": AT_LEAST_130, "nationality": ["XNO"]}, exchange=exchange, key="b", round=2),
        ],
    )
    svg = served.get(f"/v1/exchanges/{exchange}/charts/rounds.svg").body
    said = texts(svg)
    assert "about 900" in said
    assert "at least 130" in said
    assert said.count("not recorded") == 2
    assert "undefined" in said
    assert said.count("0") == 2  # where the two scales begin
    assert bars(svg, "prisoners") == bars(svg, "captives") == []


def test_bars_of_both_sides_are_on_one_scale_unless_one_would_vanish(demo: Served) -> None:
    svg = demo.get(f"{NOVEMBER}/charts/rounds.svg").body
    people = {"captives": [24, 17, 17, 11, 12, 16, 8], "prisoners": [39, 39, 39, 33, 30, 30, 30]}
    scales = [long / many for side, its in people.items() for long, many in zip(bars(svg, side), its, strict=True)]
    assert max(scales) - min(scales) < 0.02
    other = demo.get("/v1/exchanges/IL-HAMAS-2025-01/charts/rounds.svg").body
    assert "Each side is drawn on its own scale." in " ".join(texts(other))
    assert min(bars(other, "captives")) > 20


def test_the_timeline_ends_at_the_totals(demo: Served) -> None:
    said = texts(demo.get(f"{NOVEMBER}/charts/timeline.svg").body)
    assert "105" in said
    assert "240" in said
    table = demo.get("/embed/exchanges/IL-HAMAS-2023-11/timeline").body.decode()
    assert "<bdi>1 Dec 2023</bdi></th><td>105</td><td>240</td>" in table


def test_only_remains_one_side_only_and_nobody_are_drawn_as_what_they_are(served: Served) -> None:
    for number, (exchange, events) in enumerate(
        {
            "REMAINS-2024": [back("captives", 22, 4, exchange="REMAINS-2024", round=1)],
            "ONE-SIDE-2024": [out("prisoners", 24, 7, exchange="ONE-SIDE-2024", round=1)],
            "NOBODY-2024": [],
        }.items()
    ):
        publish(served, [opened(200 + number, exchange), *events])
    remains = served.get("/v1/exchanges/REMAINS-2024/charts/rounds.svg").body
    assert "remains of captives: 4" in " ".join(texts(remains))
    assert texts(remains).count("not recorded") == 2
    one = texts(served.get("/v1/exchanges/ONE-SIDE-2024/charts/totals.svg").body)
    assert one.count("7") == 1
    assert "not recorded" in one
    assert "Prisoners per captive: undefined." in " ".join(one)
    nobody = served.get("/v1/exchanges/NOBODY-2024/charts/totals.svg").body
    assert texts(nobody).count("not recorded") == 2
    assert bars(nobody, "captives") == bars(nobody, "prisoners") == []


# -- text that others wrote ------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script> ]]> & \"quoted\" 'q' <!-- --> </title></text></svg>"


def test_a_hostile_title_stays_text_in_every_form(served: Served) -> None:
    exchange = "HOSTILE-2024"
    publish(served, [opened(31, exchange, title=HOSTILE), freed(32, 3, exchange=exchange)])
    svg = served.get(f"/v1/exchanges/{exchange}/charts/totals.svg").body
    tags = {each.tag.removeprefix(SVG) for each in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "title", "desc", "g", "rect", "line", "path", "text", "pattern", "polyline", "polygon"}
    assert "<script>alert(1)</script>" in " ".join(texts(svg))
    assert size(served.get(f"/v1/exchanges/{exchange}/charts/totals.png").body)[0] == 1920
    embed = served.get(f"/embed/exchanges/{exchange}/totals").body.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in embed
    assert embed.count("<script") == embed.count("</script>") == 1
    [chart, *_] = served.get(f"/v1/exchanges/{exchange}/charts").json
    assert chart["snippet"].count("<") == 2
    assert "&lt;script&gt;" in chart["snippet"]


def test_what_xml_may_not_hold_and_what_turns_text_around_is_left_out() -> None:
    assert clean("a\x00b\u202ec\nd\ud800e\u2066f") == "a b c d e f"
    drawn = written(Plot(10, 10, [text(0, 0, "a\x0bb ]]>", 12)]), LIGHT, "\x1b", "\ufffe", name="x", is_file=True)
    assert texts(drawn.encode()) == ["a b ]]>"]


@pytest.mark.parametrize(("font", "bold"), [(REGULAR, False), (BOLD, True)])
def test_text_is_measured_as_the_font_has_it_and_lines_fit(font: Path, bold: bool) -> None:
    known = TTFont(font)
    names, metrics, units = known.getBestCmap(), known["hmtx"].metrics, known["head"].unitsPerEm
    for said in ("Round 12: 1,778 (1,735\u20131,778)", "Обмен пленными", "تبادل الأسرى", "עסקת חטופים"):
        expected = sum(metrics[names[ord(each)]][0] for each in said) / units * 20
        assert width(said, 20, bold) == pytest.approx(expected)
    long = "An exchange with averyveryveryverylongwordthatnobodywouldwrite and more of it, said again and again"
    broken = lines(long, 14, 150, bold, most=4)
    assert len(broken) == 4
    assert broken[-1].endswith("…")
    assert max(width(each, 14, bold) for each in broken) <= 150
    assert lines("x" * 100_000, 14, 150, most=2)[0].startswith("xxx")


def test_colours_are_those_of_the_page() -> None:
    css = (files("ledger.api") / "page/page.css").read_text("utf-8")
    light, dark = css.split("prefers-color-scheme: dark", 1)
    ours = {"captives": "ochre", "prisoners": "violet"}
    for palette, sheet in ((LIGHT, light), (DARK, dark)):
        for name, colour in palette.items():
            side, _, tone = name.partition("-")
            assert f"--{ours.get(side, side)}{f'-{tone}' if tone else ''}: {colour};" in sheet, name


def test_a_title_that_runs_the_other_way_is_set_apart_from_what_stands_around_it(served: Served) -> None:
    title, exchange = "تبادل الأسرى (IL) مرحلة 1.", "RTL-2024"
    publish(served, [opened(41, exchange, title=title), freed(42, 3, exchange=exchange)])
    svg = served.get(f"/v1/exchanges/{exchange}/charts/totals.svg").body.decode()
    assert f"\u2068{title}\u2069</text>" in svg
    assert f"<h1><bdi>{title}</bdi></h1>" in served.get(f"/embed/exchanges/{exchange}/totals").body.decode()


def test_sixty_rounds_are_all_drawn_and_a_frame_of_them_stays_small(served: Served) -> None:
    exchange = "SIXTY-2024"
    legs = [
        each(
            number * 100 + at,
            1 + at % 9,
            exchange=exchange,
            key=f"{each.__name__}{at}",
            round=at,
            **day(f"2024-{1 + at // 28:02}-{1 + at % 28:02}"),
        )
        for at in range(1, 61)
        for number, each in ((900, freed), (901, let_go))
    ]
    publish(served, [opened(51, exchange), *legs])
    svg = served.get(f"/v1/exchanges/{exchange}/charts/rounds.svg").body
    assert [each for each in texts(svg) if each.startswith("Round ")] == [f"Round {n}" for n in range(1, 61)]
    assert len(bars(svg, "captives")) == 60
    for chart in ("rounds", "timeline", "totals"):
        assert len(served.get(f"/embed/exchanges/{exchange}/{chart}", accept_encoding="gzip").body) < 20_000
    wide, tall = size(served.get(f"/v1/exchanges/{exchange}/charts/rounds.png").body)
    assert wide * tall <= 8_010_000


def test_two_hundred_rounds_are_drawn_in_part_and_the_rest_is_counted(served: Served) -> None:
    exchange = "MANY-2024"
    publish(
        served,
        [
            opened(61, exchange),
            *(freed(3000 + at, 1, exchange=exchange, key=f"r{at}", round=at) for at in range(1, 201)),
        ],
    )
    said = texts(served.get(f"/v1/exchanges/{exchange}/charts/rounds.svg").body)
    assert "80 rounds more are not drawn here." in " ".join(said)


# -- pictures --------------------------------------------------------------------------------------


def test_a_picture_has_its_size_is_not_blank_and_differs_when_the_figure_does(demo: Served) -> None:
    then, now = (demo.get(f"{NOVEMBER}/charts/totals.png{query}").body for query in ("?occurred_by=2023-11-25", ""))
    assert size(now)[0] == 1920
    assert colours(now) > 20
    assert then != now
    exchange, figure, other = (
        demo.get(f"{NOVEMBER}/preview.png{query}").body
        for query in ("", "?figure=captives.nationals", "?figure=prisoners.released")
    )
    assert {size(each) for each in (exchange, figure, other)} == {(1200, 630)}
    assert len({exchange, figure, other}) == 3
    assert min(map(colours, (exchange, figure, other))) > 20


def test_the_same_position_gives_the_same_bytes_and_a_tag_that_spares_them(demo: Served) -> None:
    for path in (
        f"{NOVEMBER}/charts/rounds.svg",
        f"{NOVEMBER}/preview.png",
        "/embed/exchanges/IL-HAMAS-2023-11/rounds",
    ):
        first = demo.get(path)
        pinned = first.headers["link"].removeprefix("<").partition(">")[0]
        again = demo.get(pinned)
        assert demo.get(path).body == first.body
        assert size(first.body) == size(again.body) if path.endswith("png") else again.status == 200
        assert demo.get(pinned).body == again.body
        assert demo.get(path, if_none_match=first.headers["etag"]).status == 304
        assert again.headers["cache-control"] == "max-age=86400"


def test_a_chart_names_the_position_at_which_it_is_the_same(demo: Served) -> None:
    svg = demo.get(f"{NOVEMBER}/charts/rounds.svg").body
    found = re.search(r"Position (0:\d+),", " ".join(texts(svg)))
    assert found is not None
    assert demo.get(f"{NOVEMBER}/charts/rounds.svg?position={found[1]}").body == svg


def test_what_is_published_is_in_the_next_frame(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    with serving(url) as server:
        publish(server, [opened(1), freed(2, 3)])
        frame = f"/embed/exchanges/{EXCHANGE}/totals"
        assert "<td>3</td>" in server.get(frame).body.decode()
        publish(server, [freed(3, 5, key="other", round=2)])
        assert "<td>8</td>" in server.get(frame).body.decode()


def test_a_picture_is_paid_for_by_who_asks_and_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    with serving(url, work=100) as server:
        publish(server, [opened(1), freed(2, 3)])
        assert server.get(f"{HERE}/charts/totals.png").status == 200
        assert server.get(f"{HERE}/charts/totals.png").status == 200
        got = [
            server.get(f"{HERE}/preview.png{query}")
            for query in ("", "?figure=captives.released", "?figure=captives.taken")
        ]
        assert [each.status for each in got][-1] in (404, 429)
        assert 429 in [server.get(f"{HERE}/charts/totals.png?occurred_by=2024-03-0{n}").status for n in range(1, 5)]


def test_where_reading_takes_a_token_so_do_charts(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    with serving(url, read="token") as server:
        publish(server, [opened(1), freed(2, 3)])
        for path in (
            f"{HERE}/charts",
            f"{HERE}/preview.png",
            f"/embed/exchanges/{EXCHANGE}/totals",
            f"/oembed?url={HERE}",
        ):
            assert server.get(path).status == 401
        shown = {"authorization": f"Bearer {make_token(url, 'read')}"}
        assert server.get(f"{HERE}/preview.png", **shown).status == 200


# -- frames ----------------------------------------------------------------------------------------


def test_a_public_server_lets_anybody_frame_a_chart_and_a_private_one_pages_of_its_machine(
    demo: Served, tmp_path: Path
) -> None:
    path = "/embed/exchanges/IL-HAMAS-2023-11/totals"
    assert "frame-ancestors http://127.0.0.1:* http://localhost:*" in demo.get(path).headers["content-security-policy"]
    with serving(demo.url, proxy="192.0.2.1") as server:
        headers = server.get(path).headers
        assert headers["content-security-policy"].endswith("frame-ancestors *")
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert server.get(f"{NOVEMBER}/preview.png").headers["cross-origin-resource-policy"] == "cross-origin"
        assert (
            "frame-ancestors 'none'" in server.get(f"{NOVEMBER}/charts/totals.svg").headers["content-security-policy"]
        )


def test_a_frame_that_is_pinned_leads_to_the_page_at_its_position_however_it_was_asked_for_before(demo: Served) -> None:
    path, position = "/embed/exchanges/IL-HAMAS-2023-11/totals", demo.get(NOVEMBER).headers["ledger-position"]
    for query in ("", f"?position={position}", ""):
        page = f'"/exchanges/IL-HAMAS-2023-11/charts/totals{query}"'
        assert demo.get(f"{path}{query}").body.decode().count(page) == 2, query


# -- oEmbed ----------------------------------------------------------------------------------------


def oembed(server: Served, url: str, **more: Any) -> Any:
    query = "".join(f"&{name}={quote(str(value))}" for name, value in more.items())
    return server.get(f"/oembed?url={quote(url, safe='')}{query}")


@pytest.mark.parametrize(
    ("page", "chart", "title"),
    [
        ("", "totals", "totals"),
        ("/charts/timeline", "timeline", "timeline"),
        ("/rounds/3", "rounds", "rounds"),
        ("/figures/captives.nationals", "totals", "captives freed, own nationals"),
    ],
)
def test_oembed_gives_a_frame_for_a_page(demo: Served, page: str, chart: str, title: str) -> None:
    here = f"http://127.0.0.1:{demo.port}"
    said = oembed(demo, f"{here}/exchanges/IL-HAMAS-2023-11{page}?position=0:300", maxwidth=400, maxheight=300).json
    assert (said["version"], said["type"], said["width"], said["height"]) == ("1.0", "rich", 400, 300)
    assert said["title"] == f"Truce and exchange of November 2023: {title}"
    assert f'src="{here}/embed/exchanges/IL-HAMAS-2023-11/{chart}?position=0:300"' in said["html"]
    assert demo.get(said["thumbnail_url"].removeprefix(here)).headers["content-type"] == "image/png"


def test_oembed_refuses_what_is_not_here_and_what_it_does_not_make(demo: Served) -> None:
    here = f"http://127.0.0.1:{demo.port}/exchanges"
    for url in (
        "https://news.example/exchanges/IL-HAMAS-2023-11",
        f"{here}/NOWHERE",
        "",
        "javascript:alert(1)",
        "http://[",
        "http://ex\u2100mple.com/exchanges/IL-HAMAS-2023-11",
        f"{here}/IL-HAMAS/charts/pie",
        f"{here}/IL-HAMAS-2023-11/figures/x",
    ):
        assert oembed(demo, url).status == 404, url
    assert oembed(demo, f"{here}/IL-HAMAS-2023-11", format="xml").status == 501
    assert oembed(demo, f"{here}/IL-HAMAS-2023-11", maxwidth="wide").status == 400
