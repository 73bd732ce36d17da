// Where sources differ: open disputes, counts that contradict each other, totals that do not match.

import { h, svg } from "./dom.js";
import { downloads, evidence, figure, heading, percent } from "./parts.js";
import { describe, estimate, figureName, human, isRange, number, plural, small } from "./words.js";

export function disputes(context) {
  const { claims, stated } = context;
  const open = claims.filter(({ disputes }) => disputes > 0);
  const contested = claims.map((each) => [each, standing(each)]).filter(([, counts]) => counts.size > 1);
  return [
    heading("disputes-title", "Where sources differ", claims.length > 0 && downloads(context, "claims", "all claims")),
    h("h3", {}, "Disputes"),
    open.length ? h("ul", { class: "disputes" }, open.map((each) => dispute(each, context))) : h("p", { class: "none" }, "No dispute is open."),
    h("h3", {}, "Counts on which sources differ"),
    contested.length ? h("ul", { class: "contested" }, contested.map(([each, counts]) => contest(each, counts, context))) : h("p", { class: "none" }, "None."),
    totals(context, stated),
  ];
}

// The different counts of the claims that stand, adopted or not.
function standing({ claims }) {
  const counts = new Map();
  for (const { adopted, why, count } of claims) {
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
  return h("li", {}, h("p", { class: "what" }, h("bdi", {}, text)), said.map(({ why, source }) => h("p", { class: "detail" }, h("q", {}, h("bdi", {}, why)), " – ", h("bdi", {}, source.publisher))), evidence(ids(view), text, "Both sides"));
}

function contest(view, counts, context) {
  const text = subject(view, context);
  const all = [...counts].map(([count, sources]) => `${count} (${plural(sources, "claim")})`).join(" · ");
  return h("li", {}, h("p", { class: "what" }, h("bdi", {}, text)), h("p", { class: "detail" }, all), evidence(ids(view), text, "Claims"));
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

const table = (caption, rows) =>
  h(
    "div",
    { class: "scroller", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      { class: "plain" },
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, ["Source", "Figure", "As of", "Stated", "Ledger", ""].map((text) => (text ? h("th", { scope: "col" }, text) : h("td", {}))))),
      h("tbody", {}, rows.map((view) => h(
        "tr",
        {},
        h("th", { scope: "row" }, h("bdi", {}, view.publisher)),
        h("td", {}, h("bdi", {}, view.label ?? figureName(view.figure))),
        h("td", {}, view.as_of),
        h("td", { class: "amount" }, evidence([view.event], `the total stated by ${view.publisher}`, estimate(view.stated), `${caption}-${view.event}`)),
        h("td", { class: "amount" }, view.computed ? estimate(view.computed) : "–"),
        h("td", { class: "verdict" }, VERDICT(view)),
      ))),
    ),
  );
