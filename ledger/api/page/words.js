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
  const { best, low, high, hedged } = value;
  if (best !== null) return hedged ? `about ${number(best)}` : number(best);
  if (high === null) return low ? `at least ${number(low)}` : "unknown";
  return low ? `${number(low)}–${number(high)}` : `at most ${number(high)}`;
}

export const isRange = ({ best, low, high }) => best !== null && (best !== low || best !== high);
export const isUnknown = ({ best, low, high }) => best === null && low === 0 && high === null;
export const sure = (value) => Boolean(value?.exact);

// From where to where the claims that stand range; nothing where that is one number.
export const bounds = (value) => (value && isRange(value) ? `${number(value.low)}${value.high === null ? " or more" : `–${number(value.high)}`}` : null);

export function range(value) {
  if (!value || value.best === null) return null;
  if (!isRange(value)) return value.hedged ? "Hedged by its source." : "The claims that stand agree.";
  const high = value.high === null ? "no upper bound" : number(value.high);
  return `The claims that stand range from ${number(value.low)} to ${high}.`;
}

// `1 captive`, `about 900 prisoners`.
export const counted = (value, one, many = `${one}s`) =>
  `${isUnknown(value) ? "an unknown number of" : estimate(value)} ${value.best === 1 && !value.hedged ? one : many}`;

export const isDefined = ({ value, low, high }) => value !== null || low !== null || high !== null;

export function ratio(value) {
  if (value.value !== null) return `${value.fraction ? "" : "about "}${decimal(value.value)}`;
  if (!isDefined(value)) return "undefined";
  if (value.low === null) return `at most ${decimal(value.high)}`;
  return value.high === null ? `at least ${decimal(value.low)}` : `${decimal(value.low)}–${decimal(value.high)}`;
}

// From where to where a ratio goes that has a value; nothing where that is one number.
export const ratioBounds = ({ value, low, high }) =>
  value === null || (value === low && value === high) ? null : ratio({ value: null, low, high });

// `240 / 81`: both legs, unreduced.
export const fraction = (value) => value.fraction.split("/").map((side) => number(Number(side))).join(" / ");

function decimal(value) {
  if (value > 0 && value < 0.1) return value.toLocaleString("en", { maximumSignificantDigits: 2 });
  const digits = Number.isInteger(value) ? 0 : value < 100 ? 2 : 1;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const STRICT = { over: -1, well_over: -1, more_than: -1, nearly: 1, under: 1 };

// A count as its source states it, from the event itself.
export function count({ best = null, low = null, high = null, qualifier = "exact" }, unknown = "an unknown number of") {
  if (qualifier === "unknown" || (qualifier === "exact" && best === null)) return unknown;
  if (qualifier === "exact") return number(best);
  if (qualifier === "estimate") return `${number(best)} (${number(low)} to ${number(high)})`;
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

export const SIDES = ["captives", "prisoners"];

// The figures of a side, `#` being its people.
const FIGURES = {
  taken: "# taken",
  held: "# held, alive or dead",
  released: "# freed",
  deal: "# counted by the deal",
  nationals: "# freed of the side’s own nationality",
  others: "# freed of other nationalities",
  outside: "# freed outside the deal’s ratio",
  unsaid: "# freed of whom nobody says whether the deal counts them",
  credited_in: "# of another round counted here",
  credited_out: "# counted in another round",
  rescued: "# rescued",
  escaped: "# escaped",
  transferred: "# transferred to the custody of others",
  died: "# who died",
  died_free: "# who died in freedom",
  retaken: "# taken again",
  freed: "# freed, rescued or escaped",
  nationals_back: "# of the side’s own nationality freed, and remains back",
  returned: "# freed, and remains returned",
  returned_nationals: "# of the side’s own nationality freed, and remains returned",
  "remains.held": "remains of # held",
  "remains.returned": "remains of # returned",
  "remains.nationals": "remains of # of the side’s own nationality returned",
  "remains.others": "remains of # of other nationalities returned",
  "remains.recovered": "remains of # recovered",
  "remains.back": "remains of # returned or recovered",
  "remains.rejected": "remains said to be of #, rejected as wrong or partial",
  "remains.unidentified": "remains said to be of #, not identified yet",
};
const LEGS = { captives: "captives", prisoners: "prisoners", remains: "remains of captives", prisoner_remains: "remains of prisoners" };
const OLDER = { "captives.foreigners": "captives.others", "captives.side": "captives.outside", "remains.given": "prisoners.remains.returned" };

// The people of a side, or what a leg brings, after a number: `captive` of one.
export const people = (leg, many = 2) => (many === 1 && SIDES.includes(leg) ? leg.slice(0, -1) : LEGS[leg] ?? human(leg));

// What a figure of a side counts: `captives freed`; of one, `captive freed`.
function counts(side, name, count = 2) {
  const [, breakdown, dimension, key] = /^((?:remains\.)?(?:by|of_which))\.(\w+)\.(.+)$/.exec(name) ?? [];
  const text = FIGURES[name] ?? (breakdown ? FIGURES[breakdown.startsWith("remains") ? "remains.back" : "released"] : `#, ${human(name.replaceAll(".", ", "))}`);
  const named = text.replace("#", people(side, text.startsWith("#") ? count : 2));
  return breakdown ? `${named}, by ${dimension}: ${term(dimension, key)}` : named;
}

// A figure as its round, if it is of one, its side, if it is of one, and the name that both sides have.
function parsed(figure) {
  const [, round, given] = /^(?:rounds\.(\d+)\.)?(.+)$/.exec(figure);
  const name = given.startsWith("remains.") ? OLDER[given] ?? `captives.${given}` : OLDER[given] ?? given;
  const [side, ...rest] = name.split(".");
  return SIDES.includes(side) && rest.length ? { round, side, name: rest.join(".") } : { round, name };
}

export function figureName(figure) {
  const { round, side, name } = parsed(figure);
  const [first, ...steps] = name.split(".");
  const own = side ? counts(side, name) : name === "both.released" ? "captives and prisoners freed" : [human(first), ...steps.map(stage)].join(", ");
  return round ? `Round ${round}: ${own}` : capital(own);
}

// What a ratio divides: `240 prisoners / 80 captives counted by the deal`.
export function divided({ fraction, numerator, denominator }) {
  if (!numerator || !denominator) return null;
  const many = fraction?.split("/").map(Number) ?? [];
  const texts = [numerator, denominator].map((figure, index) => {
    const { side, name } = parsed(figure);
    return { name, who: people(side, many[index]), text: counts(side, name, many[index]), number: many.length ? `${number(many[index])} ` : "" };
  });
  const [above, below] = texts;
  const isAlike = above.name === below.name && above.text.startsWith(above.who);
  return `${above.number}${isAlike ? above.who : above.text} / ${below.number}${below.text}`;
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

const MOVED = {
  taken: "taken",
  released: "freed",
  rescued: "rescued",
  escaped: "escaped",
  died: "died",
  retaken: "taken again",
  transferred: "transferred to the custody of others",
  died_free: "died in freedom",
  returned: "returned",
  recovered: "recovered",
  received: "not identified yet",
  identified: "identified",
  rejected: "rejected as wrong or partial",
};

function moved(event) {
  const counts = event.groups.map((group) => group.count);
  const plain = counts.every((each) => (each.qualifier ?? "exact") === "exact" && Number.isInteger(each.best));
  const sum = plain ? counts.reduce((total, each) => total + each.best, 0) : null;
  const many = plain ? number(sum) : counts.map(count).join(" + ");
  const status = event.status === "planned" ? " (planned)" : event.status === "failed" ? " (did not happen)" : "";
  return `${many} ${whom(event, sum)}${status}`;
}

// Who moved, without how many: `captives freed`, `captives freed: children (a part)`.
export function whom(event, count = null) {
  const [, who, how] = /^(captives|prisoners|people|remains|handover)_(\w+)$/.exec(event.type);
  const side = SIDES.includes(who) ? who : event.side ?? "captives";
  const isDead = who === "remains" || who === "handover";
  const found = how === "identified" && event.matched === false ? "found not to be theirs" : MOVED[how] ?? human(how);
  const isSure = how !== "rejected" && how !== "received";
  const text = `${isDead ? `remains ${isSure ? "of" : "said to be of"} ${side}${isSure ? "" : ","}` : people(side, count)} ${found}`;
  if (!event.part) return text;
  const { by } = event.part;
  const named = (group) => (by === "nationality" ? (group.nationality ?? []).map(country).join("/") : human(group[by] ?? ""));
  const names = [...new Set(event.groups.map(named))].filter(Boolean);
  return `${text}: ${names.length ? `${listed(names)} (a part)` : `a part, by ${human(by)}`}`;
}

export function pledge({ item, count: promised, per, currency }) {
  const many = count(promised, "");
  const what = currency ? `${currency} of ${human(item)}` : promised.best === 1 ? human(item).replace(/s$/, "") : human(item);
  const each = per && per !== "deal" ? ` per ${human(per)}` : "";
  return many ? `${many} ${what}${each}` : `${human(item)}${each} (number not stated)`;
}

function pledges({ pledges: items = [], categories = [] }) {
  const said = [...items.map(pledge), ...(categories.length ? [`${listed(categories.map(human))} for later releases`] : [])];
  return said.length ? `: ${said.join(", ")}` : "";
}

const TELL = {
  exchange_opened: (e) => `Exchange opened: ${e.title}`,
  key_revoked: (e) => `Key revoked: ${e.key}`,
  party_registered: (e) => `Party registered: ${e.name}`,
  release_planned: (e) => `${count(e.count)} ${people(e.leg, e.count.best)} planned`,
  release_delayed: (e) => `Release of ${people(e.leg)} delayed`,
  release_cancelled: (e) => `Release of ${people(e.leg)} cancelled`,
  count_credited: (e) => `${count(e.count)} ${people(e.side ?? "captives", e.count.best)} of round ${e.from_round} counted in round ${e.to_round}`,
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
    if (event.groups) return moved(event);
    return TELL[event.type]?.(event, name) ?? capital(human(event.type));
  } catch {
    return capital(human(event.type));
  }
}
