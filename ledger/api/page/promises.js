// Terms promised against what was delivered, and the sets of terms themselves.

import { h, svg } from "./dom.js";
import { downloads, drawn, evidence, figure, heading, percent } from "./parts.js";
import { capital, estimate, human, listed, moment, ratio, sure } from "./words.js";

const DELIVERED = {
  captives: "captives.deal",
  captive_remains: "remains.returned",
  prisoners: "prisoners.released",
  prisoner_remains: "remains.given",
};

export function promises(context) {
  const { terms, tally } = context;
  if (!terms.length && !tally.promises.length) return null;
  const top = heading("promises-title", "Promised and delivered", downloads(context, "terms", "the terms"));
  return [
    top,
    tally.promises.length > 0 && table(context, tally.promises),
    terms.length > 0 && h("h3", {}, "Terms, in the order in which they were recorded"),
    h("ol", { class: "terms" }, terms.map((each) => termsItem(each, context.name))),
  ];
}

function table({ figures }, promises) {
  const most = (each) => Math.max(drawn(each.promised), each.promised.high ?? 0, drawn(each.delivered), 1);
  return h(
    "table",
    { class: "promises" },
    h("caption", { class: "unseen" }, "What the terms in force promise, what was delivered, what is outstanding"),
    h("thead", {}, h("tr", {}, ["", "Promised", "Delivered", "Outstanding"].map((text) => (text ? h("th", { scope: "col" }, text) : h("td", {}))))),
    h("tbody", {}, promises.map((each) => h(
      "tr",
      {},
      h("th", { scope: "row" }, capital(human(each.item)), meter(each, most(each))),
      h("td", {}, evidence(each.by, `the promise of ${human(each.item)}`, estimate(each.promised), `promise-${each.item}`)),
      h("td", {}, each.delivered && figures.has(DELIVERED[each.item]) ? figure(DELIVERED[each.item], each.delivered, { key: `delivered-${each.item}` }) : estimate(each.delivered)),
      h("td", {}, estimate(each.outstanding)),
    ))),
  );
}

// The promise as an outline, what was delivered of it as a fill.
function meter({ item, promised, delivered }, most) {
  const side = item.startsWith("captive") ? "own" : item.startsWith("prisoner") ? "prisoner" : "neutral";
  const asked = sure(promised) ? promised.best : promised.high ?? promised.low;
  return svg(
    "svg",
    { class: "meter", width: "100%", height: 12, "aria-hidden": "true" },
    svg("rect", { class: side, x: 0, y: 3, width: percent(drawn(delivered), most), height: 6 }),
    svg("rect", { class: sure(promised) ? "promise" : "promise hedged", x: "0.5", y: "0.5", width: percent(asked, most), height: 11 }),
  );
}

const STATUS = { proposed: "Proposed", agreed: "Agreed", refused: "Refused" };
const CONFIDENCE = { exact: "", low: " (from hedged numbers)", undefined: "" };

function termsItem(view, name) {
  const by = [view.proposer && `proposed by ${name(view.proposer)}`, view.refused_by.length && `refused by ${listed(view.refused_by.map(name))}`];
  const hasRatio = view.implied_ratio.value !== null || view.implied_ratio.low !== null || view.implied_ratio.high !== null;
  return h(
    "li",
    {},
    h("p", { class: "status" }, h("span", { class: `tag ${view.status}` }, STATUS[view.status] ?? view.status), h("span", { class: "when" }, moment(view.at)), by.filter(Boolean).length > 0 && h("span", {}, by.filter(Boolean).join(", "))),
    view.pledges.length > 0 && h("ul", { class: "pledges" }, view.pledges.map((each) => h("li", {}, `${pledged(each)}`))),
    view.categories.length > 0 && h("p", {}, "For later releases: ", listed(view.categories.map(human)), "."),
    !view.pledges.length && !view.categories.length && h("p", { class: "none" }, "No numbers are recorded."),
    h("p", { class: "implied" }, hasRatio && `Implied: prisoners per captive ${ratio(view.implied_ratio)}${CONFIDENCE[view.confidence] ?? ""} `, evidence(view.events, `the terms ${view.terms}`)),
  );
}

function pledged({ count, item, per, category }) {
  const many = count.best === null && count.low === 0 && count.high === null ? `${human(item)}, number not stated` : `${estimate(count)} ${human(item)}`;
  return [many, category === "unknown" ? "" : `: ${human(category)}`, per === "deal" ? "" : ` per ${human(per)}`].join("");
}
