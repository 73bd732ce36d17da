// What events say, in plain words and in one line.

import { country } from "./countries.js";
import { FIGURES } from "./figures.js";
import { brought, capital, count, estimate, figureName, human, isOne, listed, number, numbered, plural, SIDES, stage, term } from "./words.js";

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
  received: "received, not identified yet",
  identified: "identified",
};

function moved(event) {
  const many = sumOf(event);
  const status = event.status === "planned" ? " (planned)" : event.status === "failed" ? " (did not happen)" : "";
  return `${whom(event, many)}${status}`;
}

// How many all groups of an event are, in words.
function sumOf({ groups = [] }) {
  if (!groups.length) return "no number";
  const counts = groups.map((group) => group.count);
  const isPlain = counts.every((each) => (each.qualifier ?? "exact") === "exact" && Number.isInteger(each.best));
  return isPlain ? number(counts.reduce((total, each) => total + each.best, 0)) : counts.map((each) => count(each)).join(" + ");
}

// Who moved, and as many as `said` where that is given: `captives freed`, `1 captive freed: children (a part)`.
export function whom(event, said = null) {
  const [, who, how] = /^(captives|prisoners|people|remains|handover)_(\w+)$/.exec(event.type);
  const side = SIDES.includes(who) ? who : event.side ?? "captives";
  const found = how === "identified" && event.matched === false ? "examined and found to be others’" : MOVED[how] ?? human(how);
  const text = numbered(who === "handover" ? FIGURES["remains.rejected"] : `${who === "remains" ? "remains of #" : "#"} ${found}`, side, said);
  if (!event.part) return text;
  const { by } = event.part;
  const named = (group) => (by === "nationality" ? (group.nationality ?? []).map(country).join("/") : group[by] ? term(by, group[by]) : "");
  const names = [...new Set(event.groups.map(named))].filter(Boolean);
  return `${text}: ${names.length ? `${listed(names)} (a part)` : `a part, by ${human(by)}`}`;
}

// What the counts of an event are about, without any of them.
export function matter(event) {
  const what = event.groups ? whom(event) : event.type === "aid_delivered" ? `aid, ${human(event.item)}` : event.type === "tally_stated" ? `stated total: ${event.label ?? figureName(event.figure)}` : human(event.type);
  return `${capital(what)}${event.round ? `, round ${event.round}` : ""}`;
}

// The number of a claim as its source has it ("nearly 50"), where it is one number; else as it is counted, or the sum.
export function asSaid(event, value = sumOf(event)) {
  const counts = event?.groups?.map((group) => group.count) ?? [event?.count ?? event?.amount].filter(Boolean);
  return counts.length === 1 ? count(counts[0], "unknown") : typeof value === "string" ? value : estimate(value);
}

// What is promised or brought, with its number: `200 prisoners`, `remains of 1 captive`, `6,000,000 USD of funds`.
export function itemOf(said, item, currency) {
  const name = human(item);
  if (currency) return `${said} ${currency} of ${name}`;
  if (name.endsWith(" remains")) return `remains of ${said} ${name.replace(" remains", isOne(said) ? "" : "s")}`;
  return `${said} ${isOne(said) && !/(logistics|funds)$/.test(name) ? name.replace(/s$/, "") : name}`;
}

function pledge({ item, count: promised, per, currency }) {
  const many = count(promised, "");
  return many ? `${itemOf(many, item, currency)}${perUnit(per)}` : `${human(item)}${perUnit(per)} (number not stated)`;
}

// What a promise is for, after what is promised: ` per captive`; nothing where it is for the whole deal.
export function perUnit(per = "deal") {
  if (per === "deal") return "";
  return per.endsWith("_remains") ? ` for the remains of each ${human(per.replace("_remains", ""))}` : ` per ${human(per)}`;
}

function pledges({ pledges: items = [], categories = [] }) {
  const said = [...items.map(pledge), ...(categories.length ? [`${listed(categories.map((each) => term("category", each)))} for later releases`] : [])];
  return said.length ? `: ${said.join(", ")}` : "";
}

const letting = (leg) => (leg.endsWith("remains") ? "Return" : "Release");

const TELL = {
  exchange_opened: (e) => `Exchange opened: ${e.title}`,
  key_revoked: (e) => `Key revoked: ${e.key}`,
  party_registered: (e) => `Party registered: ${e.name}`,
  release_planned: (e) => `${brought(e.leg, count(e.count))} planned`,
  release_delayed: (e) => `${letting(e.leg)} of ${brought(e.leg, e.count ? count(e.count) : null)} delayed`,
  release_cancelled: (e) => `${letting(e.leg)} of ${brought(e.leg)} cancelled`,
  count_credited: (e) => `${brought(e.side ?? "captives", count(e.count))} of round ${e.from_round} counted in round ${e.to_round}`,
  pause_started: (e) => `Pause started${e.hours ? `, planned for ${plural(e.hours, "hour")}` : ""}`,
  pause_extended: (e) => `Pause extended by ${plural(e.hours, "hour")}`,
  pause_ended: () => "Pause ended",
  pause_violated: (e, name) => `${name(e.alleged_by)} says that ${name(e.by)} broke the pause`,
  meeting_held: (e, name) =>
    `${e.indirect ? "Indirect talks" : "Meeting"}${e.venue ? ` in ${e.venue}` : ""}: ${listed(e.participants.map(name))}`,
  terms_proposed: (e, name) => `${e.proposer ? `${name(e.proposer)} proposed terms` : "Terms proposed"}${pledges(e)}`,
  terms_agreed: (e) => `Terms agreed${pledges(e)}`,
  terms_refused: (e, name) => `${name(e.refused_by)} refused terms${pledges(e)}`,
  position_declared: (e, name) => `Position of ${name(e.party)} on ${human(e.topic ?? "exchange")}`,
  comment_sought: (e, name) => `${name(e.party)} was asked for comment: ${human(e.response)}`,
  aid_delivered: (e) => `Aid: ${itemOf(count(e.amount), e.item)}, ${stage(e.stage ?? "unknown")}`,
  aid_suspended: () => "Aid suspended",
  funds_released: (e) => `Funds: ${count(e.amount)} ${e.currency}, ${human(e.state ?? "unknown")}`,
  tally_stated: (e) => `Total stated: ${e.label ?? figureName(e.figure)}: ${count(e.count, "unknown")}`,
  claim_adopted: () => "Decision on which claim counts",
  claim_disputed: () => "Claim disputed",
  claim_retracted: () => "Claim retracted",
  event_redacted: () => "An event was removed",
  redacted: () => "Removed from this ledger",
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
