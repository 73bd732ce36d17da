// Where sources differ: open disputes, counts that contradict each other, totals that do not match.

import { corrections, correctionsOf } from "./corrections.js";
import { h } from "./dom.js";
import { asSaid, describe, matter, whom } from "./events.js";
import { downloads, evidence, heading, missing, within } from "./parts.js";
import { date, estimate, figureName, listed, number, plural, rule as inShort } from "./words.js";

export function disputes(context) {
  const { claims, stated, doubles } = context;
  const open = claims.filter(({ disputes }) => disputes > 0);
  const contested = claims.filter(({ claims: [first] }) => first?.type !== "tally_stated").map((each) => [each, standing(each, context)]).filter(([, counts]) => counts.size > 1);
  const corrected = correctionsOf(context);
  return [
    heading("disputes-title", "Where sources differ", claims.length > 0 && downloads(context, "claims", "all claims")),
    open.length + contested.length + doubles.length + corrected.length === 0 && h("p", { class: "none" }, "No dispute is open, no claim was corrected, no count differs, and nothing looks counted twice."),
    part("open-disputes", "Disputes", open, () => h("ul", { class: "disputes" }, open.map((each) => dispute(each, context)))),
    part("contested", "Counts on which sources differ", contested, () => h("ul", { class: "contested" }, contested.map(([each, counts]) => contest(each, counts, context)))),
    part("doubles", "Likely doubles", doubles, () => h("ul", { class: "contested" }, doubles.map((each) => double(each, context)))),
    part("corrections", "Corrections", corrected, () => corrections(corrected)),
    totals(context, stated),
  ];
}

const part = (id, title, found, drawn) => found.length > 0 && [h("h3", { id }, title), drawn()];

// The different counts of the claims that stand, the adopted one first, with how many say so.
function standing({ claims }, { events }) {
  const counts = new Map();
  const counting = claims.find(({ adopted }) => adopted)?.count;
  for (const { adopted, why, count, event } of claims.toSorted((a, b) => b.adopted - a.adopted)) {
    if (!count || !(adopted || (why.startsWith("not adopted") && !agrees(count, counting)))) continue;
    const said = asSaid(events.get(event)?.event, count);
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return counts;
}

// A bound that the number that counts keeps, as "at least 12" does beside 14; and what states no number.
const agrees = ({ best, low, high }, counting) =>
  best === null && (high === null || low === 0) && (!counting || counting.best === null || (low <= counting.best && counting.best <= (high ?? Infinity)));

const ids = ({ claims, decisions }) => [...claims, ...decisions].map(({ event }) => event);

function subject({ claims, occurrence }, { events, name }) {
  const adopted = claims.find((each) => each.adopted) ?? claims[0];
  const event = adopted && events.get(adopted.event)?.event;
  return event ? `${describe(event, name)}${event.round ? `, round ${event.round}` : ""}` : occurrence;
}

function dispute(view, context) {
  const said = view.decisions.filter(({ type }) => type === "claim_disputed");
  const text = subject(view, context);
  return h("li", {}, h("p", { class: "what" }, h("bdi", {}, text)), said.map(({ why, source }) => h("p", { class: "detail" }, h("q", {}, h("bdi", {}, why)), " – ", h("bdi", {}, source.publisher))), evidence(ids(view), text, "Who says what"));
}

function contest(view, counts, context) {
  const event = context.events.get(view.claims[0].event)?.event;
  const text = event ? matter(event) : view.occurrence;
  const hasAdopted = view.claims.some(({ adopted }) => adopted);
  const all = [...counts].map(([count, said], index) => [
    index > 0 && " · ",
    index === 0 && hasAdopted ? [h("strong", {}, count), " counts"] : [count, ` ${said === 1 ? "by another claim" : `by ${number(said)} others`}`],
  ]);
  return h("li", {}, h("p", { class: "what" }, h("bdi", {}, text)), h("p", { class: "detail" }, all), evidence(ids(view), text, plural(view.claims.length, "claim")));
}

// Two things that may be one, since nobody gave them a shared name: both count.
function double({ type, count, round, day, publishers, events, exchanges }, { exchange, events: known }) {
  const event = known.get(events.find((id) => known.has(id)))?.event ?? { type };
  const text = `${whom(event, estimate(count))}, ${[round && `round ${round}`, date(day)].filter(Boolean).join(", ")}`;
  const elsewhere = exchanges.filter((each) => each !== exchange);
  return h(
    "li",
    {},
    h("p", { class: "what" }, text),
    h("p", { class: "detail" }, "Told by ", h("bdi", {}, publishers[0]), " and by ", h("bdi", {}, publishers[1]), ` as two things${elsewhere.length ? `, one of them of ${listed(elsewhere)}` : ""}. Both count.`),
    evidence(events, text, "Both claims"),
  );
}

// -- totals that sources state ---------------------------------------------------------------------

function totals(context, stated) {
  if (!stated.length) return null;
  const differ = stated.filter(({ verdict }) => verdict === "differs");
  return h(
    "div",
    { class: "stated-totals" },
    heading("stated-title", "Totals that sources state, against the ledger’s", downloads(context, "stated", "the stated totals")),
    h("p", { class: "says" }, tellVerdicts(stated)),
    differ.length > 0 && table("Stated totals that differ", differ, context),
    differ.length < stated.length && h("details", { "data-key": "stated" }, h("summary", {}, stated.length === 1 ? "The stated total" : `All ${number(stated.length)} stated totals`), table("All stated totals", stated, context)),
  );
}

const VERDICTS = [
  ["agrees", "agree"],
  ["consistent", "consistent", "is ", "are "],
  ["not contradicted", "not contradicted", "is ", "are "],
  ["differs", "differ"],
  ["not compared", "not compared", "is ", "are "],
];

// `5 of 8 agree, 2 differ, 1 is not compared.`
function tellVerdicts(stated) {
  const told = VERDICTS.map(([verdict, many, is = "", are = ""]) => {
    const count = stated.filter((each) => each.verdict === verdict).length;
    return count && [count, count === 1 ? `${is}${verdict}` : `${are}${many}`];
  }).filter(Boolean);
  if (stated.length === 1) return `The one that is stated ${told[0][1]}.`;
  return `${told.map(([count, text], index) => `${number(count)}${index ? "" : ` of ${number(stated.length)}`} ${text}`).join(", ")}.`;
}

function verdict({ verdict: said, difference, rule }) {
  if (said === "not compared") return `not compared: ${inShort(rule)}`;
  return said === "differs" && difference !== null ? `differs by ${difference > 0 ? "+" : "−"}${number(Math.abs(difference))}` : said;
}

// A table on a narrow page is laid out in lines, so that its parts have to say what they are.
const table = (caption, rows, { name, events }) =>
  h(
    "table",
    { class: "plain", role: "table" },
    h("caption", { class: "unseen" }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["Source", "Figure", "As of", "Stated", "Ledger", "Verdict"].map((text) => h("th", { scope: "col", role: "columnheader" }, text)))),
    h("tbody", { role: "rowgroup" }, rows.map((view) => h(
      "tr",
      { role: "row" },
      h("th", { scope: "row", role: "rowheader" }, h("bdi", {}, view.publisher)),
      h("td", { role: "cell", class: "about" }, h("bdi", {}, view.label ?? figureName(view.figure)), view.party && [", by ", h("bdi", {}, name(view.party))]),
      h("td", { role: "cell", class: "as-of" }, asOf(view.as_of)),
      h("td", { role: "cell", class: "amount stated" }, evidence([view.event], `the total stated by ${view.publisher}`, asSaid(events.get(view.event)?.event, view.stated), `${caption}-${view.event}`)),
      h("td", { role: "cell", class: "amount computed" }, view.computed ? [estimate(view.computed), within(view.computed)] : missing()),
      h("td", { role: "cell", class: "verdict", title: inShort(view.rule) }, h("bdi", {}, verdict(view))),
    ))),
  );

const asOf = (text) => (/^\d{4}-/.test(text) ? date(text) : text);
