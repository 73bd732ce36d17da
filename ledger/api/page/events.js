// What events say, in plain words and in one line.

import { country } from "./countries.js";
import { capital, count, estimate, figureName, human, listed, number, people, SIDES, stage, term } from "./words.js";

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
  const found = how === "identified" && event.matched === false ? "examined and found to be others’" : MOVED[how] ?? human(how);
  const text = who === "handover" ? `remains rejected as those of ${side}` : `${who === "remains" ? `remains of ${side}` : people(side, count)} ${found}`;
  if (!event.part) return text;
  const { by } = event.part;
  const named = (group) => (by === "nationality" ? (group.nationality ?? []).map(country).join("/") : group[by] ? term(by, group[by]) : "");
  const names = [...new Set(event.groups.map(named))].filter(Boolean);
  return `${text}: ${names.length ? `${listed(names)} (a part)` : `a part, by ${human(by)}`}`;
}

// The number of a claim as its source has it ("nearly 50"), where it is one number; else as it is counted.
export function asSaid(event, value) {
  const counts = event?.groups?.map((group) => group.count) ?? [event?.count ?? event?.amount].filter(Boolean);
  return counts.length === 1 ? count(counts[0], "unknown") : estimate(value);
}

// What is promised, after its number: `200 prisoners`, `6,000,000 USD of funds`.
export function itemName(item, currency, many) {
  const name = human(item);
  return currency ? `${currency} of ${name}` : many === 1 && !/(remains|logistics|funds)$/.test(name) ? name.replace(/s$/, "") : name;
}

function pledge({ item, count: promised, per, currency }) {
  const many = count(promised, "");
  const what = itemName(item, currency, promised.best);
  const each = per && per !== "deal" ? ` per ${human(per)}` : "";
  return many ? `${many} ${what}${each}` : `${human(item)}${each} (number not stated)`;
}

function pledges({ pledges: items = [], categories = [] }) {
  const said = [...items.map(pledge), ...(categories.length ? [`${listed(categories.map((each) => term("category", each)))} for later releases`] : [])];
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
