// What publishing would do, in words: which figures move, and what comes with it.

import { h } from "../dom.js";
import { capital, estimate, figureName, moment, plural } from "../words.js";

const SHOWN = 12;

export function moved(shifts) {
  if (!shifts.length) return h("p", { class: "says" }, "No figure would move.");
  const rows = shifts.toSorted((a, b) => rank(a) - rank(b));
  const many = new Set(shifts.map(({ exchange }) => exchange)).size > 1;
  const [first, rest] = [rows.slice(0, SHOWN), rows.slice(SHOWN)];
  return [
    table(first, many, `${plural(shifts.length, "figure")} would move`),
    rest.length > 0 && h("details", { "data-key": "moved" }, h("summary", {}, `${plural(rest.length, "more figure", "more figures")}`), table(rest, many, "The other figures that would move")),
  ];
}

// Who was freed, then other totals of an exchange, those of its rounds, and breakdowns.
const ORDER = [/^\w+\.released$/, /^(?!both)\w+\.\w+$/, /^(?!rounds\.)(?!.*\.(by|of_which)\.)/, /^rounds\.(?!.*\.(by|of_which)\.)/, /./];
const rank = ({ figure }) => ORDER.findIndex((shape) => shape.test(figure)) + (figure.startsWith("both.") ? 0.5 : 0);

function table(rows, many, caption) {
  return h(
    "table",
    { class: "moved" },
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, many && h("th", { scope: "col" }, "Exchange"), h("th", { scope: "col" }, "Figure"), h("th", { scope: "col" }, "Now"), h("th", { scope: "col" }, "Then"))),
    h("tbody", {}, rows.map(({ exchange, figure, before, after }) =>
      h("tr", {}, many && h("td", { "data-label": "Exchange" }, exchange), h("th", { scope: "row" }, figureName(figure)), h("td", { "data-label": "now" }, value(before)), h("td", { "data-label": "then" }, h("strong", {}, value(after)))))),
  );
}

const value = (each) => (each ? estimate(each) : h("span", { class: "missing" }, "not recorded"));

export function notices(told) {
  if (!told) return null;
  const { doubles, successions, strayed, other_rounds: otherRounds, mixed, dangling, premature, circular } = told;
  const said = [...dangling.map(wordsOfDangling), ...strayed.map(wordsOfStrayed), ...successions.map(wordsOfSuccession), ...mixed.map(wordsOfMixed), ...otherRounds.map(wordsOfOtherRound), ...doubles.map(wordsOfDouble), ...circular.map(wordsOfCircular), ...premature.map(wordsOfPremature)];
  if (!said.length) return null;
  return [h("h3", {}, "To be looked at"), h("ul", { class: "notices" }, said.map((text) => h("li", {}, h("bdi", {}, `${capital(text)}.`))))];
}

function wordsOfDouble({ occurrences: [one, other], publishers, round, count }) {
  const alike = round === null ? "of one day" : `of round ${round}`;
  return `likely double: ${one} (${publishers[0]}) and ${other} (${publishers[1]}), ${alike} and both ${estimate(count)}, may be one thing, and count as two. Give both the same occurrence if it is one`;
}

function wordsOfSuccession({ occurrence, before, now, rule }) {
  const after = now ? `${occurrence} would count ${counting(now)}` : `no claim on ${occurrence} would count`;
  return `${after} (${rule}); now it counts ${counting(before)}`;
}

const wordsOfStrayed = ({ occurrence, claim, adopted }) =>
  `would not count: ${counting(claim)}, since ${occurrence} is about the other side (${counting(adopted)}). Give it an occurrence of its own`;

const wordsOfOtherRound = ({ occurrence, claim, round, adopted, adopted_round: other }) =>
  `${counting(claim)} is of round ${round}, and ${occurrence} counts in round ${other} (${counting(adopted)}). One of both rounds is mistaken, or it is two things, each with its occurrence`;

const DIFFER = { figure: "two figures of one publisher, and neither corrects the other", by: "other parties give the people", category: "they are of different categories" };
const wordsOfMixed = ({ occurrence, claim, other, differ }) =>
  `${counting(claim)} and ${counting(other)} are rivals on ${occurrence}, of which one counts: ${DIFFER[differ]}. Most likely it is two things, each with its occurrence${differ === "figure" ? ", or a correction" : ""}`;

const wordsOfCircular = ({ publisher, party }) => `by ${publisher}: people by ${party} and to ${party}. One of both is mistaken`;

const DOES = { claim_retracted: "retracts", claim_adopted: "adopts", claim_disputed: "disputes" };
const wordsOfDangling = ({ type, target }) => `this ${DOES[type] ?? "corrects"} a claim that is not in the ledger: ${target}`;

const wordsOfPremature = ({ published, occurred, publisher }) =>
  `published on ${published} by ${publisher}, and said to have happened later, ${moment(occurred)}. Is one of both mistyped`;

const counting = ({ publisher, amount }) => (amount ? `${estimate(amount)} by ${publisher}` : publisher);
