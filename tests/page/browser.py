"""A real Chromium, and what a test asks of a page in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.tools import lacking

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
EXCHANGE = "IL-HAMAS-2023-11"
WIDE, NARROW = (1280, 900), (390, 844)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; none is fetched."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        lacking("the page was NOT opened in a browser: that needs Chromium (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Tab:
    """A page of the ledger in a tab. `complaints` are all of the console, the scripts and the requests."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self._refusals: tuple[int, ...] = ()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.on("requestfailed", self._failed)

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page itself takes back what it no longer needs
            self._complain(f"{request.url}: {request.failure}")

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self._complain(f"{message.text} {message.location['url']}")

    def _complain(self, text: str) -> None:
        self.complaints.append(text)

    def refused(self, *statuses: int) -> None:
        """The console notes each answer that is a refusal: those of a test are these, and no others."""
        self._refusals = statuses

    def wrong(self) -> list[str]:
        """The complaints that nobody expects."""
        expected = tuple(f"Failed to load resource: the server responded with a status of {n}" for n in self._refusals)
        return [each for each in self.complaints if not expected or not each.startswith(expected)]

    def open(self, path: str = f"exchanges/{EXCHANGE}") -> "Tab":
        """Open a page and wait until it is drawn and follows the ledger."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("html[data-shown]")
        self.page.wait_for_selector("#state.live")
        return self

    def figure(self, name: str) -> str:
        """What the page shows of a figure, as it is first shown."""
        return own_text(self.page.locator(f'[data-figure="{name}"]'))

    def at(self, step: int) -> "Tab":
        """Move the slider, and wait until the page shows that step."""
        self.page.locator("#step").fill(str(step))
        self.page.wait_for_selector(f'html[data-shown="{step}"]')
        return self


def own_text(element: Locator) -> str:
    """The text that is seen, without what only a screen reader says."""
    return str(element.first.evaluate(_OWN_TEXT)).strip()


_OWN_TEXT = """(element) => {
  const copy = element.cloneNode(true);
  copy.querySelectorAll(".unseen").forEach((each) => each.remove());
  return copy.textContent;
}"""


@contextmanager
def opened(browser: Browser, address: str, size: tuple[int, int] = WIDE, **options: Any) -> Iterator[Tab]:
    """A tab with a profile of its own. Fails if anything complained but of what the test names with `refused`."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    context.set_default_timeout(10_000)
    tab = Tab(context.new_page(), address)
    try:
        yield tab
        wrong = tab.wrong()
        assert not wrong, wrong
    finally:
        context.close()
