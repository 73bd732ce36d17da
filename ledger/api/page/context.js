// What the sections draw from: all views of an exchange at one cut, or the sums of a process and those of its exchanges.

import { address, read } from "./ledger.js";
import { capital, date, human, number } from "./words.js";

const VIEWS = { tally: "", rounds: "rounds", terms: "terms", positions: "positions", pauses: "pauses", stated: "stated", doubles: "doubles", claims: "claims", explain: "explain" };
const MEMBER_VIEWS = { tally: "", claims: "claims", explain: "explain" };
const NONE = { rounds: [], terms: [], positions: [], pauses: [], stated: [], doubles: [] };
const CLOCKS = { occurred_by: "what had happened by", published_by: "what was published by", recorded_by: "what was recorded by" };
const NOT_YET = "had not certainly happened by the cut";
const KEPT = 2000;

export const DATES = Object.keys(CLOCKS);

// -- reading views ---------------------------------------------------------------------------------

// The events of which a view is made, where it is not made of all. What speaks of other events can change any view.
const OF_PAUSES = /^pause_/, OF_POSITIONS = /^position_/, OF_TALKS = /^(meeting|position|comment)_/;
const UNTOUCHED = {
  rounds: ({ type }) => OF_PAUSES.test(type) || OF_TALKS.test(type),
  terms: ({ type }) => OF_PAUSES.test(type) || OF_TALKS.test(type),
  doubles: ({ type }) => OF_PAUSES.test(type) || OF_TALKS.test(type),
  stated: ({ type }) => OF_TALKS.test(type),
  pauses: ({ type }) => !OF_PAUSES.test(type),
  positions: ({ type }) => !OF_POSITIONS.test(type),
};
const PLAIN = /^(captives|prisoners|people|remains|handover|pause|position|meeting|comment|terms|aid|funds|tally)_/;
const isPlain = ({ type, supersedes }) => PLAIN.test(type) && !supersedes;

// The views of its exchange that an event may have changed.
export const touchedBy = (event) => Object.keys(VIEWS).filter((view) => !(isPlain(event) && UNTOUCHED[view]?.(event)));

const kept = new Map(); // bodies by their paths: those at an earlier event for good, others until an event touches them
let changes = 0;

async function body(path, signal) {
  if (kept.has(path)) return kept.get(path);
  const before = changes;
  const found = await read(path, signal);
  if (before !== changes) return found;
  if (kept.size >= KEPT) kept.delete(kept.keys().next().value);
  kept.set(path, found);
  return found;
}

const isPinned = (path) => /[?&](through|position)=/.test(path);

// New events have come: what they may have changed is read anew when it is shown next. Sums over `process` change with all.
export function outdate(events, process = null) {
  changes += 1;
  const stale = new Set(events.flatMap((event) => touchedBy(event).map((view) => address(event.exchange, VIEWS[view]))));
  if (process) stale.add(address(process));
  for (const path of [...kept.keys()]) if (!isPinned(path) && stale.has(path.split("?")[0])) kept.delete(path);
}

// The ledger may be another one now.
export function forget() {
  changes += 1;
  kept.clear();
}

// The views of an exchange or a process at a cut.
export const viewsAt = ({ subject, isProcess, cut }, signal) => (isProcess ? processAt(subject, cut, signal) : every(VIEWS, subject, cut, signal));

async function every(wanted, exchange, cut, signal) {
  const bodies = await Promise.all(Object.values(wanted).map((view) => body(address(exchange, view, "", cut), signal)));
  return Object.fromEntries(Object.keys(wanted).map((name, index) => [name, bodies[index]]));
}

async function processAt(process, cut, signal) {
  const tally = await body(address(process, "", "", cut), signal);
  const members = await Promise.all(tally.exchanges.map((exchange) => every(MEMBER_VIEWS, exchange, cut, signal)));
  return { ...NONE, tally, members, claims: members.flatMap(({ claims }) => claims), explain: members.flatMap(({ explain }) => explain) };
}

// -- what sections draw from -----------------------------------------------------------------------

// `asked` says of what, up to which step and which dates; `records` are all events of it.
export function contextOf(views, asked, records) {
  const { subject, step, dates, cut } = asked;
  const seen = seenBy(asked, records);
  const claims = views.claims.filter(happened);
  const known = new Set(claims.flatMap(({ claims: all }) => all.map(({ event }) => event)));
  const opened = records.map(({ event }) => event).filter(({ id, type }) => type === "exchange_opened" && known.has(id));
  const own = (name) => [...new Set(opened.flatMap((event) => event[name] ?? []))];
  return {
    ...views,
    claims,
    rounds: views.rounds.filter(({ round }) => claims.some(({ claims: all }) => all.some((each) => each.round === round))),
    exchange: subject,
    figures: new Map(views.explain.map(({ figure, value }) => [figure, value])),
    events: new Map(seen.map((record) => [record.event.id, record])),
    step,
    total: records.length,
    cut,
    asOf: asOf(step, records.length, dates),
    nationals: { captives: own("nationals"), prisoners: own("prisoner_nationals") },
    name: naming(records),
  };
}

// What a party is called: as it is registered, whenever that was recorded.
export function naming(records) {
  const names = new Map(records.filter(({ event }) => event.type === "party_registered").map(({ event }) => [event.party, event.name]));
  return (party) => names.get(party) ?? capital(human(party));
}

// Whether anything at all was recorded of a subject: a process is there once one of its exchanges was opened.
export function isThere(asked, records) {
  const { isProcess, dates } = asked;
  const day = dates.recorded_by ?? "9999";
  const seen = seenBy(asked, records).filter(({ recorded_at: at }) => at.slice(0, 10) <= day);
  return seen.some(({ event }) => !isProcess || (event.type === "exchange_opened" && event.process));
}

// Those of the records that are looked at: up to a step, or within a position of the log, as `0:404,1:20`.
const seenBy = ({ step, position }, records) => (position ? records.filter(within(position)) : records.slice(0, step));

export function within(position) {
  const last = new Map(position.split(",").map((part) => part.split(":")).map(([partition, offset]) => [partition, Number(offset)]));
  return ({ position: at }) => {
    const [partition, offset] = at.split(":");
    return Number(offset) <= (last.get(partition) ?? -1);
  };
}

// What had not happened yet is in the books, so that corrections of it are understood.
const happened = ({ claims }) => !claims.some(({ why }) => why === NOT_YET);

// Of which moment a page is, in words; nothing where it is of now.
function asOf(step, total, dates) {
  const said = DATES.filter((name) => dates[name]).map((name) => `${CLOCKS[name]} ${date(dates[name])}`);
  if (step < total) said.unshift(`as known after event ${number(step)} of ${number(total)}`);
  return said.join(", ");
}
