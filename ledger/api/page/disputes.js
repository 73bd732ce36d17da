// Where sources differ: open disputes, counts that contradict each other, totals that do not match.

import { h } from "./dom.js";
import { downloads, evidence, heading } from "./parts.js";
import { capital, date, describe, estimate, figureName, human, number, plural, whom } from "./words.js";

export function disputes(context) {
  const { claims, stated } = context;
  const open = claims.filter(({ disputes }) => disputes > 0);
  const contested = claims.filter(({ claims: [first] }) => first?.type !== "tally_stated").map((each) => [each, standing(each)]).filter(([, counts]) => counts.size > 1);
  return [
    heading("disputes-title", "Where sources differ", claims.length > 0 && downloads(context, "claims", "all claims")),
    h("h3", {}, "Disputes"),
    open.length ? h("ul", { class: "disputes" }, open.map((each) => dispute(each, context))) : h("p", { class: "none" }, "No dispute is open."),
    h("h3", {}, "Counts on which sources differ"),
    contested.length ? h("ul", { class: "contested" }, contested.map(([each, counts]) => contest(each, counts, context))) : h("p", { class: "none" }, "None."),
    totals(context, stated),
  ];
}

// The different counts of the claims that stand, the adopted one first, with how many say so.
function standing({ claims }) {
  const counts = new Map();
  for (const { adopted, why, count } of claims.toSorted((a, b) => b.adopted - a.adopted)) {
    if (count && (adopted || why.startsWith("not adopted"))) counts.set(estimate(count), (counts.get(estimate(count)) ?? 0) + 1);
  }
  return counts;
}

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
  const text = matter(view, context);
  const hasAdopted = view.claims.some(({ adopted }) => adopted);
  const all = [...counts].map(([count, said], index) => [
    index > 0 && " · ",
    index === 0 && hasAdopted ? [h("strong", {}, count), " counts"] : [count, ` ${said === 1 ? "by another claim" : `by ${number(said)} others`}`],
  ]);
  return h("li", {}, h("p", { class: "what" }, h("bdi", {}, text)), h("p", { class: "detail" }, all), evidence(ids(view), text, plural(view.claims.length, "claim")));
}

// What the counts are about, without any of them.
function matter({ claims, occurrence }, { events }) {
  const event = events.get(claims[0].event)?.event;
  if (!event) return occurrence;
  const what = event.groups ? whom(event) : event.type === "aid_delivered" ? `aid, ${human(event.item)}` : human(event.type);
  return `${capital(what)}${event.round ? `, round ${event.round}` : ""}`;
}

// -- totals that sources state ---------------------------------------------------------------------

function totals(context, stated) {
  if (!stated.length) return null;
  const agree = stated.filter(({ agrees }) => agrees === true).length;
  const differ = stated.filter(({ agrees }) => agrees === false);
  const open = stated.length - agree - differ.length;
  return h(
    "div",
    { class: "stated-totals" },
    heading("stated-title", "Totals that sources state, against the ledger’s", downloads(context, "stated", "the stated totals")),
    h("p", { class: "says" }, `${number(agree)} of ${number(stated.length)} agree, ${number(differ.length)} differ; for ${number(open)} the ledger has nothing to compute them from.`),
    differ.length > 0 && table("Stated totals that differ", differ),
    h("details", { "data-key": "stated" }, h("summary", {}, `All ${number(stated.length)} stated totals`), table("All stated totals", stated)),
  );
}

const VERDICT = (view) => (view.agrees === null ? "cannot be computed" : view.agrees ? "agrees" : `differs by ${view.difference === null ? "?" : `${view.difference > 0 ? "+" : "−"}${number(Math.abs(view.difference))}`}`);

// A table on a narrow page is laid out in lines, so that its parts have to say what they are.
const table = (caption, rows) =>
  h(
    "table",
    { class: "plain", role: "table" },
    h("caption", { class: "unseen" }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["Source", "Figure", "As of", "Stated", "Ledger", "Verdict"].map((text) => h("th", { scope: "col", role: "columnheader" }, text)))),
    h("tbody", { role: "rowgroup" }, rows.map((view) => h(
      "tr",
      { role: "row" },
      h("th", { scope: "row", role: "rowheader" }, h("bdi", {}, view.publisher)),
      h("td", { role: "cell", class: "about" }, h("bdi", {}, view.label ?? figureName(view.figure))),
      h("td", { role: "cell", class: "as-of" }, asOf(view.as_of)),
      h("td", { role: "cell", class: "amount stated" }, evidence([view.event], `the total stated by ${view.publisher}`, estimate(view.stated), `${caption}-${view.event}`)),
      h("td", { role: "cell", class: "amount computed" }, view.computed ? estimate(view.computed) : "–"),
      h("td", { role: "cell", class: "verdict" }, VERDICT(view)),
    ))),
  );

const asOf = (text) => (/^\d{4}-/.test(text) ? date(text) : text);
