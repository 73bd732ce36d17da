// Which page is shown, by its address; what is followed there; and what a press of a link does.

import { placeOf } from "./address.js";
import { byId } from "./dom.js";
import { follow } from "./ledger.js";
import { showProblem } from "./notices.js";
import "./search.js";

// Each is loaded when it is first opened. It opens as an address says and answers with what to follow from there: a stream,
// and since when; `take` is told what comes.
const PAGES = { front: () => import("./front.js"), exchange: () => import("./exchange.js"), changes: () => import("./changes.js") };

let shown = null; // the page that is open
let starting = null;
let stop = () => {};

const report = (error) => error?.name !== "AbortError" && showProblem(error, start, placeOf(location).subject);

async function start() {
  const place = (starting = placeOf(location));
  stop();
  byId("problem").hidden = true;
  try {
    const page = await (PAGES[place.page] ?? PAGES.front)();
    if (starting !== place) return;
    if (shown !== page) shown?.close();
    shown = page;
    const followed = await page.open(place);
    if (!followed || starting !== place) return;
    const told = (...given) => page.take(...given)?.catch?.(report);
    stop = follow(followed.stream, followed.since, { told, state: connected, lost: page.reread });
  } catch (error) {
    if (starting === place) report(error);
  }
}

function connected(isConnected) {
  const shown = byId("state");
  shown.hidden = false;
  shown.className = isConnected ? "state live" : "state lost";
  const text = isConnected ? "Live" : "Connection lost. Trying again …";
  if (shown.textContent !== text) shown.textContent = text;
}

// Go to a page of this server as its address says, without loading anything of what is there already.
export async function goTo(address) {
  const place = placeOf(address);
  if (shown?.isOver?.(place) && place.kind) return shown.openOver(place, address.href);
  history.pushState(null, "", address.href);
  scrollTo(0, 0);
  await start();
  byId("main").focus({ preventScroll: true });
}

addEventListener("popstate", ({ state }) => {
  const place = placeOf(location);
  if (shown?.isOver?.(place, state?.over)) shown.showPlace(place);
  else start();
});

const isPlain = (event) => event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.defaultPrevented);

document.addEventListener("click", (event) => {
  if (!isPlain(event)) return;
  const opener = event.target.closest("[data-events], a[href]");
  if (opener?.dataset.events) return shown.openEvidence(opener.dataset);
  if (opener?.matches(".skip")) {
    event.preventDefault(); // without an entry in the history, which is that of pages
    return byId("main").focus();
  }
  if (!opener || opener.hash || opener.download || opener.target || !placeOf(opener).page) return;
  event.preventDefault();
  goTo(opener);
});

addEventListener("unhandledrejection", ({ reason }) => report(reason));

history.replaceState(null, "", location.href);
start();
