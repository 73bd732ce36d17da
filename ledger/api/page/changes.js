// What changed: corrections apart from growth, on a page of its own, by one event, and as a section of an exchange.

import { changesPage, here, pageOf } from "./address.js";
import { byId, entitle, h, replace, whenSeen } from "./dom.js";
import { read, readAt } from "./ledger.js";
import { closeNotice } from "./notices.js";
import { heading } from "./parts.js";
import { date, number, plural } from "./words.js";

const FEED = "/v1/changes.atom";
const GROWTH_SHOWN = 20;
const KINDS = {
  correction: ["Corrections", "What was said is withdrawn, replaced or decided otherwise."],
  late: ["Recorded late", "It happened before what was counted already, and was not known here."],
  update: ["Updates", "What was said was true then, and is no longer."],
  source: ["Other sources", "What counts now rests on the word of another source."],
  growth: ["Growth", "What happened since, or was counted for the first time."],
};
const TOLD = Object.keys(KINDS).filter((kind) => kind !== "growth");

const root = byId("changes");
let shown = null; // the event, or null for all

// -- the page --------------------------------------------------------------------------------------

export async function open({ item }) {
  shown = item;
  byId("main").setAttribute("aria-busy", "true");
  const position = await reread();
  return { stream: (since) => `/v1/stream/tallies?since=${since ?? ""}`, since: position };
}

export async function reread() {
  const asked = shown;
  const { body, position } = await readAt(asked ? `/v1/changes/${encodeURIComponent(asked)}` : "/v1/changes");
  if (shown !== asked) return null;
  byId("boot").hidden = true;
  byId("main").removeAttribute("aria-busy");
  closeNotice();
  replace(root, asked ? oneEvent(body) : all(body));
  root.hidden = false;
  entitle(asked ? body.title : "What changed");
  document.documentElement.dataset.shown = "changes";
  return position ?? "now";
}

export function close() {
  root.hidden = true;
}

let waiting = null;

export function take() {
  if (shown === null) waiting ??= new Promise((resolve) => setTimeout(resolve, 300)).then(() => { waiting = null; return reread(); });
  return waiting;
}

const feed = (exchange = null) =>
  h("a", { href: here(`${FEED}${exchange ? `?exchange=${encodeURIComponent(exchange)}` : ""}`), type: "application/atom+xml" }, "Follow corrections (Atom feed)");

const since = ({ since: from }) => (from.recorded ? ` since ${date(from.recorded.slice(0, 10))}` : "");

function all(view) {
  return [
    h("h1", {}, "What changed"),
    h("p", { class: "standfirst" }, `${told(view)}${since(view)}. `, feed(), "."),
    ...lists(view, true),
  ];
}

function told({ changes, sources }) {
  const corrected = new Set(changes.filter(({ kind }) => kind !== "growth").flatMap(({ events }) => events.map(({ event }) => event)));
  return corrected.size + sources.length ? `${plural(corrected.size + sources.length, "event")} changed what had been said before` : "Nothing that had been said before was changed";
}

// -- one event -------------------------------------------------------------------------------------

function oneEvent(view) {
  const { event, exchange, kind, title, recorded, source, changes, sources, notes } = view;
  const told = notes.filter((note) => note.kind !== "growth");
  return [
    h("p", { class: "kicker" }, kind ? KINDS[kind][0] : "No figure moved", ` · recorded ${date(recorded.slice(0, 10))} · `, h("a", { href: pageOf(exchange) }, exchange)),
    h("h1", {}, h("bdi", {}, title)),
    source && h("p", { class: "standfirst" }, "Source: ", h("bdi", {}, source.publisher), source.published && `, ${date(source.published)}`, ". ", h("a", { href: pageOf(exchange, "", "claims", event) }, "The claim itself"), "."),
    told.map((note) => h("div", { class: "note-of" }, [note.head, ...note.because].map((text) => h("p", {}, h("bdi", {}, text))), note.hence.length > 0 && h("ul", {}, note.hence.map((text) => h("li", {}, h("bdi", {}, text)))))),
    ...lists({ changes, sources }, false, false),
    h("p", { class: "actions" }, h("a", { href: changesPage() }, "All changes"), feed(exchange)),
  ];
}

// -- lists -----------------------------------------------------------------------------------------

// What each event did, the latest first; growth apart, and not all of it at once.
function lists({ changes, sources }, hasExchange, isLinked = true) {
  return Object.entries(KINDS).flatMap(([kind, [title, meaning]]) => {
    const found = byEvent(kind === "source" ? sources : changes.filter((change) => change.kind === kind));
    if (!found.length) return [];
    const items = (some) => h("ul", { class: "changes" }, some.map((each) => item(each, hasExchange, isLinked)));
    const body = kind === "growth" && isLinked
      ? h("details", { "data-key": `changes-${kind}` }, h("summary", {}, `${plural(found.length, "event")} that added to the figures`), items(found.slice(0, GROWTH_SHOWN)), found.length > GROWTH_SHOWN && h("p", { class: "none" }, `And ${number(found.length - GROWTH_SHOWN)} before them.`))
      : items(found);
    return [h("section", { class: `changes-of ${kind}` }, h("h3", {}, title, h("small", {}, ` ${meaning}`)), body)];
  });
}

function byEvent(changes) {
  const found = new Map();
  for (const change of changes) {
    const cause = change.events.at(-1);
    const key = cause?.event ?? change.title;
    if (!found.has(key)) found.set(key, { cause, exchange: change.exchange, titles: [] });
    found.get(key).titles.push(change.title);
  }
  return [...found.values()].sort((a, b) => (b.cause?.recorded ?? "").localeCompare(a.cause?.recorded ?? ""));
}

const SHOWN = 3;

function item({ cause, exchange, titles }, hasExchange, isLinked) {
  const rest = titles.slice(SHOWN);
  const list = (some) => h("ul", { class: "moved" }, some.map((title) => h("li", {}, h("bdi", {}, title))));
  return h("li", {},
    list(isLinked ? titles.slice(0, SHOWN) : titles),
    isLinked && rest.length > 0 && h("details", {}, h("summary", {}, `and ${plural(rest.length, "other figure")}`), list(rest)),
    cause && h("p", { class: "detail" }, hasExchange && [h("a", { href: pageOf(exchange) }, exchange), " · "], h("bdi", {}, cause.publisher), ` · recorded ${date(cause.recorded.slice(0, 10))}`,
      (cause.why ?? cause.reason) && [" · ", h("bdi", {}, cause.why ?? cause.reason)],
      isLinked && [" · ", h("a", { href: changesPage(cause.event) }, "What it changed")]));
}

// -- the section of an exchange --------------------------------------------------------------------

let unwanted = () => {};

// Asked for once it comes into sight: it changes with every event, and few look at it.
export function changed(section, { exchange, members, step, total, cut }) {
  unwanted();
  const isOfNow = step >= total && !cut;
  if (members || !isOfNow) return void (section.hidden = true);
  section.hidden = false;
  if (section.dataset.of !== exchange) replace(section, heading("changed-title", "What changed"), h("p", { class: "loading" }, "…"));
  section.dataset.of = exchange;
  let isWanted = true;
  const unseen = whenSeen(section, async () => {
    const view = await read(`/v1/changes?exchange=${encodeURIComponent(exchange)}`).catch(() => null);
    if (!isWanted) return;
    section.hidden = !view;
    if (view) replace(section, heading("changed-title", "What changed", feed(exchange)), h("p", { class: "says" }, `${told(view)}.`), ...lists(view, false));
  });
  unwanted = () => {
    isWanted = false;
    unseen();
  };
}
