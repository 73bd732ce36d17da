// What the sections draw from: all views of an exchange at one cut, or the sums of a process and those of its exchanges.

import { address, read } from "./ledger.js";
import { capital, date, human, number } from "./words.js";

const VIEWS = { tally: "", rounds: "rounds", terms: "terms", positions: "positions", pauses: "pauses", stated: "stated", doubles: "doubles", claims: "claims", explain: "explain" };
const MEMBER_VIEWS = { tally: "", claims: "claims", explain: "explain" };
const NONE = { rounds: [], terms: [], positions: [], pauses: [], stated: [], doubles: [] };
const CLOCKS = { occurred_by: "what had happened by", published_by: "what was published by", recorded_by: "what was recorded by" };
const NOT_YET = "had not certainly happened by the cut";
const CACHED = 200;

export const DATES = Object.keys(CLOCKS);

const cached = new Map();

// The views of an exchange or a process; those at an earlier event never change, and are kept.
export async function viewsAt({ subject, isProcess, cut }, isKept, signal) {
  const key = `${subject} ${cut}`;
  if (isKept && cached.has(key)) return cached.get(key);
  const views = isProcess ? await processAt(subject, cut, signal) : await every(VIEWS, subject, cut, signal);
  if (isKept) {
    if (cached.size >= CACHED) cached.delete(cached.keys().next().value);
    cached.set(key, views);
  }
  return views;
}

async function every(wanted, exchange, cut, signal) {
  const bodies = await Promise.all(Object.values(wanted).map((view) => read(address(exchange, view, "", cut), signal)));
  return Object.fromEntries(Object.keys(wanted).map((name, index) => [name, bodies[index]]));
}

async function processAt(process, cut, signal) {
  const tally = await read(address(process, "", "", cut), signal);
  const members = await Promise.all(tally.exchanges.map((exchange) => every(MEMBER_VIEWS, exchange, cut, signal)));
  return { ...NONE, tally, members, claims: members.flatMap(({ claims }) => claims), explain: members.flatMap(({ explain }) => explain) };
}

// `asked` says of what, up to which step and which dates; `records` are all events of it.
export function contextOf(views, asked, records) {
  const { subject, step, dates, cut } = asked;
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
    events: new Map(records.slice(0, step).map((record) => [record.event.id, record])),
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
export function isThere({ isProcess, step, dates }, records) {
  const day = dates.recorded_by ?? "9999";
  const seen = records.slice(0, step).filter(({ recorded_at: at }) => at.slice(0, 10) <= day);
  return seen.some(({ event }) => !isProcess || (event.type === "exchange_opened" && event.process));
}

// What had not happened yet is in the books, so that corrections of it are understood.
const happened = ({ claims }) => !claims.some(({ why }) => why === NOT_YET);

// Of which moment a page is, in words; nothing where it is of now.
function asOf(step, total, dates) {
  const said = DATES.filter((name) => dates[name]).map((name) => `${CLOCKS[name]} ${date(dates[name])}`);
  if (step < total) said.unshift(`as known after event ${number(step)} of ${number(total)}`);
  return said.join(", ");
}
