"""The proof of a figure, downloaded from the panel of its claims."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from ledger.proof.keys import Keyring
from replay.figure_proof import verify_figure
from tests.api.serving import make_token, serving
from tests.cli.run import Ran, ledger
from tests.history.bundled import last_claim
from tests.page.browser import EXCHANGE, Tab, opened
from tests.page.conftest import address

EARLIER = last_claim(EXCHANGE, "r5-thai")


class Kept(NamedTuple):
    """What the keeper of a ledger has: a folder of proofs, and the key by which others check them."""

    folder: Path
    keyring: Keyring


@pytest.fixture
def kept(url: str, tmp_path: Path) -> Kept:
    """A proof of every figure of the exchange, as it is and as it was after an earlier event, made by the commands."""
    for name in ("checkpoints", "proofs"):
        (tmp_path / name).mkdir()
    key = keeper(tmp_path, url, "keygen", "example.org/ledger", "--to", "key").out
    keeper(tmp_path, url, "checkpoint", "--key", "key", "--to", "checkpoints")
    prove = ("prove", EXCHANGE, "--key", "key", "--checkpoints", "checkpoints", "--to", "proofs")
    keeper(tmp_path, url, *prove)
    keeper(tmp_path, url, *prove, "--through", EARLIER[:13])
    return Kept(tmp_path / "proofs", Keyring.parse(key))


def keeper(here: Path, url: str, *words: str) -> Ran:
    done = ledger(here, *words, program="replay", LEDGER_LOG=url)
    assert done.code == 0, done.err
    return done


def downloaded(tab: Tab, figure: str) -> str:
    """The proof that the panel of a figure offers, as its file says."""
    tab.page.locator(f'[data-figure="{figure}"]').first.click()
    link = tab.page.locator("dialog[open]").get_by_role("link", name=re.compile("^Signed proof"))
    expect(link).to_be_visible()
    with tab.page.expect_download() as found:
        link.click()
    tab.page.keyboard.press("Escape")
    assert found.value.suggested_filename.startswith(f"{EXCHANGE}-")
    return found.value.path().read_text()


def test_the_panel_of_a_figure_offers_its_proof(browser: Browser, url: str, kept: Kept) -> None:
    with serving(url, proofs=kept.folder) as server, opened(browser, address(server)) as tab:
        tab.open(f"exchanges/{EXCHANGE}")
        figure, _ = verify_figure(downloaded(tab, "captives.nationals"), kept.keyring)
        assert (figure.figure, figure.value.best, figure.cut.through) == ("captives.nationals", 81, None)
        tab.open(f"exchanges/{EXCHANGE}?through={EARLIER}")
        figure, _ = verify_figure(downloaded(tab, "prisoners.released"), kept.keyring)
        assert (figure.value.best, figure.cut.through) == (150, EARLIER)


def test_where_reading_takes_a_token_the_proof_is_downloaded_with_it(browser: Browser, url: str, kept: Kept) -> None:
    with serving(url, proofs=kept.folder, read="token") as server, opened(browser, address(server)) as tab:
        tab.page.goto(f"{tab.address}exchanges/{EXCHANGE}")
        tab.page.get_by_label("Token").fill(make_token(url, "read"))
        tab.refused(401)
        tab.page.get_by_role("button", name="Read").click()
        tab.page.wait_for_selector("#state.live")
        assert verify_figure(downloaded(tab, "captives.nationals"), kept.keyring)[0].value.best == 81


def test_where_no_proof_is_offered_there_is_no_link(tab: Tab) -> None:
    tab.open(f"exchanges/{EXCHANGE}")
    tab.page.locator('[data-figure="captives.nationals"]').first.click()
    panel = tab.page.locator("dialog[open]")
    expect(panel.locator("ol.claims > li").first).to_be_visible()
    assert panel.get_by_text("Signed proof").count() == 0
