// A process: its exchanges side by side on one scale, and how a sum over them comes about.

import { h } from "./dom.js";
import { bounds, downloads, drawn, figure, heading } from "./parts.js";
import { captivesBar, part, prisonersBar } from "./rounds.js";
import { capital, date, estimate, fraction, ratio } from "./words.js";

export function exchanges({ members, tally, exchange }) {
  if (!members) return null;
  const most = {
    captives: Math.max(...members.map(({ tally: each }) => drawn(each.captives.released))),
    prisoners: Math.max(...members.map(({ tally: each }) => Math.max(drawn(each.prisoners.released), each.prisoners.released.high ?? 0))),
  };
  const room = most.captives + most.prisoners;
  return [
    heading("exchanges-title", "Its exchanges"),
    h("p", { class: "says" }, "The figures above are the sums of these. Each opens its own page, with its rounds, pauses, terms and talks."),
    h("div", { class: "chart" }, part(
      h(
        "table",
        { class: "rounds members", role: "table" },
        h("caption", { class: "unseen" }, `Exchanges of ${exchange}: people freed on both sides`),
        h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, column("round", "Exchange"), column("leg captives", "Captives freed"), column("leg prisoners", "Prisoners freed"), column("scope deal", "Ratio"))),
        h("tbody", { role: "rowgroup" }, byDate(members).map((each) => row(each, most, room))),
      ),
      most.captives,
      room,
    )),
  ];
}

const byDate = (members) => members.toSorted(({ tally: a }, { tally: b }) => ((a.first ?? "") < (b.first ?? "") ? -1 : 1));

const column = (kind, text) => h("th", { class: kind, scope: "col", role: "columnheader" }, text);
const cell = (kind, ...children) => h("td", { class: kind, role: "cell" }, children);

function row({ tally, explain, claims }, most, room) {
  const { exchange, title, captives, prisoners, ratios, first, last } = tally;
  const says = (type, value) => value.high !== 0 || claims.some(({ claims: all }) => all.some((each) => each.adopted && each.type === type));
  const hasCaptives = says("captives_released", captives.released), hasPrisoners = says("prisoners_released", prisoners.released);
  const own = { ...captives, all: captives.released };
  return h(
    "tr",
    { role: "row" },
    h("th", { class: "round", scope: "row", role: "rowheader" },
      h("a", { href: `?${new URLSearchParams({ exchange })}`, "data-exchange": exchange }, h("bdi", {}, title ?? exchange)),
      first && h("span", { class: "when" }, first === last ? date(first) : `${date(first)} – ${date(last)}`)),
    cell("leg captives", h("div", { class: "pair" }, counted(exchange, "captives.released", captives.released, hasCaptives), hasCaptives && captivesBar(own, room))),
    cell("leg prisoners", h("div", { class: "pair" }, hasPrisoners && prisonersBar(prisoners.released, most.prisoners, room), counted(exchange, "prisoners.released", prisoners.released, hasPrisoners))),
    cell("scope deal", ratios.deal.value === null ? h("span", { class: "missing" }, h("span", { "aria-hidden": "true" }, "–"), h("span", { class: "unseen" }, "undefined")) : h("span", { class: "number", title: ratios.deal.fraction && fraction(ratios.deal) }, ratio(ratios.deal))),
  );
}

const counted = (exchange, name, value, recorded) =>
  h("span", { class: "counted" }, figure(name, value, { recorded, exchange, key: `${exchange}-${name}` }), recorded && bounds(value));

// -- a sum over exchanges --------------------------------------------------------------------------

// What a figure of a process is made of: the same figure of each of its exchanges, which opens its claims.
export function sumOf({ members, tally: whole, asOf }, name) {
  const value = valueOf(whole, name.split("."));
  const parts = byDate(members).flatMap(({ tally, explain }) => explain.filter((each) => each.figure === name).map(({ value }) => ({ tally, value })));
  return [
    value && h("p", { class: "value" }, h("span", { class: "big" }, estimate(value)), bounds(value)),
    asOf && h("p", { class: "sum" }, `${capital(asOf)}.`),
    h("p", { class: "sum" }, "The sum over these exchanges. Press one of its figures to see the claims."),
    h("dl", { class: "grid sum-of" }, parts.map(({ tally, value }) =>
      h("div", {}, h("dt", {}, h("bdi", {}, tally.title ?? tally.exchange)), h("dd", {}, figure(name, value, { exchange: tally.exchange, key: `sum-${tally.exchange}` }), bounds(value))))),
  ];
}

// A figure of a tally by the steps of its name; the last ones can be one key.
function valueOf(node, [first, ...rest]) {
  if (!rest.length) return node?.[first];
  return node?.[[first, ...rest].join(".")] ?? valueOf(node?.[first], rest);
}
