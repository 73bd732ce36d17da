// The table of contents: the sections that there are, and which of them is being read.

import { byId, h } from "./dom.js";

const NAMES = { lead: "Totals", exchanges: "Exchanges", rounds: "Rounds", pauses: "Pauses", promises: "Promises", talks: "Talks", disputes: "Differences", changed: "Changes", also: "More" };

const nav = byId("contents");
let isWaiting = false;

// After each change of the sections.
export function contents() {
  const there = Object.keys(NAMES).filter((id) => !byId(id).hidden);
  if (nav.dataset.told !== there.join()) {
    nav.dataset.told = there.join();
    nav.replaceChildren(h("ul", {}, there.map((id) => h("li", {}, h("a", { href: `#${id}` }, NAMES[id])))));
  }
  nav.hidden = there.length < 2;
  mark();
}

// The section under the line below this table; the last one at the end of the page, however short it is.
function reading() {
  const line = nav.getBoundingClientRect().bottom + 0.2 * innerHeight;
  const shown = [...nav.querySelectorAll("a")];
  const isAtEnd = scrollY > 0 && innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
  return isAtEnd ? shown.at(-1) : shown.findLast((link) => target(link).getBoundingClientRect().top <= line) ?? shown[0];
}

const target = (link) => byId(link.hash.slice(1));

function mark() {
  isWaiting = false;
  const [before, now] = [nav.querySelector("[aria-current]"), reading()];
  if (before === now || !now) return;
  before?.removeAttribute("aria-current");
  now.setAttribute("aria-current", "location");
  const row = nav.firstElementChild; // on a phone it is moved itself, and never the page
  row.scrollTo({ left: now.offsetLeft - row.offsetLeft - (row.clientWidth - now.offsetWidth) / 2 });
}

addEventListener("scroll", () => {
  if (isWaiting || nav.hidden) return;
  isWaiting = true;
  requestAnimationFrame(mark);
}, { passive: true });

// A link within the page moves the sight and the focus, and makes no entry in the history, which is that of exchanges.
document.addEventListener("click", (event) => {
  const link = event.target.closest('main a[href^="#"], nav a[href^="#"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const to = target(link);
  const title = to.matches("section") ? to.querySelector("h1, h2") : to;
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  to.scrollIntoView();
  history.replaceState(history.state, "", link.hash);
});
