// A process: its exchanges side by side on one scale, and how a sum over them comes about.

import { pageOf } from "./address.js";
import { h } from "./dom.js";
import { dash, downloads, heading, ranged } from "./parts.js";
import { leg, legAxis, scaleNote, scaleOf, shaped, valueOf } from "./sides.js";
import { bounds, capital, dates, divided, estimate, isDefined, ratio, SIDES } from "./words.js";

export function exchanges(context) {
  const { members, exchange } = context;
  if (!members) return null;
  const scale = scaleOf(members.map(({ tally: each }) => each));
  return [
    heading("exchanges-title", "Its exchanges", downloads(context, "", "its exchanges", { chart: "exchanges" })),
    h("p", { class: "says" }, "The figures above are the sums of these. Each opens its own page, with its rounds, pauses, terms and talks."),
    scaleNote(scale) && h("p", { class: "scale-note" }, scaleNote(scale)),
    h("div", { class: "chart" }, shaped(
      h(
        "table",
        { class: "rounds members", role: "table" },
        h("caption", { class: "unseen" }, `Exchanges of ${exchange}: people freed on both sides`),
        h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, column("round", "Exchange"), SIDES.map((side) => column(`leg ${side}`, `${capital(side)} freed`, legAxis(side, scale))), column("scope deal", "Deal’s ratio"))),
        h("tbody", { role: "rowgroup" }, byDate(members).map(({ tally: each }) => row(each, scale))),
      ),
      scale,
    )),
  ];
}

const byDate = (members) => members.toSorted(({ tally: a }, { tally: b }) => ((a.first ?? "") < (b.first ?? "") ? -1 : 1));

const column = (kind, ...children) => h("th", { class: kind, scope: "col", role: "columnheader" }, children);
const cell = (kind, label, ...children) => h("td", { class: kind, role: "cell", "data-label": label }, children);

function row(tally, scale) {
  const { exchange, title, ratios: { deal } } = tally;
  const legOf = (side) => leg(side, tally[side], scale, `${side}.released`, { exchange, key: `${exchange}-${side}` });
  return h(
    "tr",
    { role: "row" },
    h("th", { class: "round", scope: "row", role: "rowheader" },
      h("a", { href: pageOf(exchange) }, h("bdi", {}, title ?? exchange)),
      tally.first && h("span", { class: "when" }, dates(tally))),
    SIDES.map((side) => cell(`leg ${side}`, null, legOf(side))),
    cell("scope deal", "Deal’s ratio", isDefined(deal) ? h("span", { class: "number", title: divided(deal) }, ratio(deal)) : dash("undefined", "A side of it is not recorded, or not known as a number.")),
  );
}

// -- a sum over exchanges --------------------------------------------------------------------------

// What a figure of a process is made of: the same figure of each of its exchanges, which opens its claims.
export function sumOf({ members, tally: whole, asOf }, name) {
  const value = valueOf(whole, name);
  const parts = byDate(members).map(({ tally, explain }) => ({ tally, value: explain.find((each) => each.figure === name)?.value }));
  return [
    value && h("p", { class: "value" }, h("span", { class: "big" }, estimate(value)), bounds(value) && h("span", { class: "bounds" }, ` ${bounds(value)}`)),
    asOf && h("p", { class: "sum" }, `${capital(asOf)}.`),
    h("p", { class: "sum" }, "The sum over these exchanges. Press one of its figures to see the claims."),
    h("dl", { class: "grid sum-of" }, parts.map(({ tally: { exchange, title }, value: its }) =>
      h("div", {}, h("dt", {}, h("bdi", {}, title ?? exchange)), h("dd", {}, ranged(name, its, { exchange, key: `sum-${exchange}` }))))),
  ];
}
