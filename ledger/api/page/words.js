// Figures, moments and events in plain words. A hedge stays a hedge, and unknown is no number.

import { country } from "./countries.js";
import { FIGURES, LEGS, OLDER } from "./figures.js";

export { LEGS as LEG_NAMES, RATIOS } from "./figures.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SMALL = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

export const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 3 });
export const short = (value) => value.toLocaleString("en", { notation: value < 10_000 ? "standard" : "compact", maximumFractionDigits: 3 });
export const small = (value) => SMALL[value] ?? number(value);
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
export const human = (term) => term.replaceAll("_", " ");
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const listed = (items) =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

// -- numbers ---------------------------------------------------------------------------------------

export function estimate(value) {
  if (!value) return "not recorded";
  const { best, low, high, hedged } = value;
  const about = hedged ? "about " : "";
  if (best !== null) return `${about}${number(best)}`;
  if (high === null) return low ? `at least ${number(low)}` : "unknown";
  if (low === high) return `${about}${number(low)}`;
  return low ? `${about}${number(low)}–${number(high)}` : `at most ${number(high)}`;
}

export const isRange = ({ best, low, high }) => best !== null && (best !== low || best !== high);
export const isUnknown = ({ best, low, high }) => best === null && low === 0 && high === null;
export const sure = (value) => Boolean(value?.exact);

// From where to where the claims that stand range; nothing where that is one number.
export const bounds = (value) => (value && isRange(value) ? `${number(value.low)}${value.high === null ? " or more" : `–${number(value.high)}`}` : null);

export function range(value) {
  if (!value || value.best === null) return null;
  if (!isRange(value)) return value.hedged ? "Hedged by its source." : null;
  const high = value.high === null ? "no upper bound" : number(value.high);
  return `Claims range from ${number(value.low)} to ${high}.`;
}

// Whether what follows a number in words is of one: `1`, `at least 1`; not `21`, `0–1`, `1 to 2`.
export const isOne = (said) => /^([a-z ]+ )?1$/.test(said);

const UNKNOWN = "an unknown number of";
const many = (value) => (isUnknown(value) ? UNKNOWN : estimate(value));

// A count and what it is of, with the range that it has: `1 captive`, `about 900 prisoners`, `55 captives (55–64)`.
export function counted(value, one, more = `${one}s`) {
  const said = many(value);
  return `${said} ${isOne(said) ? one : more}${bounds(value) ? ` (${bounds(value)})` : ""}`;
}

export const does = (value, one, more) => (isOne(estimate(value)) ? one : more);

export const isDefined = ({ value, low, high }) => value !== null || low !== null || high !== null;

export function ratio(value) {
  if (value.value !== null) return `${value.fraction ? "" : "about "}${decimal(value.value)}`;
  if (!isDefined(value)) return "undefined";
  if (value.low === null) return `at most ${decimal(value.high)}`;
  return value.high === null ? `at least ${decimal(value.low)}` : `${value.hedged ? "about " : ""}${decimal(value.low)}–${decimal(value.high)}`;
}

// From where to where a ratio goes that has a value; nothing where that is one number.
export function ratioBounds({ value, low, high }) {
  if (value === null || (value === low && value === high)) return null;
  return `${low !== null && high !== null ? "range " : ""}${ratio({ value: null, low, high })}`;
}

// `240 / 81`: both legs, unreduced.
export const fraction = (value) => value.fraction.split("/").map((side) => number(Number(side))).join(" / ");

function decimal(value) {
  if (value > 0 && value < 0.1) return value.toLocaleString("en", { maximumSignificantDigits: 2 });
  const digits = Number.isInteger(value) || value >= 1000 ? 0 : value < 100 ? 2 : 1;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const STRICT = { over: -1, well_over: -1, more_than: -1, nearly: 1, under: 1 };
const VAGUE = new Set(["several", "numerous", "hundreds"]);
const UPPER = new Set(["up_to", "nearly", "under"]);

// A count as its source states it, from the event itself.
export function count({ best = null, low = null, high = null, qualifier = "exact" }, unknown = "an unknown number of") {
  if (qualifier === "unknown" || (qualifier === "exact" && best === null)) return unknown;
  if (qualifier === "exact") return number(best);
  if (qualifier === "estimate") return `${number(best)} (${number(low)} to ${number(high)})`;
  if (best !== null) return `${human(qualifier)} ${number(best)}`;
  const hedge = human(qualifier);
  const range = low === null || high === null ? null : `${number(low)} to ${number(high)}`;
  if (VAGUE.has(qualifier)) return low === null && high === null ? hedge : `${hedge} (${range ?? estimate({ best: null, low: low ?? 0, high })})`;
  if (range && !UPPER.has(qualifier)) return `${hedge} ${range}`;
  const bound = `${hedge} ${number((UPPER.has(qualifier) ? high : low) + (STRICT[qualifier] ?? 0))}`;
  return range ? `${bound} (${range})` : bound;
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
  const at = `${doubt(value.qualifier)}${written(value.at, year)}`;
  if (value.precision === "before") return `by ${at}`;
  if (value.precision === "after") return `from ${at} on`;
  return value.until ? `${at} to ${doubt(value.until_qualifier)}${written(value.until, year)}` : at;
}

const DOUBTS = { uncertain: "possibly ", approximate: "about ", uncertain_approximate: "possibly about " };
const doubt = (qualifier) => DOUBTS[qualifier] ?? "";

export const date = (at) => (at ? written(at, true) : "undated");
// From when to when what a tally counts began; a day that is not known, or not sure, as it is stated.
export function dates(tally) {
  if (!tally.first) return "no date";
  const [first, last] = [began(tally.first, tally.first_stated), began(tally.last, tally.last_stated)];
  return first === last ? first : `${first} – ${last}`;
}
const began = (day, stated) => (stated ? moment(stated) : date(day));
// The day of a moment without its time, or the month, as far as it is stated: of an interval, the day on which it began.
export const onDay = (value) => moment({ ...value, at: value.at.split("T")[0], until: null }, false);
// Whether it is of a day, of which nobody doubts.
export const isDay = ({ precision, qualifier }) => !qualifier && ["day", "hour", "minute"].includes(precision);

// -- names -----------------------------------------------------------------------------------------

export const SIDES = ["captives", "prisoners"];

// The people of a side, or what a leg brings, after a number: `captive` of one.
export const people = (leg, many = 2) => (many === 1 && SIDES.includes(leg) ? leg.slice(0, -1) : LEGS[leg] ?? human(leg));

// What a leg brings, of none or of as many as `said`: `1 captive`, `remains of 3 prisoners`.
export function brought(leg, said = null) {
  const [, before, side] = /^(.*?)(captives|prisoners)$/.exec(LEGS[leg]);
  return numbered(`${before}#`, side, said);
}

// `round 3`, `rounds 1, 2 and 5`, of views of rounds.
export const roundsOf = (those) => `${those.length === 1 ? "round" : "rounds"} ${listed(those.map(({ round }) => String(round)))}`;

// What is not there, or not over, of a round.
export function lacking({ incomplete, legs }) {
  const said = (those, text) => (those.length ? `the ${listed(those.map((each) => people(each)))} are not ${text}` : null);
  return [said(incomplete.filter((each) => !legs[each]), "recorded"), said(incomplete.filter((each) => legs[each]), "all over yet")].filter(Boolean).join(", and ");
}

// What a figure of a side counts, of none or of as many as `said`: `captives freed`, `1 captive freed`, `remains of 2
// captives returned`, `3 sets of remains rejected as those of captives`.
function counts(side, name, said = null) {
  const [, breakdown, dimension, key] = /^((?:remains\.)?(?:by|of_which))\.(\w+)\.(.+)$/.exec(name) ?? [];
  const text = FIGURES[name] ?? (breakdown ? FIGURES[breakdown.startsWith("remains") ? "remains.back" : "released"] : `#, ${human(name.replaceAll(".", ", "))}`);
  const told = breakdown === "of_which" ? " as breakdowns say" : "";
  return `${numbered(text, side, said)}${breakdown ? `${told}, by ${dimension}: ${term(dimension, key)}` : ""}`;
}

// A text with the people of a side for its `#`, and a number where it counts: theirs, or that of sets of remains.
export function numbered(text, side, said = null) {
  if (said === null) return text.replace("#", people(side));
  if (/^(remains of )?#/.test(text)) return text.replace("#", `${said} ${people(side, isOne(said) ? 1 : 2)}`);
  return `${said} ${isOne(said) ? "set" : "sets"} of ${text.replace("#", people(side))}`;
}

// `1 captive escaped`, `at least 3 sets of remains rejected as those of captives`.
export const countedAs = (side, name, value) => `${counts(side, name, many(value))}${bounds(value) ? ` (${bounds(value)})` : ""}`;

// A figure as its round, if it is of one, its side, if it is of one, and the name that both sides have.
function parsed(figure) {
  const [, round, given] = /^(?:rounds\.(\d+)\.)?(.+)$/.exec(figure);
  const name = OLDER[given] ?? (given.startsWith("remains.") ? `captives.${given}` : given);
  const [side, ...rest] = name.split(".");
  return SIDES.includes(side) && rest.length ? { round, side, name: rest.join(".") } : { round, name };
}

export function figureName(figure) {
  const { round, side, name } = parsed(figure);
  const [first, ...steps] = name.split(".");
  const own = side ? counts(side, name) : FIGURES[name] ?? [human(first), ...steps.map(stage)].join(", ");
  return round ? `Round ${round}: ${own}` : capital(own);
}

// What a ratio divides: `240 prisoners / 80 captives counted by the deal`.
export function divided({ fraction, numerator, denominator }) {
  if (!numerator || !denominator) return null;
  const parts = fraction?.split("/").map(Number) ?? [];
  const texts = [numerator, denominator].map((figure, index) => {
    const { side, name } = parsed(figure);
    const said = parts.length ? number(parts[index]) : null;
    return { name, who: numbered("#", side, said), text: counts(side, name, said) };
  });
  const [above, below] = texts;
  const isAlike = above.name === below.name && above.text.startsWith(above.who);
  return `${isAlike ? above.who : above.text} / ${below.text}`;
}

// The same of one below: `prisoners for each captive counted in the deal`.
export function perOne({ numerator, denominator }) {
  const [above, below] = [numerator, denominator].map(parsed);
  const one = counts(below.side, below.name, "1").replace("1 ", "").replace(/^remains of /, "set of remains of a ");
  const all = counts(above.side, above.name);
  const first = above.name === below.name && all.startsWith(above.side) ? above.side : all;
  return `${first}${first.includes(",") ? "," : ""} for each ${one}`;
}

const CATEGORIES = {
  women_civilian: "civilian women",
  women_elderly: "elderly women",
  men_civilian: "civilian men",
  men_reservists: "male reservists",
  men_active_soldiers: "male soldiers on active duty",
  foreign_worker: "foreign workers",
  dual_national: "dual nationals",
  pow: "prisoners of war",
  unknown: "not stated",
};

// A key of a breakdown, of so many: `civilian women`, `Thailand`; of one, `soldier`.
export function term(dimension, name, many = 2) {
  if (dimension === "nationality") return country(name);
  const text = (dimension === "category" && CATEGORIES[name]) || (name === "unknown" ? "not stated" : human(name));
  if (dimension !== "category" || many !== 1 || / (and|or) |^remains$/.test(text)) return text;
  return text.replace(/men\b/, "man").replace(/children\b/, "child").replace(/s\b/, "");
}
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

// What a rule says, with the ids of events as short as elsewhere.
export const rule = (text) => text.replace(/\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22}\b/g, "$1");
