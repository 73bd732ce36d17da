// The page: which exchange, up to which event, and what follows when the ledger changes.

import { also } from "./also.js";
import { closePanel, openEvents, openFigure } from "./claims.js";
import { disputes } from "./disputes.js";
import { byId, h, replace } from "./dom.js";
import { address, events as eventsOf, follow, read, readAt, useToken } from "./ledger.js";
import { pauses } from "./pauses.js";
import { promises } from "./promises.js";
import { replay } from "./replay.js";
import { rounds } from "./rounds.js";
import { talks } from "./talks.js";
import { lead } from "./totals.js";
import { capital, date, estimate, human, number, plural } from "./words.js";

const VIEWS = { tally: "", rounds: "rounds", terms: "terms", positions: "positions", pauses: "pauses", stated: "stated", claims: "claims", explain: "explain" };
const SECTIONS = { lead, rounds, pauses, promises, talks, disputes, also };
const RECORDED_BY = { captives: "captives_", prisoners: "prisoners_", remains: "remains_" };
const CACHED_STEPS = 200;
const QUIET_MS = 700;

const state = { exchanges: [], exchange: null, records: [], reached: null, step: 0, context: null };
let following = false;
let asking = null; // the controller of the views that are being read

// -- reading ---------------------------------------------------------------------------------------

const cached = new Map();

async function viewsAt(exchange, through, signal) {
  const key = `${exchange} ${through}`;
  if (through && cached.has(key)) return cached.get(key);
  const bodies = await Promise.all(Object.values(VIEWS).map((view) => read(address(exchange, view, "", through), signal)));
  const views = Object.fromEntries(Object.keys(VIEWS).map((name, index) => [name, bodies[index]]));
  if (through) {
    if (cached.size >= CACHED_STEPS) cached.delete(cached.keys().next().value);
    cached.set(key, views);
  }
  return views;
}

// All that the sections draw from: the views at one step, and the events up to it.
function contextOf(views, step, through) {
  const records = state.records.slice(0, step);
  const events = new Map(records.map((record) => [record.event.id, record]));
  const names = new Map(state.records.filter(({ event }) => event.type === "party_registered").map(({ event }) => [event.party, event.name]));
  const opened = records.findLast(({ event }) => event.type === "exchange_opened")?.event;
  const types = new Set(views.claims.flatMap(({ claims }) => claims.filter(({ adopted }) => adopted).map(({ type }) => type)));
  return {
    ...views,
    exchange: state.exchange,
    figures: new Map(views.explain.map(({ figure, value }) => [figure, value])),
    events,
    step,
    total: state.records.length,
    through,
    nationals: opened?.nationals ?? [],
    name: (party) => names.get(party) ?? capital(human(party)),
    recorded: (figure) => isRecorded(figure, views, types),
  };
}

// A zero that no claim states is no zero: nothing is recorded.
function isRecorded(figure, { explain }, types) {
  const value = explain.find((each) => each.figure === figure)?.value;
  if (!value) return false;
  if (value.high !== 0) return true;
  const prefix = RECORDED_BY[figure.split(".")[0]];
  if (figure === "captives.released") return types.has("captives_released");
  return prefix ? [...types].some((type) => type.startsWith(prefix) && type.endsWith(figure.split(".").at(-1))) : true;
}

// -- showing ---------------------------------------------------------------------------------------

const slider = replay(byId("replay"), (step) => showStep(step));

async function showExchange(exchange, wanted = null) {
  state.exchange = exchange;
  slider.stop();
  const { records, reached } = await eventsOf(exchange);
  if (state.exchange !== exchange) return;
  Object.assign(state, { records, reached });
  const found = wanted ? records.findIndex(({ event }) => event.id.startsWith(wanted)) : -1;
  await showStep(found < 0 ? records.length : found + 1);
}

async function showStep(step) {
  const { exchange, records } = state;
  const isLatest = step >= records.length;
  state.step = step;
  asking?.abort();
  const controller = (asking = new AbortController());
  const through = isLatest ? null : records[step - 1].event.id;
  let views;
  try {
    views = await viewsAt(exchange, through, controller.signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    throw error;
  }
  if (asking !== controller) return;
  draw(contextOf(views, step, through));
}

function draw(context) {
  state.context = context;
  for (const [id, section] of Object.entries(SECTIONS)) {
    const content = section(context);
    byId(id).hidden = content === null;
    replace(byId(id), content ?? []);
  }
  slider.show(state.records, context.step, context.name);
  drawChooser();
  drawAddress();
  about(context);
  document.title = `${context.tally.title ?? context.exchange} – Exchange ledger`;
  byId("boot").hidden = byId("problem").hidden = true;
  byId("page").hidden = false;
  document.documentElement.dataset.shown = context.step;
  sayLater(context);
}

function drawChooser() {
  const select = byId("exchange");
  const options = state.exchanges.map(({ exchange, title, events }) => [exchange, `${title ?? exchange} (${plural(events, "event")})`]);
  const told = JSON.stringify(options);
  if (select.dataset.told !== told) {
    select.dataset.told = told;
    select.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
  }
  select.value = state.exchange;
  byId("chooser").hidden = false;
}

function permalink({ exchange, records, step } = state) {
  const through = records[step - 1]?.event.id;
  return `?${new URLSearchParams({ exchange, ...(through && { through }) })}`;
}

function drawAddress() {
  const isLatest = state.step >= state.records.length;
  const query = isLatest ? `?${new URLSearchParams({ exchange: state.exchange })}` : permalink();
  if (location.search !== query) history.replaceState(null, "", query);
}

async function about({ exchange, through, step, total }) {
  const metadata = await read(address(exchange, "", ".metadata.json", through)).catch(() => null);
  if (!metadata || state.context?.exchange !== exchange) return;
  const link = new URL(permalink(), location.href).href;
  const copied = h("span", { role: "status" });
  replace(
    byId("about"),
    h("p", {}, `${number(step)} of ${plural(total, "event")}, from ${plural(metadata.sources.length, "source")}, at position ${metadata.position} of the log. ${metadata.software}.`),
    h("p", {}, h("bdi", {}, metadata.licence)),
    h("p", { class: "permalink" }, "Permanent link to what is shown: ", h("a", { href: link }, link), " ",
      h("button", { type: "button", class: "quiet", "data-key": "copy", click: async () => { await navigator.clipboard.writeText(link); copied.textContent = "Copied."; } }, "Copy"), copied),
    h("details", { "data-key": "sources" }, h("summary", {}, `All ${plural(metadata.sources.length, "source")}`),
      h("ul", { class: "sources" }, metadata.sources.map(({ publisher, events, published }) =>
        h("li", {}, h("bdi", {}, publisher), ` · ${plural(events, "event")}${published ? ` · ${published[0] === published[1] ? date(published[0]) : `${date(published[0])} – ${date(published[1])}`}` : ""}`)))),
    h("details", { "data-key": "reading" }, h("summary", {}, "How to read this page"),
      h("p", {}, "A figure is the sum of the claims that count, one for each thing that happened. Press a figure to see them. Where claims about the same thing differ, the figure has a range. “About” and “at least” are the source’s own hedges. “Not recorded” means that no claim says anything: it is not zero."),
      h("p", {}, "Captives and prisoners are the ledger’s two words for people held on the two sides. Colours tell the sides apart and mean nothing else.")),
  );
  byId("about").hidden = false;
}

let saying = null;

// Told to those who listen, once the page has come to rest.
function sayLater({ tally, step, total, recorded }) {
  clearTimeout(saying);
  saying = setTimeout(() => {
    const told = (figure, value) => (recorded(figure) ? estimate(value) : "not recorded");
    byId("news").textContent = `After event ${step} of ${total}: captives freed ${told("captives.released", tally.captives.released)}, prisoners freed ${told("prisoners.released", tally.prisoners.released)}.`;
  }, QUIET_MS);
}

function notice(...content) {
  byId("boot").hidden = true;
  byId("page").hidden = byId("replay").hidden = byId("about").hidden = true;
  replace(byId("problem"), content);
  byId("problem").hidden = false;
}

function showEmpty() {
  notice(
    h("h1", {}, "This ledger is empty"),
    h("p", {}, "No event is recorded yet. The page will show the first exchange as soon as there is one."),
    h("p", {}, "To look at the bundled history: ", h("code", {}, "ledger demo"), ". To record your own: ", h("code", {}, "ledger publish"), ", or POST to ", h("code", {}, "/v1/events"), "."),
  );
}

function showProblem(error) {
  console.warn(error);
  if (error.status === 401 || error.status === 403) return askToken(error);
  const here = state.exchanges.length ? h("a", { href: "./" }, "Start with another exchange") : null;
  return notice(
    h("h1", {}, error.title ?? "This page made a mistake"),
    h("p", {}, h("bdi", {}, capital(error.message))),
    h("p", {}, h("button", { type: "button", click: () => location.reload() }, "Try again"), " ", here),
  );
}

function askToken(error) {
  const field = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
  notice(
    h("h1", {}, "This ledger is read with a token"),
    h("form", { submit: (event) => { event.preventDefault(); useToken(field.value.trim()); start(); } },
      h("label", { for: "token" }, "Token"), " ", field, " ", h("button", {}, "Read")),
    h("p", {}, h("bdi", {}, error.message), " It is kept in this page only, until you leave it."),
  );
}

// -- changes ---------------------------------------------------------------------------------------

function connected(isConnected) {
  const told = byId("state");
  told.hidden = false;
  told.className = isConnected ? "state live" : "state lost";
  const text = isConnected ? "Live" : "Connection lost. Trying again …";
  if (told.textContent !== text) told.textContent = text;
}

let updating = Promise.resolve();
const changed = new Set();

function told(tally) {
  const index = state.exchanges.findIndex(({ exchange }) => exchange === tally.exchange);
  const isOwn = tally.exchanges.length === 1 && tally.exchanges[0] === tally.exchange;
  if (isOwn && index < 0) state.exchanges.push(tally);
  else if (isOwn) state.exchanges[index] = tally;
  changed.add(tally.exchange);
  updating = updating.then(update).catch(showProblem);
}

async function update() {
  if (!changed.size) return;
  const isOurs = changed.has(state.exchange);
  changed.clear();
  if (!state.exchange) return void (await showExchange(preferred(state.exchanges)));
  if (!isOurs) return void drawChooser();
  const { exchange } = state;
  const wasLatest = state.step >= state.records.length;
  const { records, reached } = await eventsOf(exchange, state.reached);
  if (state.exchange !== exchange) return;
  state.records.push(...records);
  state.reached = reached;
  if (wasLatest) await showStep(state.records.length);
  else if (state.context) slider.show(state.records, state.step, state.context.name);
}

// -- beginning -------------------------------------------------------------------------------------

// Where nobody says which: the exchange in which both sides freed people and of which most is recorded.
function preferred(exchanges) {
  const both = exchanges.filter(({ captives, prisoners }) => captives.released.high !== 0 && prisoners.released.high !== 0);
  return (both.length ? both : exchanges).toSorted((a, b) => b.events - a.events)[0].exchange;
}

async function restart() {
  const { body, position } = await readAt("/v1/exchanges");
  state.exchanges = body.exchanges;
  const asked = new URLSearchParams(location.search);
  const exchange = asked.get("exchange") ?? (body.exchanges.length ? preferred(body.exchanges) : null);
  if (exchange) await showExchange(exchange, asked.get("through"));
  else showEmpty();
  return position;
}

async function start() {
  try {
    const position = await restart();
    if (following) return;
    following = true;
    follow(position, { told, state: connected, lost: restart });
  } catch (error) {
    showProblem(error);
  }
}

const guarded = (act) => (...given) => act(...given).catch(showProblem);

byId("exchange").addEventListener("change", guarded(async ({ target }) => {
  history.pushState(null, "", `?${new URLSearchParams({ exchange: target.value })}`);
  await showExchange(target.value);
}));

addEventListener("popstate", guarded(async () => {
  closePanel();
  const asked = new URLSearchParams(location.search);
  await showExchange(asked.get("exchange") ?? preferred(state.exchanges), asked.get("through"));
}));

document.addEventListener("click", ({ target }) => {
  const opener = target.closest("[data-figure], [data-events]");
  if (!opener) return;
  const { figure, events, title } = opener.dataset;
  const { key } = opener.dataset;
  const back = () => document.querySelector(`[data-key="${CSS.escape(key ?? "")}"]`)?.focus();
  if (figure) openFigure(state.context, figure, back);
  else openEvents(state.context, events.split(" "), title);
});

addEventListener("unhandledrejection", ({ reason }) => { if (reason?.name !== "AbortError") showProblem(reason); });

start();
