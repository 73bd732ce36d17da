// Terms promised against what was delivered, and the sets of terms themselves.

import { h, svg } from "./dom.js";
import { itemOf, perUnit } from "./events.js";
import { downloads, drawn, evidence, heading, missing, percent, ranged, within } from "./parts.js";
import { capital, count, counted, estimate, human, isDefined, isOne, isUnknown, listed, moment, people, ratio, SIDES, sure, term } from "./words.js";

const DELIVERED = {
  captives: "captives.deal",
  captive_remains: "captives.remains.returned",
  prisoners: "prisoners.deal",
  prisoner_remains: "prisoners.remains.returned",
};

export function promises(context) {
  const { terms, tally } = context;
  if (!terms.length && !tally.promises.length) return null;
  const top = heading("promises-title", "Promised and delivered", downloads(context, "terms", "the terms"));
  return [
    top,
    tally.promises.length > 0 && table(context, tally.promises),
    terms.length > 0 && h("h3", {}, "Terms, in the order in which they were recorded"),
    h("ol", { class: "terms" }, terms.map((each) => termsItem(each, context))),
  ];
}

function table({ figures, events }, promises) {
  const most = (each) => Math.max(drawn(each.promised), each.promised.high ?? 0, drawn(each.delivered), 1);
  return h(
    "table",
    { class: "promises", role: "table" },
    h("caption", { class: "unseen" }, "What the terms in force promise, what was delivered, what is outstanding"),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["", "Promised", "Delivered", "Outstanding"].map((text) => (text ? h("th", { scope: "col", role: "columnheader" }, text) : h("td", { role: "cell" }))))),
    h("tbody", { role: "rowgroup" }, promises.map((each) => h(
      "tr",
      { role: "row" },
      h("th", { scope: "row", role: "rowheader" }, capital(human(each.item)), each.delivered && meter(each, most(each))),
      cell("Promised", evidence(each.by, `the promise of ${human(each.item)}`, promised(each, events), `promise-${each.item}`)),
      cell("Delivered", figures.get(DELIVERED[each.item]) ? ranged(DELIVERED[each.item], each.delivered, { key: `delivered-${each.item}` }) : known(each.delivered)),
      cell("Outstanding", known(each.outstanding)),
    ))),
  );
}

const cell = (label, ...children) => h("td", { role: "cell", "data-label": label }, children);

const known = (value) => (value ? [estimate(value), within(value)] : missing());

// The promise as an outline, what was delivered of it as a fill.
function meter({ item, promised, delivered }, most) {
  const side = SIDES.find((each) => item.startsWith(people(each, 1)));
  const asked = sure(promised) ? promised.best : promised.high ?? promised.low;
  return svg(
    "svg",
    { class: `meter ${side ?? ""}`, width: "100%", height: 12, "aria-hidden": "true" },
    svg("rect", { class: "done", x: 0, y: 3, width: percent(drawn(delivered), most), height: 6 }),
    svg("rect", { class: sure(promised) ? "promise" : "promise hedged", x: "0.5", y: "0.5", width: percent(asked, most), height: 11 }),
  );
}

const STATUS = { proposed: "Proposed", agreed: "Agreed", refused: "Refused" };
const CONFIDENCE = { exact: "", low: " (from hedged numbers)", undefined: "" };

function termsItem(view, { name, events }) {
  const by = [view.proposer && `proposed by ${name(view.proposer)}`, view.refused_by.length && `refused by ${listed(view.refused_by.map(name))}`];
  return h(
    "li",
    {},
    h("p", { class: "status" }, h("span", { class: `tag ${view.status}` }, STATUS[view.status] ?? view.status), view.separate && h("span", {}, "beside the others"), h("span", { class: "when" }, moment(view.at)), by.filter(Boolean).length > 0 && h("span", {}, by.filter(Boolean).join(", "))),
    view.pledges.length > 0 && h("ul", { class: "pledges" }, view.pledges.map((each) => h("li", {}, pledged(each, events)))),
    view.categories.length > 0 && h("p", {}, "For later releases: ", listed(view.categories.map((each) => term("category", each))), "."),
    !view.pledges.length && !view.categories.length && h("p", { class: "none" }, "No numbers are recorded."),
    view.delivered && h("p", {}, delivered(view)),
    h("p", { class: "implied" }, isDefined(view.implied_ratio) && `Implied: prisoners per captive ${ratio(view.implied_ratio)}${CONFIDENCE[view.confidence] ?? ""} `, evidence(view.events, `the terms ${view.terms}`)),
  );
}

// What came of a set of terms that stands for itself.
function delivered({ delivered: came, ratio: made }) {
  const told = SIDES.map((side) => (came[side] ? counted(came[side], people(side, 1)) : `${people(side)} not recorded`));
  return `Delivered of it: ${listed(told)}${made && isDefined(made) ? `; ${ratio(made)} prisoners per captive` : ""}.`;
}

// A number as its source states it, where it is that of one pledge: "nearly 2,000" is at most 1,999 to those who add up.
function inWords(value, ids, events, isIt) {
  const said = ids.flatMap((id) => events.get(id)?.event.pledges ?? []).filter((each) => isIt({ per: "deal", category: "unknown", ...each }));
  return said.length === 1 ? count(said[0].count, estimate(value)) : estimate(value);
}

const promised = ({ item, promised: value, by }, events) => (by.length === 1 ? inWords(value, by, events, (each) => each.item === item && each.per === "deal") : estimate(value));

function pledged({ count: value, item, per, category, currency, event }, events) {
  const said = inWords(value, [event], events, (each) => each.item === item && each.per === per && each.category === category);
  const many = isUnknown(value) ? human(item) : itemOf(said, item, currency);
  const one = per === "deal" && !isOne(said) ? 2 : 1;
  return [many, perUnit(per), category === "unknown" ? "" : ` (${term("category", category, one)})`, isUnknown(value) ? ", number not stated" : ""].join("");
}
