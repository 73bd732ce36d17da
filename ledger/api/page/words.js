// Figures, moments and events in plain words. A hedge stays a hedge, and unknown is no number.

import { country } from "./countries.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SMALL = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

export const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 3 });
export const small = (value) => SMALL[value] ?? number(value);
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
export const human = (term) => term.replaceAll("_", " ");
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const listed = (items) =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

// -- numbers ---------------------------------------------------------------------------------------

export function estimate(value) {
  if (!value) return "not recorded";
  const { best, low, high, exact } = value;
  if (best !== null) return exact ? number(best) : `about ${number(best)}`;
  if (high === null) return low ? `at least ${number(low)}` : "unknown";
  return low ? `${number(low)}–${number(high)}` : `at most ${number(high)}`;
}

export const isRange = ({ best, low, high }) => best !== null && (best !== low || best !== high);

export function range(value) {
  if (!value || value.best === null) return null;
  if (!isRange(value)) return value.exact ? "The claims that stand agree." : "Hedged by its source.";
  const high = value.high === null ? "no upper bound" : number(value.high);
  return `The claims that stand range from ${number(value.low)} to ${high}.`;
}

export const sure = (value) => value?.best !== null && value?.best !== undefined && value.exact;

export function ratio(value) {
  if (value.value !== null) return `${value.fraction ? "" : "about "}${decimal(value.value)}`;
  if (value.low === null && value.high === null) return "undefined";
  if (value.low === null) return `at most ${decimal(value.high)}`;
  return `${decimal(value.low)}–${value.high === null ? "?" : decimal(value.high)}`;
}

// `240 / 81`: both legs, unreduced.
export const fraction = (value) => value.fraction.split("/").map((side) => number(Number(side))).join(" / ");

function decimal(value) {
  const digits = Number.isInteger(value) ? 0 : value < 100 ? 2 : 1;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const STRICT = { over: -1, well_over: -1, more_than: -1, nearly: 1, under: 1 };

// A count as its source states it, from the event itself.
export function count({ best = null, low = null, high = null, qualifier = "exact" }, unknown = "an unknown number of") {
  if (qualifier === "unknown" || (qualifier === "exact" && best === null)) return unknown;
  if (qualifier === "exact") return number(best);
  if (best !== null) return `${human(qualifier)} ${number(best)}`;
  if (low !== null && high !== null) return `${number(low)} to ${number(high)}`;
  const bound = low ?? high;
  return bound === null ? human(qualifier) : `${human(qualifier)} ${number(bound + (STRICT[qualifier] ?? 0))}`;
}

// -- moments ---------------------------------------------------------------------------------------

const day = (at, year = true) =>
  `${Number(at.slice(8, 10))} ${MONTHS[at.slice(5, 7) - 1]}${year ? ` ${at.slice(0, 4)}` : ""}`;

function written(at, year) {
  if (/^\d{4}-\d\d$/.test(at)) return `${MONTHS[at.slice(5) - 1]} ${at.slice(0, 4)}`;
  if (/^\d{4}-W\d\d$/.test(at)) return `week ${Number(at.slice(6))} of ${at.slice(0, 4)}`;
  if (/^\d{4}-[a-z]/.test(at)) return `${at.slice(5)} ${at.slice(0, 4)}`;
  if (at.length < 10) return at;
  const zone = /(Z|[+-]\d\d:\d\d)$/.exec(at)?.[1];
  return zone ? `${day(at, year)}, ${at.slice(11, 16)} UTC${zone === "Z" ? "" : zone.replace(":00", "").replace(/([+-])0/, "$1")}` : day(at, year);
}

export function moment(value, year = true) {
  if (!value) return "not recorded";
  const at = written(value.at, year);
  if (value.precision === "before") return `by ${at}`;
  if (value.precision === "after") return `from ${at} on`;
  return value.until ? `${at} to ${written(value.until, year)}` : at;
}

export const date = (at) => (at ? written(at, true) : "undated");
export const shortDay = (at) => (at.length >= 10 ? day(at, false) : written(at));

// -- names -----------------------------------------------------------------------------------------

const FIGURES = {
  "captives.released": "Captives freed",
  "captives.all": "Captives freed",
  "captives.nationals": "Captives freed of the deal's own nationality",
  "captives.foreigners": "Captives freed of other nationalities",
  "captives.deal": "Captives counted by the deal",
  "captives.outside": "Captives freed outside the deal's ratio",
  "captives.taken": "Captives taken",
  "captives.held": "Captives held, alive or dead",
  "captives.rescued": "Captives rescued",
  "captives.escaped": "Captives escaped",
  "captives.died": "Captives who died",
  "captives.credited_in": "Captives of another round counted here",
  "captives.credited_out": "Captives counted in another round",
  "captives.side": "Captives freed beside the deal",
  "captives.freed": "Captives freed, rescued or escaped",
  "prisoners.released": "Prisoners freed",
  prisoners: "Prisoners freed",
  "remains.returned": "Remains of captives returned",
  "remains.captives": "Remains of captives returned",
  "remains.recovered": "Remains of captives recovered",
  "remains.back": "Remains of captives returned or recovered",
  "remains.given": "Remains handed to the prisoners' side",
  "remains.prisoners": "Remains handed to the prisoners' side",
  "remains.rejected": "Handovers rejected as wrong or partial",
};
const LEGS = { captives: "Captives freed", prisoners: "Prisoners freed", remains: "Remains", aid: "Aid", funds: "Funds" };

const ALIASES = {
  "captives.all": "captives.released",
  prisoners: "prisoners.released",
  "remains.captives": "remains.returned",
  "remains.prisoners": "remains.given",
  "captives.own": "captives.nationals",
  "captives.others": "captives.foreigners",
};

// The one name of a figure that has several.
export function canonical(figure) {
  const [, round, name] = /^(rounds\.\d+\.)(.+)$/.exec(figure) ?? [null, "", figure];
  return `${round}${ALIASES[name] ?? name}`;
}

export function figureName(figure) {
  const [, round, name] = /^rounds\.(\d+)\.(.+)$/.exec(figure) ?? [null, null, figure];
  const part = /^(\w+)\.(by|of_which)\.(\w+)\.(.+)$/.exec(name);
  const [leg, ...steps] = name.split(".");
  const own = part
    ? `${LEGS[part[1]]}, by ${part[3]}: ${term(part[3], part[4])}`
    : FIGURES[name] ?? [LEGS[leg] ?? capital(human(leg)), ...steps.map(stage)].join(", ");
  return round ? `Round ${round}: ${own.charAt(0).toLowerCase()}${own.slice(1)}` : own;
}

export const term = (dimension, name) => (dimension === "nationality" ? country(name) : human(name));
export const stage = (name) => (name === "unknown" ? "stage not stated" : human(name));

const KINDS = {
  official_party: "a party to the exchange",
  mediator: "mediator",
  facilitator: "facilitator",
  un: "United Nations",
  wire: "news agency",
  state_media: "state media",
  anonymous: "unnamed source",
  derived: "the ledger's curators",
};
export const kindName = (kind) => KINDS[kind] ?? human(kind);

const RELIABILITY = {
  A: "completely reliable",
  B: "usually reliable",
  C: "fairly reliable",
  D: "not usually reliable",
  E: "unreliable",
  F: "cannot be judged",
};
const CREDIBILITY = ["confirmed", "probably true", "possibly true", "doubtful", "improbable", "cannot be judged"];
export const grade = ({ reliability, credibility }) =>
  `Source ${reliability}: ${RELIABILITY[reliability]}. Claim ${credibility}: ${CREDIBILITY[credibility - 1]}.`;

// -- events ----------------------------------------------------------------------------------------

const PEOPLE = {
  captives_taken: "captives taken",
  captives_released: "captives freed",
  captives_rescued: "captives rescued",
  captives_escaped: "captives escaped",
  captives_died: "captives died",
  prisoners_released: "prisoners freed",
  remains_returned: "remains returned",
  remains_recovered: "remains recovered",
  handover_rejected: "remains rejected as wrong or partial",
};

function people(event) {
  const counts = event.groups.map((group) => group.count);
  const plain = counts.every((each) => (each.qualifier ?? "exact") === "exact" && Number.isInteger(each.best));
  const many = plain ? number(counts.reduce((sum, each) => sum + each.best, 0)) : counts.map(count).join(" + ");
  const status = event.status === "planned" ? " (planned)" : event.status === "failed" ? " (did not happen)" : "";
  return `${many} ${whom(event)}${status}`;
}

// Who moved, without how many: `captives freed`, `captives freed: children (a part)`.
export function whom(event) {
  if (!event.part) return PEOPLE[event.type];
  const { by } = event.part;
  const named = (group) => (by === "nationality" ? (group.nationality ?? []).map(country).join("/") : human(group[by] ?? ""));
  const names = [...new Set(event.groups.map(named))].filter(Boolean);
  return `${PEOPLE[event.type]}: ${names.length ? `${listed(names)} (a part)` : `a part, by ${human(by)}`}`;
}

export function pledge({ item, count: promised, per }) {
  const many = count(promised, "");
  const each = per && per !== "deal" ? ` per ${human(per)}` : "";
  return many ? `${many} ${human(item)}${each}` : `${human(item)}${each} (number not stated)`;
}

function pledges({ pledges: items = [], categories = [] }) {
  const said = [...items.map(pledge), ...(categories.length ? [`${listed(categories.map(human))} for later releases`] : [])];
  return said.length ? `: ${said.join(", ")}` : "";
}

const TELL = {
  exchange_opened: (e) => `Exchange opened: ${e.title}`,
  key_revoked: (e) => `Key revoked: ${e.key}`,
  party_registered: (e) => `Party registered: ${e.name}`,
  release_planned: (e) => `${count(e.count)} ${e.leg} planned`,
  release_delayed: (e) => `Release of ${e.leg} delayed`,
  release_cancelled: (e) => `Release of ${e.leg} cancelled`,
  count_credited: (e) => `${count(e.count)} of round ${e.from_round} counted in round ${e.to_round}`,
  pause_started: (e) => `Pause started${e.hours ? `, planned for ${e.hours} hours` : ""}`,
  pause_extended: (e) => `Pause extended by ${e.hours} hours`,
  pause_ended: () => "Pause ended",
  pause_violated: (e, name) => `${name(e.alleged_by)} says that ${name(e.by)} broke the pause`,
  meeting_held: (e, name) =>
    `${e.indirect ? "Indirect talks" : "Meeting"}${e.venue ? ` in ${e.venue}` : ""}: ${listed(e.participants.map(name))}`,
  terms_proposed: (e, name) => `${e.proposer ? `${name(e.proposer)} proposed terms` : "Terms proposed"}${pledges(e)}`,
  terms_agreed: (e) => `Terms agreed${pledges(e)}`,
  terms_refused: (e, name) => `${name(e.refused_by)} refused terms${pledges(e)}`,
  position_declared: (e, name) => `Position of ${name(e.party)} on ${human(e.topic ?? "exchange")}`,
  comment_sought: (e, name) => `${name(e.party)} was asked for comment: ${human(e.response)}`,
  aid_delivered: (e) => `Aid: ${count(e.amount)} ${human(e.item)}, ${stage(e.stage ?? "unknown")}`,
  aid_suspended: () => "Aid suspended",
  funds_released: (e) => `Funds: ${count(e.amount)} ${e.currency}, ${human(e.state ?? "unknown")}`,
  tally_stated: (e) => `Total stated: ${e.label ?? figureName(e.figure)}: ${count(e.count, "unknown")}`,
  claim_adopted: () => "Decision on which claim counts",
  claim_disputed: () => "Claim disputed",
  claim_retracted: () => "Claim retracted",
};

// What an event says, in one line. A type that this page does not know keeps its own name.
export function describe(event, name = human) {
  try {
    if (event.groups) return people(event);
    return TELL[event.type]?.(event, name) ?? capital(human(event.type));
  } catch {
    return capital(human(event.type));
  }
}
