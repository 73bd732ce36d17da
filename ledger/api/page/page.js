// The page: of what, up to which event and by which dates, and what follows when the ledger changes.

import { about } from "./about.js";
import { pageOf, placeOf } from "./address.js";
import { also } from "./also.js";
import { closePanel, openEvents, openFigure, openSum } from "./claims.js";
import { contents } from "./contents.js";
import { contextOf, DATES, isThere, naming, viewsAt } from "./context.js";
import { disputes } from "./disputes.js";
import { byId, h, replace } from "./dom.js";
import { exchanges } from "./exchanges.js";
import { events as eventsOf, follow, Problem, readAt } from "./ledger.js";
import { showEmpty, showProblem } from "./notices.js";
import { pauses } from "./pauses.js";
import { promises } from "./promises.js";
import { replay } from "./replay.js";
import { rounds } from "./rounds.js";
import { talks } from "./talks.js";
import { lead } from "./totals.js";
import { capital, estimate, plural, SIDES } from "./words.js";

const SECTIONS = { lead, exchanges, rounds, pauses, promises, talks, disputes, also };
const OF_PROCESSES = new Set(["lead", "exchanges"]);
const QUIET_MS = 700;

// `subject` is an exchange or a process; `records` are its events up to `reached`, by exchange; `step` and `dates` are
// up to where they are read.
const state = { exchanges: [], processes: [], subject: null, records: [], reached: new Map(), step: 0, dates: {}, context: null };
let following = false;
let asking = null; // the controller of the views that are being read

const processOf = (subject) => state.processes.find(({ exchange }) => exchange === subject);
const membersOf = (subject) => processOf(subject)?.exchanges ?? [subject];
const isKnown = (subject) => [...state.exchanges, ...state.processes].some(({ exchange }) => exchange === subject);
const isLatest = () => state.step >= state.records.length;
const report = (error) => showProblem(error, start, state.subject, state.exchanges);

// -- where the page is -----------------------------------------------------------------------------

// What the address asks for.
function asked() {
  const query = new URLSearchParams(location.search);
  const dates = Object.fromEntries(DATES.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
  return { ...placeOf(location), through: query.get("through"), dates };
}

const query = (through, dates) => new URLSearchParams({ ...dates, ...(through && { through }) });

const through = () => state.records[state.step - 1]?.event.id;

const permalink = () => new URL(pageOf(state.subject, query(through(), state.dates)), location.href).href;

// The parameters by which views are asked for.
const cut = () => `${query(isLatest() ? null : through(), state.dates)}`;

function drawAddress() {
  const here = pageOf(state.subject, query(isLatest() ? null : through(), state.dates));
  if (location.pathname + location.search !== here) history.replaceState(null, "", here);
}

// -- showing ---------------------------------------------------------------------------------------

const slider = replay(byId("replay"), {
  toStep: (step) => show(step, state.dates),
  toDates: (dates) => show(state.step, dates),
  toLatest: () => show(state.records.length, {}),
});

async function open(subject, wanted = null, dates = {}) {
  state.subject = subject;
  slider.stop();
  if (!isKnown(subject)) return report(new Problem(404, "There is no such exchange", subject));
  byId("main").setAttribute("aria-busy", "true");
  const found = await recordsOf(subject);
  if (state.subject !== subject) return;
  Object.assign(state, found);
  const index = wanted ? state.records.findIndex(({ event }) => event.id.startsWith(wanted)) : -1;
  await show(index < 0 ? state.records.length : index + 1, dates);
}

// All events of a subject, or those beyond what is known, in the order in which they were recorded.
async function recordsOf(subject, known = { records: [], reached: new Map() }) {
  const members = membersOf(subject);
  const pages = await Promise.all(members.map((exchange) => eventsOf(exchange, known.reached.get(exchange))));
  const records = [...known.records, ...pages.flatMap((page) => page.records)];
  if (members.length > 1) records.sort((a, b) => (a.recorded_at < b.recorded_at ? -1 : a.recorded_at > b.recorded_at ? 1 : offset(a) - offset(b)));
  return { records, reached: new Map(members.map((exchange, index) => [exchange, pages[index].reached])) };
}

const offset = ({ position }) => Number(position.split(":")[1]);

async function show(step, dates) {
  Object.assign(state, { step, dates });
  asking?.abort();
  const controller = (asking = new AbortController());
  const wanted = { subject: state.subject, isProcess: Boolean(processOf(state.subject)), step, dates, cut: cut() };
  let views = null;
  try {
    if (!wanted.cut || isThere(wanted, state.records)) views = await viewsAt(wanted, !isLatest(), controller.signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error.status !== 404 || !wanted.cut) throw error;
  }
  if (asking !== controller) return;
  if (views) draw(contextOf(views, wanted, state.records));
  else drawNothing(wanted);
}

function draw(context) {
  state.context = context;
  for (const [id, section] of Object.entries(SECTIONS)) {
    const content = context.members && !OF_PROCESSES.has(id) ? null : section(context);
    byId(id).hidden = content === null;
    replace(byId(id), content ?? []);
  }
  document.title = `${context.tally.title ?? context.exchange} – Exchange ledger`;
  drawFrame();
  about(context, permalink());
  sayLater(told(context));
}

// At a moment at which nothing was known of it.
function drawNothing({ subject }) {
  state.context = null;
  for (const id of Object.keys(SECTIONS)) {
    byId(id).hidden = id !== "lead";
    replace(byId(id), id === "lead" ? [h("p", { class: "kicker" }, subject), h("h1", { id: "lead-title" }, "Nothing was recorded yet"), h("p", { class: "standfirst" }, "At this moment the ledger held nothing of it. Go on with the slider, or choose a later date.")] : []);
  }
  byId("about").hidden = true;
  drawFrame();
  sayLater("Nothing was recorded yet.");
}

function drawFrame() {
  slider.show(state.records, state.step, state.dates, naming(state.records));
  drawChooser();
  drawAddress();
  byId("boot").hidden = byId("problem").hidden = true;
  byId("page").hidden = false;
  contents();
  byId("main").removeAttribute("aria-busy");
  document.documentElement.dataset.shown = state.step;
}

function drawChooser() {
  const select = byId("exchange");
  const option = (value, text) => h("option", { value }, text);
  const single = state.exchanges.map(({ exchange, title, events }) => [exchange, `${title ?? exchange} (${plural(events, "event")})`]);
  const summed = state.processes.map(({ exchange, exchanges: all }) => [exchange, `${exchange}: all ${plural(all.length, "exchange")}`]);
  const key = JSON.stringify([single, summed]);
  if (select.dataset.told !== key) {
    select.dataset.told = key;
    const groups = [["Exchanges", single], ["Processes", summed]].filter(([, all]) => all.length);
    select.replaceChildren(...groups.map(([label, all]) => h("optgroup", { label }, all.map(([value, text]) => option(value, text)))));
  }
  select.value = state.subject;
  byId("chooser").hidden = false;
}

let saying = null;

function told({ tally, step, total, asOf }) {
  const when = step < total || !asOf ? `After event ${step} of ${total}` : capital(asOf);
  return `${when}: ${SIDES.map((side) => `${side} freed ${estimate(tally[side].released)}`).join(", ")}.`;
}

// Told to those who listen, once the page has come to rest.
function sayLater(text) {
  clearTimeout(saying);
  saying = setTimeout(() => { byId("news").textContent = text; }, QUIET_MS);
}

// -- changes ---------------------------------------------------------------------------------------

function connected(isConnected) {
  const shown = byId("state");
  shown.hidden = false;
  shown.className = isConnected ? "state live" : "state lost";
  const text = isConnected ? "Live" : "Connection lost. Trying again …";
  if (shown.textContent !== text) shown.textContent = text;
}

let updating = Promise.resolve();
const changed = new Set();

function changes(tally) {
  changed.add(tally.exchange);
  updating = updating.then(update).catch(report);
}

async function update() {
  if (!changed.size) return;
  const touched = new Set(changed);
  changed.clear();
  await readAll();
  if (!state.subject) return void (await open(preferred()));
  if (!membersOf(state.subject).some((exchange) => touched.has(exchange))) return void drawChooser();
  const { subject, dates } = state;
  const wasLatest = isLatest();
  const found = await recordsOf(subject, state);
  if (state.subject !== subject) return;
  Object.assign(state, found);
  if (wasLatest) await show(state.records.length, dates);
  else drawFrame();
}

async function readAll() {
  const { body, position } = await readAt("/v1/exchanges");
  state.exchanges = body.exchanges;
  state.processes = body.processes;
  return position;
}

// -- beginning -------------------------------------------------------------------------------------

// Where nobody says which: the exchange in which both sides freed people and of which most is recorded.
function preferred() {
  const both = state.exchanges.filter((tally) => SIDES.every((side) => tally[side].released));
  return (both.length ? both : state.exchanges).toSorted((a, b) => b.events - a.events)[0].exchange;
}

async function restart() {
  const position = await readAll();
  const { subject, through: wanted, dates } = asked();
  if (subject ?? state.exchanges.length) await open(subject ?? preferred(), wanted, dates);
  else showEmpty();
  return position;
}

async function start() {
  try {
    const position = await restart();
    if (following) return;
    following = true;
    follow(position, { told: changes, state: connected, lost: restart });
  } catch (error) {
    report(error);
  }
}

const guarded = (act) => (...given) => act(...given).catch(report);

const goTo = guarded(async (subject) => {
  history.pushState(null, "", pageOf(subject));
  await open(subject);
});

byId("exchange").addEventListener("change", ({ target }) => goTo(target.value));

addEventListener("popstate", guarded(async () => {
  closePanel();
  const { subject, through: wanted, dates } = asked();
  await open(subject ?? preferred(), wanted, dates);
}));

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-figure], [data-events], a[data-exchange]");
  if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const { figure, of, events, title, key, exchange } = opener.dataset;
  const back = () => document.querySelector(`[data-key="${CSS.escape(key ?? "")}"]`)?.focus();
  if (exchange) {
    event.preventDefault();
    scrollTo(0, 0);
    goTo(exchange);
  } else if (events) openEvents(state.context, events.split(" "), title);
  else if (state.context.members && !of) openSum(state.context, figure, back);
  else openFigure({ ...state.context, exchange: of ?? state.context.exchange }, figure, back);
});

addEventListener("unhandledrejection", ({ reason }) => { if (reason?.name !== "AbortError") report(reason); });

start();
