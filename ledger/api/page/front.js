// The front page: every process and exchange with its figures, the latest first.

import { changesPage, here, pageOf } from "./address.js";
import { byId, entitle, h, replace, whenSeen } from "./dom.js";
import { address, read, readAt } from "./ledger.js";
import { closeNotice, showEmpty } from "./notices.js";
import { download, hedged, missing } from "./parts.js";
import { bounds, capital, date, dates, divided, estimate, isDefined, plural, ratio, SIDES } from "./words.js";

const MANY = 12; // from so many exchanges on there is a field to look for one
const QUIET_MS = 150;

const root = byId("front");
let known = null; // the tallies of all exchanges and processes, by their ids
let unseen = [];

// -- opening and following -------------------------------------------------------------------------

export async function open() {
  byId("main").setAttribute("aria-busy", "true");
  const position = await reread();
  return { stream: "/v1/stream/tallies", since: position };
}

export async function reread() {
  const { body, position } = await readAt("/v1/exchanges");
  known = { exchanges: byName(body.exchanges), processes: byName(body.processes) };
  draw();
  return position;
}

export function close() {
  known = null;
  unseen.forEach((stop) => stop());
  root.hidden = true;
}

const byName = (tallies) => new Map(tallies.map((tally) => [tally.exchange, tally]));

let waiting = null;
const stale = new Set(); // processes of which an exchange has changed

// A tally as it is now; the sums of its process are asked for, once for all that came together.
export async function take(tally) {
  known.exchanges.set(tally.exchange, tally);
  if (tally.process) stale.add(tally.process);
  waiting ??= new Promise((resolve) => setTimeout(resolve, QUIET_MS)).then(update);
  return waiting;
}

async function update() {
  waiting = null;
  const processes = [...stale].filter((process) => members(process).length > 1);
  stale.clear();
  const sums = await Promise.all(processes.map((process) => read(address(process))));
  if (!known) return;
  for (const sum of sums) known.processes.set(sum.exchange, sum);
  draw();
}

const members = (process) => [...known.exchanges.values()].filter((tally) => tally.process === process);

// -- drawing ---------------------------------------------------------------------------------------

function draw() {
  byId("main").removeAttribute("aria-busy");
  if (!known.exchanges.size) return showEmpty();
  closeNotice();
  entitle();
  unseen.forEach((stop) => stop());
  unseen = [];
  replace(root, top(), h("div", { id: "all" }, groups().map(group)), foot());
  root.hidden = false;
  document.documentElement.dataset.shown = "front";
  filter();
}

const latest = (tallies) => tallies.toSorted((a, b) => (b.last ?? "").localeCompare(a.last ?? "") || b.events - a.events || a.exchange.localeCompare(b.exchange));

// The exchanges of each process that has several, under its sums; all others by themselves.
function groups() {
  const all = [...known.exchanges.values()], processes = [...known.processes.values()];
  const summed = new Set(processes.map(({ exchange }) => exchange));
  const alone = all.filter(({ process }) => !summed.has(process));
  const found = processes.map((sum) => ({ sum, tallies: latest(members(sum.exchange)) }));
  return [...latest(found.map(({ sum }) => sum)).map((sum) => found.find((each) => each.sum === sum)), ...(alone.length ? [{ sum: null, tallies: latest(alone) }] : [])];
}

function top() {
  const all = [...known.exchanges.values()];
  const events = all.reduce((sum, tally) => sum + tally.events, 0);
  return [
    h("h1", {}, "Exchanges of captives and prisoners"),
    h("p", { class: "standfirst" }, `${capital(plural(all.length, "exchange"))}, from ${plural(events, "recorded event")}. Every figure is a sum of attributed claims, and opens down to them. `, h("a", { href: changesPage() }, "What was corrected"), "."),
    all.length > MANY && h("p", { class: "filter" },
      h("label", { for: "filter" }, "Show only"), h("input", { type: "search", id: "filter", "data-key": "filter", autocomplete: "off", spellcheck: "false", value: filtered, input: ({ target }) => { filtered = target.value; filter(); } }),
      h("output", { for: "filter", id: "filter-says" })),
  ].flat();
}

const foot = () => h("p", { class: "take-all" }, "All totals as ", download("/v1/exchanges.csv", "exchanges.csv", "CSV", "all totals"), " or ", h("a", { href: here("/v1/exchanges") }, "JSON"), ".");

let filtered = "";

// Hide what does not have the words that are written.
function filter() {
  const words = filtered.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const section of root.querySelectorAll("section")) {
    let isThere = false;
    for (const row of section.querySelectorAll("tbody tr[data-words]")) {
      row.hidden = !words.every((word) => row.dataset.words.includes(word));
      isThere ||= !row.hidden;
      count += row.hidden ? 0 : 1;
    }
    section.hidden = !isThere;
  }
  if (byId("filter-says")) byId("filter-says").textContent = words.length ? `${plural(count, "exchange")} found` : "";
}

// -- an exchange in a row --------------------------------------------------------------------------

const column = (kind, text) => h("th", { class: kind, scope: "col", role: "columnheader" }, text);
const cell = (kind, label, ...children) => h("td", { class: kind, role: "cell", "data-label": label }, children);

function group({ sum, tallies }, index) {
  const hasHeld = [...tallies, sum].some((tally) => tally && SIDES.some((side) => tally[side].held));
  const title = sum ? (sum.title ?? sum.exchange) : index ? "Other exchanges" : "Exchanges";
  return h(
    "section",
    { "aria-labelledby": `group-${index}` },
    h("div", { class: "heading" },
      h("h2", { id: `group-${index}` }, sum ? h("a", { href: pageOf(sum.exchange) }, h("bdi", {}, title)) : title),
      sum && h("p", { class: "kicker" }, `Process of ${plural(tallies.length, "exchange")}`)),
    h("table", { class: "index", role: "table", "aria-labelledby": `group-${index}` },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, column("", "Exchange"), SIDES.map((side) => column(`freed ${side}`, `${capital(side)} freed`)), hasHeld && column("held", "Still held"), column("ratio", "Deal’s ratio"), column("changed-at", "Last recorded"))),
      h("tbody", { role: "rowgroup" }, tallies.map((tally) => row(tally, hasHeld))),
      sum && h("tfoot", { role: "rowgroup" }, row(sum, hasHeld, "All together"))),
  );
}

function row(tally, hasHeld, called = null) {
  const { exchange, title, process, ratios: { deal } } = tally;
  return h(
    "tr",
    { role: "row", "data-words": called ? null : `${exchange} ${title ?? ""} ${process ?? ""} ${dates(tally)}`.toLowerCase() },
    h("th", { scope: "row", role: "rowheader" },
      h("a", { href: pageOf(exchange) }, h("bdi", {}, called ?? title ?? exchange)),
      h("span", { class: "when" }, [dates(tally), !called && title && exchange].filter(Boolean).join(" · "))),
    SIDES.map((side) => cell(`freed ${side}`, `${capital(side)} freed`, figure(tally, side, "released"))),
    hasHeld && cell("held", "Still held", held(tally)),
    cell("ratio", "Deal’s ratio", called ? null : isDefined(deal) ? h("span", { class: "number", title: divided(deal) }, hedged(ratio(deal))) : nothing()),
    cell("changed-at", "Last recorded", recorded(tally)),
  );
}

const nothing = () => h("span", { class: "missing" }, "–", h("span", { class: "unseen" }, "undefined"));

function figure(tally, side, name) {
  const value = tally[side][name];
  if (!value) return missing();
  return [
    h("a", { class: "figure", href: pageOf(tally.exchange, "", "figures", `${side}.${name}`), "data-key": `front-${tally.exchange}-${side}-${name}` }, hedged(estimate(value)), h("span", { class: "unseen" }, ` ${side} ${name === "held" ? "held" : "freed"}`)),
    bounds(value) && h("span", { class: "bounds" }, ` ${bounds(value)}`),
  ];
}

function held(tally) {
  const sides = SIDES.filter((side) => tally[side].held);
  return sides.length ? sides.map((side) => h("span", { class: "of" }, figure(tally, side, "held"), ` ${side}`)) : missing();
}

// When its last event was recorded, which the event itself tells: asked for once its row is seen, and kept by the browser.
function recorded({ through, events }) {
  const at = h("time", {}, "…");
  if (through) unseen.push(whenSeen(at, async () => {
    const record = await read(`/v1/events/${through}`).catch(() => null);
    if (!record) return at.replaceChildren("–");
    at.dateTime = record.recorded_at;
    at.replaceChildren(date(record.recorded_at.slice(0, 10)));
  }));
  return [through && at, h("span", { class: "when" }, plural(events, "event"))];
}
