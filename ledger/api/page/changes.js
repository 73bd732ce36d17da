// What changed: corrections apart from growth, on a page of its own, by one event, and as a section of an exchange.

import { changesPage, here, pageOf } from "./address.js";
import { byId, entitle, h, replace } from "./dom.js";
import { read, text } from "./ledger.js";
import { closeNotice } from "./notices.js";
import { heading } from "./parts.js";
import { date, plural } from "./words.js";

const FEED = "/v1/changes.atom";
const SHOWN = 20; // of those of one kind, before somebody asks for all
const SHOWN_BELOW = 6; // and as a section of an exchange
const QUIET_MS = 300;
const KINDS = {
  correction: { title: "Corrections", one: "Correction", meaning: "What was said is withdrawn, replaced or decided otherwise." },
  late: { title: "Recorded late", one: "Recorded late", meaning: "It happened before what was counted already, and was not known here." },
  update: { title: "Updates", one: "Update", meaning: "What was said was true then, and is no longer." },
  source: { title: "Other sources", one: "Another source", meaning: "What counts now rests on the word of another source." },
  growth: { title: "Growth", one: "Growth", meaning: "What happened since, or was counted for the first time." },
};

const root = byId("changes");
let shown = {}; // the event of which the page is, or the exchange; neither for all of them

// -- the page --------------------------------------------------------------------------------------

export async function open({ item, parameters }) {
  shown = { event: item, exchange: parameters.get("exchange") };
  byId("main").setAttribute("aria-busy", "true");
  await reread();
  return { stream: "/v1/stream/tallies", since: "now" };
}

export async function reread() {
  const asked = shown;
  const found = asked.event ? await read(`/v1/changes/${encodeURIComponent(asked.event)}`) : await told(asked.exchange);
  if (shown !== asked) return null;
  byId("main").removeAttribute("aria-busy");
  closeNotice();
  root.hidden = false; // from here on what is told is not below another heading
  replace(root, asked.event ? oneEvent(found) : all(found, asked.exchange));
  entitle(asked.event ? found.title : "What changed");
  document.documentElement.dataset.shown = "changes";
  return null;
}

export function close() {
  root.hidden = true;
}

let waiting = null;

// Something was recorded: what it changed is asked for once, for all that came together.
export function take() {
  if (!shown.event) waiting ??= new Promise((resolve) => setTimeout(resolve, QUIET_MS)).then(() => { waiting = null; return reread(); });
  return waiting;
}

const all = (found, exchange) => [
  exchange && h("p", { class: "kicker" }, h("a", { href: pageOf(exchange) }, exchange)),
  h("h1", {}, "What changed"),
  h("p", { class: "standfirst" }, summary(found), " ", follow(exchange), "."),
  lists(found, !exchange),
  growth(exchange),
];

const summary = (found) => (found.length ? `${plural(found.length, "event")} changed what had been said before.` : "Nothing that had been said before was changed.");

const follow = (exchange = null) => h("a", { href: here(feedOf(exchange)), type: "application/atom+xml", class: "feed" }, "Follow corrections (Atom feed)");

// -- the feed --------------------------------------------------------------------------------------

const feedOf = (exchange, kind = null) => {
  const query = `${new URLSearchParams({ ...(exchange && { exchange }), ...(kind && { kind }) })}`;
  return FEED + (query && `?${query}`);
};

// What the entries of the feed tell, each as text; the latest first.
async function told(exchange = null, kind = null) {
  const feed = new DOMParser().parseFromString(await text(feedOf(exchange, kind)), "application/xml");
  return [...feed.querySelectorAll("entry")].map((entry) => {
    const said = (selector) => entry.querySelector(selector)?.textContent ?? null;
    const term = (scheme) => entry.querySelector(`category[scheme="urn:exchange-ledger:${scheme}"]`)?.getAttribute("term");
    return { event: said("id").split(":").at(-1), title: said("title"), recorded: said("updated"), publisher: said("author > name"), kind: term("change"), exchange: term("exchange") };
  });
}

function lists(found, hasExchange, most = SHOWN) {
  return Object.entries(KINDS).map(([kind, { title, meaning }]) => {
    const some = found.filter((each) => each.kind === kind);
    const rest = some.slice(most);
    return some.length > 0 && part(kind, title, meaning, items(some.slice(0, most), hasExchange),
      rest.length > 0 && h("details", { "data-key": `more-${kind}` }, h("summary", {}, `${plural(rest.length, "event")} before`), items(rest, hasExchange)));
  });
}

const part = (kind, title, meaning, ...content) => h("div", { class: "changes-of", "data-kind": kind }, h(root.hidden ? "h3" : "h2", { class: "label" }, title, h("small", {}, ` ${meaning}`)), content);

const items = (found, hasExchange) => h("ul", { class: "changes" }, found.map(({ event, title, recorded, publisher, exchange }) =>
  h("li", {},
    h("a", { class: "what", href: changesPage(event) }, h("bdi", {}, title.replace(` (${exchange})`, ""))),
    h("p", { class: "detail" }, publisher && [h("bdi", {}, publisher), " · "], `recorded ${date(recorded.slice(0, 10))}`, hasExchange && [" · ", h("a", { href: pageOf(exchange) }, exchange)]))));

// By far the most, and asked for when somebody opens it.
function growth(exchange) {
  const details = h("details", { "data-key": `growth-${exchange}`, toggle: tell }, h("summary", {}, "What was added last"), h("p", { class: "loading" }, "Reading …"));
  async function tell() {
    if (!details.open || details.dataset.told) return;
    details.dataset.told = true;
    const found = await told(exchange, "growth");
    details.lastElementChild.replaceWith(found.length ? items(found.slice(0, SHOWN), !exchange) : h("p", { class: "none" }, "Nothing."));
  }
  return part("growth", KINDS.growth.title, KINDS.growth.meaning, details);
}

// -- one event -------------------------------------------------------------------------------------

function oneEvent({ event, exchange, kind, title, recorded, source, changes, sources, notes }) {
  const moved = (wanted) => [...changes, ...sources].filter((change) => change.kind === wanted).map((change) => change.title);
  return [
    h("p", { class: "kicker" }, kind ? KINDS[kind].one : "No figure moved", ` · recorded ${date(recorded.slice(0, 10))} · `, h("a", { href: pageOf(exchange) }, exchange)),
    h("h1", {}, h("bdi", {}, title.replace(` (${exchange})`, ""))),
    source && h("p", { class: "standfirst" }, "Source: ", h("bdi", {}, source.publisher), source.published && `, ${date(source.published)}`, ". ", h("a", { href: pageOf(exchange, "", "claims", event) }, "The claim itself"), "."),
    notes.filter((note) => note.kind !== "growth").map(printed),
    Object.entries(KINDS).map(([name, { title: head, meaning }]) => moved(name).length > 0 && part(name, head, meaning, figures(moved(name), notes))),
    h("p", { class: "actions" }, h("a", { href: changesPage() }, "All changes"), follow(exchange)),
  ];
}

// Where it is told in words that can be printed, every figure that moved is one press away.
function figures(titles, notes) {
  const list = h("ul", { class: "moved" }, titles.map((text) => h("li", {}, h("bdi", {}, text))));
  return notes.length && titles.length > 1 ? h("details", {}, h("summary", {}, `All ${plural(titles.length, "figure")} that moved`), list) : list;
}

const printed = ({ head, because, hence }) =>
  h("div", { class: "note-of" }, [head, ...because].map((text) => h("p", {}, h("bdi", {}, text))), hence.length > 0 && h("ul", {}, hence.map((text) => h("li", {}, h("bdi", {}, text)))));

// -- the section of an exchange --------------------------------------------------------------------

// What was corrected in an exchange; null where this server does not tell.
export async function sectionOf(exchange) {
  const found = await told(exchange).catch(() => null);
  return found && [heading("changed-title", "What changed", follow(exchange)), h("p", { class: "says" }, summary(found)), lists(found, false, SHOWN_BELOW), growth(exchange)];
}
