// The rounds: both legs of each on one scale, and the ratio in its three scopes. The chart is a table.

import { h, svg } from "./dom.js";
import { bar, bounds, downloads, drawn, figure, heading, percent } from "./parts.js";
import { capital, estimate, fraction, isRange, listed, moment, number, plural, ratio, shortDay, small, sure } from "./words.js";

const SCOPES = ["all", "nationals", "deal"]; // the deal's mark is drawn last, above the others

const largest = new Map(); // what was drawn of each exchange, so that a replay does not change the scale at each step

function grown(name, value) {
  largest.set(name, Math.max(value, largest.get(name) ?? 0));
  return largest.get(name);
}

export function rounds(context) {
  const { rounds, exchange } = context;
  if (!rounds.length) return null;
  const top = heading("rounds-title", "Rounds", downloads(context, "rounds", "the rounds"));
  const mostOut = {
    captives: grown(`${exchange} captives`, Math.max(...rounds.map(({ captives }) => drawn(captives.all)))),
    prisoners: grown(`${exchange} prisoners`, Math.max(...rounds.map(({ prisoners }) => Math.max(drawn(prisoners), prisoners.high ?? 0)))),
  };
  const room = mostOut.captives + mostOut.prisoners;
  const steep = grown(`${exchange} ratio`, scale(rounds));
  const hasRemains = rounds.some(({ remains }) => remains.captives.high !== 0);
  const isWide = rounds.some(({ prisoners }) => isRange(prisoners));
  const said = stated(context);
  const hasPeople = rounds.some(({ legs }) => legs.captives || legs.prisoners);
  return [
    top,
    h("p", { class: "says" }, says(rounds)),
    hasPeople && key(steep > 0, isWide),
    h("div", { class: "chart" }, part(
      h(
        "table",
        { class: `rounds${isWide ? " with-ranges" : ""}${hasRemains ? " with-remains" : ""}${steep > 0 ? "" : " without-ratio"}`, role: "table" },
        h("caption", { class: "unseen" }, `Rounds of ${exchange}: people freed on both sides, and prisoners per captive in three scopes`),
        head(steep, hasRemains),
        h("tbody", { role: "rowgroup" }, rounds.map((round) => row(round, said, mostOut.prisoners, room, steep, hasRemains))),
      ),
      mostOut.captives,
      room,
    )),
    notes(rounds),
    why(context),
  ];
}

// Of which rounds somebody states a leg. A leg that nobody states is not zero, also where the round has its date from
// something else, such as remains that were recovered.
const stated = ({ claims }) =>
  new Set(claims.flatMap(({ claims: all }) => all.filter(({ adopted }) => adopted).map(({ type, round }) => `${type} ${round}`)));

// -- the sentence above ----------------------------------------------------------------------------

function says(rounds) {
  const known = rounds.map(({ ratios }) => ratios.deal).filter(({ fraction }) => fraction);
  const first = known[0];
  if (known.length > 1 && known.every(({ value }) => value === first.value)) {
    return `${capital(small(known.length))} rounds at ${ratio(first)} : 1. By the deal’s own count each round freed ${ratio(first)} prisoners for each captive; over everyone freed, ${spread(rounds)}.`;
  }
  if (known.length > 1) {
    const values = known.map(({ value }) => value);
    return `By the deal’s own count, from ${ratio({ ...first, value: Math.min(...values) })} to ${ratio({ ...first, value: Math.max(...values) })} prisoners for each captive.`;
  }
  const people = rounds.filter(({ legs }) => legs.captives || legs.prisoners).length;
  const remains = rounds.filter((round) => round.remains.captives.low > 0).length;
  const back = remains ? `${people ? "; " : ""}remains of captives came back in ${small(remains)}` : "";
  return `${capital(plural(rounds.length, "round"))}: ${people ? `people were freed in ${small(people)}` : ""}${back}.`;
}

function spread(rounds) {
  const values = rounds.map(({ ratios }) => ratios.all.value).filter((value) => value !== null);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const text = (value) => ratio({ value, fraction: "1/1" });
  return low === high ? `it is ${text(low)}` : `it runs from ${text(low)} to ${text(high)}`;
}

// -- the chart -------------------------------------------------------------------------------------

function scale(rounds) {
  const values = rounds.flatMap(({ ratios }) => SCOPES.map((scope) => ratios[scope].value ?? 0));
  const most = Math.max(0, ...values);
  return most <= 4 ? Math.ceil(most) : Math.ceil(most / 10 ** Math.floor(Math.log10(most))) * 10 ** Math.floor(Math.log10(most));
}

const MARKS = {
  deal: () => svg("path", { class: "mark deal", d: "M0 -5 L5 0 L0 5 L-5 0Z" }),
  nationals: () => svg("circle", { class: "mark nationals", r: 6.5 }),
  all: () => svg("rect", { class: "mark all", x: -8.5, y: -8.5, width: 17, height: 17 }),
};

const swatch = (scope) => svg("svg", { width: 20, height: 20, viewBox: "-10 -10 20 20", "aria-hidden": "true" }, MARKS[scope]());
const block = (kind) => svg("svg", { width: 14, height: 12, "aria-hidden": "true" }, svg("rect", { class: kind, width: 14, height: 12 }));

const key = (hasRatios, hasRanges) =>
  h(
    "ul",
    { class: "key" },
    h("li", {}, block("own"), "captives, own nationals"),
    h("li", {}, block("others"), "captives, others"),
    h("li", {}, block("prisoner"), "prisoners"),
    hasRanges && h("li", {}, block("range-of"), "range of the claims that stand"),
    hasRatios && [
      h("li", {}, swatch("deal"), "ratio by the deal’s count"),
      h("li", {}, swatch("nationals"), "to own nationals"),
      h("li", {}, swatch("all"), "to all captives"),
    ],
  );

const cell = (kind, ...children) => h("td", { class: kind, role: "cell" }, children);
const column = (kind, ...children) => h("th", { class: kind, scope: "col", role: "columnheader" }, children);

function head(steep, hasRemains) {
  return h(
    "thead",
    { role: "rowgroup" },
    h(
      "tr",
      { role: "row" },
      column("round", "Round"),
      column("leg captives", "Captives freed"),
      column("leg prisoners", "Prisoners freed"),
      hasRemains && column("remains", "Remains of captives"),
      steep > 0 && column("strip", "Prisoners per captive", axis(steep)),
      steep > 0 && [column("scope deal", "Deal"), column("scope nationals", "Own"), column("scope all", "All")],
    ),
  );
}

function ticks(most) {
  const step = most <= 4 ? 1 : most / 2;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

const axis = (most) =>
  svg(
    "svg",
    { class: "axis", width: "100%", height: 14, "aria-hidden": "true" },
    ticks(most).map((value) =>
      svg("text", { x: percent(value, most), y: 11, "text-anchor": value === 0 ? "start" : value === most ? "end" : "middle" }, number(value)),
    ),
  );

function row(round, said, most, room, steep, hasRemains) {
  const { captives, prisoners, remains, ratios } = round;
  const has = (type, value) => said.has(`${type} ${round.round}`) || value.high !== 0;
  const hasCaptives = has("captives_released", captives.all);
  const hasPrisoners = has("prisoners_released", prisoners);
  const hasPeople = hasCaptives || hasPrisoners;
  const name = (figure) => `rounds.${round.round}.${figure}`;
  return h(
    "tr",
    { role: "row", id: `round-${round.round}`, class: hasPeople ? null : "bare" },
    h("th", { class: "round", scope: "row", role: "rowheader" }, h("span", { class: "nth" }, round.round), h("span", { class: "when" }, when(round))),
    cell("leg captives", h("div", { class: "pair" }, hasPeople ? counted(name("captives.all"), captives.all, hasCaptives) : dash("not recorded"), hasCaptives && captivesBar(captives, room))),
    cell("leg prisoners", h("div", { class: "pair" }, hasPrisoners && prisonersBar(prisoners, most, room), hasPeople ? counted(name("prisoners.released"), prisoners, hasPrisoners) : dash("not recorded"))),
    hasRemains && cell("remains", has("remains_returned", remains.captives) ? counted(name("remains.captives"), remains.captives, true) : dash("not recorded")),
    steep > 0 && cell("strip", strip(ratios, steep)),
    steep > 0 && ["deal", "nationals", "all"].map((scope) => cell(`scope ${scope}`, scopeText(ratios[scope]))),
  );
}

const counted = (name, value, recorded) => h("span", { class: "counted" }, figure(name, value, { recorded }), recorded && bounds(value));

const dash = (meaning) => h("span", { class: "missing" }, h("span", { "aria-hidden": "true" }, "–"), h("span", { class: "unseen" }, meaning));

const scopeText = (value) =>
  value.value === null && value.low === null && value.high === null
    ? dash("undefined")
    : h("span", { class: "number", title: value.fraction && fraction(value) }, ratio(value));

function when({ legs }) {
  const days = [...new Set(["captives", "prisoners", "remains"].filter((leg) => legs[leg]).map((leg) => legs[leg].first.at.slice(0, 10)))];
  if (!days.length) return "no date";
  days.sort();
  const [first, last] = [days[0], days.at(-1)];
  if (first === last) return shortDay(first);
  const isOneMonth = first.slice(0, 7) === last.slice(0, 7) && first.length === 10 && last.length === 10;
  return isOneMonth ? `${Number(first.slice(8))}–${shortDay(last)}` : `${shortDay(first)} – ${shortDay(last)}`;
}

// Both legs grow from the middle, captives to the left, prisoners to the right, on one scale: each bar is the part of
// the same room that its people are of the most on both sides.
export function part(element, people, room) {
  element.style.setProperty("--part", room > 0 ? people / room : 0);
  return element;
}

export function captivesBar({ all, nationals }, room) {
  const whole = drawn(all);
  const own = nationals && sure(nationals) ? nationals.best : whole;
  return part(bar([["others", Math.max(0, whole - own)], ["own", own]], whole), whole, room);
}

// What every claim that stands agrees on is drawn full, and light how far they range beyond it.
export function prisonersBar(prisoners, most, room) {
  const high = Math.min(prisoners.high ?? most, most);
  const parts = [[prisoners.exact ? "prisoner" : "prisoner hedged", prisoners.low], ["range-of", high - prisoners.low]];
  return part(bar(parts, high), high, room);
}

function strip(ratios, most) {
  const lines = ticks(most).map((value) => svg("line", { class: "grid", x1: percent(value, most), x2: percent(value, most), y1: 0, y2: "100%" }));
  const known = SCOPES.filter((scope) => ratios[scope].value !== null);
  const values = known.map((scope) => ratios[scope].value);
  const span = values.length > 1 && svg("line", { class: "span", x1: percent(Math.min(...values), most), x2: percent(Math.max(...values), most), y1: "50%", y2: "50%" });
  const marks = known.map((scope) => svg("svg", { x: percent(ratios[scope].value, most), y: "50%", overflow: "visible" }, MARKS[scope]()));
  return svg("svg", { class: "dots", width: "100%", height: 26, "aria-hidden": "true" }, lines, span, marks);
}

// -- what a row cannot say -------------------------------------------------------------------------

function notes(rounds) {
  const said = rounds.map((round) => [round, told(round)]).filter(([, texts]) => texts.length);
  if (!said.length) return null;
  return h("ul", { class: "notes" }, said.map(([{ round }, texts]) => h("li", {}, h("strong", {}, `Round ${round}`), ` ${texts.join("; ")}.`)));
}

function told({ captives, promised, delivered, settles, settled_by: settledBy, legs }) {
  const texts = [];
  if (captives.credited_in.high !== 0) texts.push(`${estimate(captives.credited_in)} freed in another round count in this one`);
  if (captives.credited_out.high !== 0) texts.push(`${estimate(captives.credited_out)} freed in this round count in another`);
  const differs = (side) => promised[side] && JSON.stringify(promised[side]) !== JSON.stringify(delivered[side]);
  if (differs("captives")) texts.push(`${estimate(promised.captives)} captives were planned`);
  if (differs("prisoners") && !settledBy.length) texts.push(`${estimate(promised.prisoners)} prisoners were promised`);
  if (settledBy.length) texts.push("its prisoners came with a later round");
  if (settles.length > 1) texts.push(`its prisoners settle rounds ${listed(settles.map(String))}`);
  if (legs.captives && legs.prisoners && legs.prisoners.first.at.slice(0, 10) > legs.captives.last.at.slice(0, 10)) {
    texts.push(`prisoners left on ${moment(legs.prisoners.first, false)}, the captives on ${moment(legs.captives.first, false)}`);
  }
  return texts;
}

// -- why the ratios differ -------------------------------------------------------------------------

function why({ tally, figures }) {
  const { released, nationals, foreigners, deal } = tally.captives;
  const prisoners = tally.prisoners.released;
  if (![released, nationals, foreigners, deal, prisoners].every(sure) || !tally.ratios.all.fraction) return null;
  if (released.best === nationals.best && nationals.best === deal.best) return null;
  const outside = figures.get("captives.outside"), credited = figures.get("captives.credited_in");
  const left = outside?.best ?? 0, counted = credited?.best ?? 0;
  const adds = released.best - left + counted === deal.best;
  const ownOutside = left - foreigners.best;
  return h(
    "div",
    { class: "why" },
    h("h3", {}, "Why three ratios?"),
    h("p", {}, `Because there are three questions. ${number(prisoners.best)} prisoners were freed; the answer depends on which captives are counted.`),
    h(
      "dl",
      {},
      line("All", released, tally.ratios.all, ["everyone who was freed: ", figure("captives.released", released, { key: "why-released" }), " captives"]),
      line("Own", nationals, tally.ratios.nationals, [
        "the deal’s own nationals: ", figure("captives.nationals", nationals, { key: "why-nationals" }),
        foreigners.best ? [", without ", figure("captives.foreigners", foreigners, { key: "why-foreigners" }), " others"] : "",
      ]),
      line("Deal", deal, tally.ratios.deal, [
        "who counts under the deal’s ratio: ", figure("captives.deal", deal, { key: "why-deal" }),
        adds && left ? [`. `, figure("captives.outside", outside, { key: "why-outside" }), ` freed outside the ratio are left out${ownOutside > 0 && foreigners.best ? ` (the ${number(foreigners.best)} others, and ${number(ownOutside)} own nationals freed beside the deal)` : ""}`] : "",
        adds && counted ? [`, and `, figure("captives.credited_in", credited, { key: "why-credited" }), " freed in one round are counted in a later one"] : "",
      ]),
    ),
  );
}

const line = (scope, captives, value, text) =>
  h("div", {}, h("dt", {}, scope), h("dd", {}, h("span", { class: "number" }, `${fraction(value)} = ${ratio(value)}`), h("span", { class: "meaning" }, text, ".")));
