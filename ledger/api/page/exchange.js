// The page of an exchange or a process: up to which event and by which dates, and what follows when the ledger changes.

import { about, closeAbout } from "./about.js";
import { linkThings, pageOf } from "./address.js";
import { also } from "./also.js";
import { closePanel, openClaim, openEvents, openFigure, openSum } from "./claims.js";
import { contents } from "./contents.js";
import { contextOf, DATES, forget, isThere, naming, outdate, viewsAt, within } from "./context.js";
import { disputes } from "./disputes.js";
import { byId, entitle, h, replace, whenSeen } from "./dom.js";
import { exchanges } from "./exchanges.js";
import { address, events as eventsOf, readAt } from "./ledger.js";
import { closeNotice } from "./notices.js";
import { heading } from "./parts.js";
import { pauses } from "./pauses.js";
import { promises } from "./promises.js";
import { replay } from "./replay.js";
import { rounds } from "./rounds.js";
import { talks } from "./talks.js";
import { lead } from "./totals.js";
import { capital, estimate, SIDES } from "./words.js";

const SECTIONS = { lead, exchanges, rounds, pauses, promises, talks, disputes, also };
const OF_PROCESSES = new Set(["lead", "exchanges"]);
const CHARTS = { totals: "lead", timeline: "lead", terms: "promises", positions: "talks", claims: "disputes", stated: "disputes", explain: "also" }; // their sections, where not called alike

// `members` are the exchanges of a process, or the exchange itself; `records` are all their events. Read they are up to
// `step`, by `dates`, or as the log was at `position`. `item` is what the address opens, as ["figures", "captives.released"].
const nothing = () => ({ subject: null, members: [], records: [], step: 0, dates: {}, position: null, item: null, context: null });
let state = nothing();
let asking = null; // the controller of the views that are being read

const isProcess = () => state.members.length !== 1 || state.members[0] !== state.subject;
const isLatest = () => !state.position && state.step >= state.records.length;
const isHere = (subject) => subject === state.subject;

// -- where the page is -----------------------------------------------------------------------------

const query = (moment) => `${new URLSearchParams({ ...state.dates, ...moment })}`;
const moment = () => (state.position ? { position: state.position } : { through: state.records[state.step - 1]?.event.id ?? "" });

// The parameters by which views are asked for, and the address of what is shown.
const cut = () => query(isLatest() ? {} : moment());
const shownAt = () => pageOf(state.subject, cut(), ...(state.item ?? []));
const permalink = () => new URL(pageOf(state.subject, query(moment()), ...(state.item ?? [])), location.href).href;

function drawAddress() {
  if (location.pathname + location.search !== shownAt()) history.replaceState(history.state, "", shownAt());
}

const cutOf = (parameters) => Object.fromEntries([...DATES, "through", "position"].map((name) => [name, parameters.get(name)]).filter(([, value]) => value));
const isSameCut = (parameters) => `${new URLSearchParams(cutOf(parameters))}` === `${new URLSearchParams(cutOf(new URLSearchParams(cut())))}`;

// -- opening and closing ---------------------------------------------------------------------------

const slider = replay(byId("replay"), {
  toStep: (step) => show({ step }),
  toDates: (dates) => show({ dates }),
  toLatest: () => show({ step: state.records.length, dates: {} }),
});

// Opens an exchange as its address says; answers with what to follow from there.
export async function open({ subject, kind, item, parameters }) {
  close();
  const opened = (state = { ...nothing(), subject });
  byId("main").setAttribute("aria-busy", "true");
  const { body: tally, position } = await readAt(address(subject));
  const { records, reached } = await recordsOf(tally.exchanges);
  if (state !== opened) return null;
  const { through, position: at, ...dates } = cutOf(parameters);
  Object.assign(state, { members: tally.exchanges, records, item: kind && [kind, item] });
  const index = through ? records.findIndex(({ event }) => event.id.startsWith(through)) : -1;
  const step = at ? records.filter(within(at)).length : index < 0 ? records.length : index + 1;
  await show({ step, dates, position: at });
  showItem(state.item, true);
  return { stream: stream(), since: isProcess() ? position : reached };
}

export function close() {
  asking?.abort();
  slider.stop();
  closePanel();
  closeAbout();
  state = nothing();
  byId("page").hidden = byId("replay").hidden = byId("contents").hidden = true;
}

// A process follows everything, since an exchange of it may be new.
const stream = () => `/v1/stream/events${isProcess() ? "" : `?exchange=${encodeURIComponent(state.subject)}`}`;

// All events of some exchanges, in the order in which they were recorded.
async function recordsOf(members) {
  const pages = await Promise.all(members.map((exchange) => eventsOf(exchange)));
  return { records: inOrder(pages.flatMap(({ records }) => records)), reached: pages[0]?.reached ?? null };
}

const offset = ({ position }) => Number(position.split(":")[1]);
const inOrder = (records) => records.sort((a, b) => (a.recorded_at < b.recorded_at ? -1 : a.recorded_at > b.recorded_at ? 1 : offset(a) - offset(b)));

// -- showing ---------------------------------------------------------------------------------------

async function show({ step = state.step, dates = state.dates, position = null }) {
  Object.assign(state, { step, dates, position });
  asking?.abort();
  const controller = (asking = new AbortController());
  const wanted = { subject: state.subject, isProcess: isProcess(), step, dates, position, cut: cut() };
  let views = null;
  try {
    if (!wanted.cut || isThere(wanted, state.records)) views = await viewsAt(wanted, controller.signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error.status !== 404 || !wanted.cut) throw error;
  }
  if (asking !== controller || !isHere(wanted.subject)) return;
  if (views) draw(contextOf(views, wanted, state.records));
  else drawNothing(wanted);
}

function draw(context) {
  state.context = context;
  for (const [id, section] of Object.entries(SECTIONS)) {
    const content = context.members && !OF_PROCESSES.has(id) ? null : section(context);
    byId(id).hidden = content === null;
    replace(byId(id), linked(content ?? [], context.cut));
  }
  entitle(context.tally.title ?? context.exchange);
  drawChanged(context);
  drawFrame();
  about(context, permalink());
  mark();
  sayLater(told(context));
}

// Things get their addresses before they stand on the page: what has none cannot hold the focus.
function linked(content, parameters) {
  const drawn = document.createDocumentFragment();
  drawn.append(...[content].flat(Infinity).filter(Boolean));
  linkThings(drawn, state.subject, parameters);
  return [...drawn.childNodes];
}

let unwanted = () => {};

// What changed is asked for once it comes into sight: it is another with every event, and few look at it.
function drawChanged({ exchange, members, step, total, cut }) {
  const section = byId("changed");
  unwanted();
  section.hidden = Boolean(members || cut || step < total);
  if (section.hidden) return;
  if (section.dataset.of !== exchange) replace(section, heading("changed-title", "What changed"), h("p", { class: "loading" }, "Reading …"));
  section.dataset.of = exchange;
  let isWanted = true;
  const unseen = whenSeen(section, async () => {
    const content = await (await import("./changes.js")).sectionOf(exchange);
    if (!isWanted) return;
    section.hidden = !content;
    replace(section, content ?? []);
  });
  unwanted = () => {
    isWanted = false;
    unseen();
  };
}

// At a moment at which nothing was known of it.
function drawNothing({ subject }) {
  state.context = null;
  byId("changed").hidden = true;
  for (const id of Object.keys(SECTIONS)) {
    byId(id).hidden = id !== "lead";
    replace(byId(id), id === "lead" ? [h("p", { class: "kicker" }, subject), h("h1", { id: "lead-title" }, "Nothing was recorded yet"), h("p", { class: "standfirst" }, "At this moment the ledger held nothing of it. Go on with the slider, or choose a later date.")] : []);
  }
  closeAbout();
  drawFrame();
  sayLater("Nothing was recorded yet.");
}

function drawFrame() {
  slider.show(state.records, state.step, state.dates, naming(state.records));
  drawAddress();
  closeNotice();
  byId("page").hidden = false;
  contents();
  byId("main").removeAttribute("aria-busy");
  document.documentElement.dataset.shown = state.step;
}

const QUIET_MS = 700;
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

// -- what opens over the page, or stands out in it -------------------------------------------------

const PANELS = new Set(["figures", "claims"]);
const depth = () => history.state?.depth ?? 0;

// Whether an address is of a thing that opens over what is shown. `over` is the page over which it was opened.
export const isOver = (place, over = null) =>
  Boolean(state.context) && place.page === "exchange" && (isHere(place.subject) || over === state.subject || (PANELS.has(place.kind) && state.members.includes(place.subject))) && isSameCut(place.parameters);

let held = null; // what had the focus before anything was opened: it may be drawn anew meanwhile

// Open a thing at its address, so that "back" closes it.
export function openOver(place, address) {
  held ??= document.activeElement?.dataset.key;
  history.pushState({ depth: depth() + 1, over: state.subject }, "", address);
  showPlace(place, true);
}

// Show what an address names over the page that is shown already; nothing where it names the page alone.
export function showPlace({ subject, kind, item }, isNew = false) {
  state.item = kind && isHere(subject) ? [kind, item] : null;
  if (isLeaving) leave();
  else showItem(kind && [kind, item], isNew, subject);
}

function showItem(wanted, isNew, subject = state.subject) {
  const [kind, item] = wanted ?? [];
  mark();
  if (!PANELS.has(kind) || !state.context) {
    held = null;
    closePanel();
    if (isNew) marked()?.scrollIntoView({ block: kind === "rounds" ? "center" : "start" });
    return;
  }
  const context = { ...state.context, exchange: subject };
  if (kind === "claims") openClaim(context, item, closed);
  else if (state.context.members && isHere(subject)) openSum(context, item, closed);
  else openFigure(context, item, closed);
}

let isLeaving = false;

// Whoever closes a panel is back at the address of the page, however many were opened one from another.
function closed() {
  isLeaving = true;
  if (depth()) history.go(-depth());
  else leave();
}

// The first of them may be what the page was opened at.
function leave() {
  isLeaving = false;
  if (state.item && PANELS.has(state.item[0])) state.item = null;
  drawAddress();
  mark();
  document.querySelector(`[data-key="${CSS.escape(held ?? "")}"]`)?.focus({ preventScroll: true });
  held = null;
}

function marked() {
  const [kind, item] = state.item ?? [];
  if (kind === "rounds") return byId(`round-${item}`);
  return kind === "charts" ? byId(CHARTS[item] ?? item) : null;
}

function mark() {
  for (const each of document.querySelectorAll(".marked")) each.classList.remove("marked");
  marked()?.classList.add("marked");
}

export const openEvidence = ({ events, title }) => openEvents(state.context, events.split(" "), title);

// -- changes ---------------------------------------------------------------------------------------

const TOGETHER_MS = 40; // events that come within so much time are shown at once
let waiting = null;
let updating = Promise.resolve();
let arrived = [];

// Take in an event that has just been recorded. Answers once the page shows it.
export function take(record) {
  arrived.push(record);
  waiting ??= new Promise((resolve) => setTimeout(resolve, TOGETHER_MS)).then(() => {
    waiting = null;
    return (updating = updating.catch(() => {}).then(update));
  });
  return waiting;
}

async function update() {
  const known = new Set(state.records.map(({ position }) => position));
  const come = arrived;
  arrived = [];
  const fresh = come.filter(({ event, position }) => isOurs(event) && !known.has(position));
  if (!fresh.length) return;
  const wasLatest = isLatest();
  const joined = fresh.map(({ event }) => event.exchange).filter((exchange) => !state.members.includes(exchange));
  if (joined.length) {
    state.members = [...state.members, ...new Set(joined)];
    state.records = (await recordsOf(state.members)).records;
  } else state.records = inOrder([...state.records, ...fresh]);
  outdate(fresh.map(({ event }) => event), isProcess() ? state.subject : null);
  if (wasLatest) await show({ step: state.records.length });
  else drawFrame();
}

const isOurs = ({ exchange, type, process }) => state.members.includes(exchange) || (type === "exchange_opened" && process === state.subject && isProcess());

// The position to follow from was lost: all is read anew.
export async function reread() {
  forget();
  const place = { subject: state.subject, kind: state.item?.[0], item: state.item?.[1], parameters: new URLSearchParams(cut()) };
  return (await open(place))?.since;
}
