// The rounds: both legs of each on one scale, and the ratio in its scopes. The chart is a table.

import { h, svg } from "./dom.js";
import { dash, downloads, heading, hedged, percent, ranged } from "./parts.js";
import { notes, why } from "./remarks.js";
import { leg, part, scaleOf } from "./sides.js";
import { capital, divided, fraction, isDefined, isRange, lacking, listed, number, people, plural, ratio, RATIOS, shortDay, SIDES, small } from "./words.js";

const MARKED = ["all", "nationals", "deal"]; // the deal's mark is drawn last, above the others

const largest = new Map(); // what was drawn of each exchange, so that a replay does not change the scale at each step

function grown(name, value) {
  largest.set(name, Math.max(value, largest.get(name) ?? 0));
  return largest.get(name);
}

const hasPeople = (round) => SIDES.some((side) => round[side].released);

export function rounds(context) {
  const { rounds, exchange } = context;
  if (!rounds.length) return null;
  const { captives, room } = scaleOf(rounds);
  const columns = {
    scale: { captives: grown(`${exchange} captives`, captives), room: grown(`${exchange} captives`, captives) + grown(`${exchange} prisoners`, room - captives) },
    steep: grown(`${exchange} ratio`, scale(rounds)),
    remains: SIDES.filter((side) => rounds.some((round) => round[side].remains.returned)),
    scopes: ["deal", "nationals", "all", "remains"].filter((scope) => scope !== "remains" || rounds.some(({ ratios }) => isDefined(ratios.remains))),
  };
  const isWide = rounds.some((round) => SIDES.some((side) => round[side].released && isRange(round[side].released)));
  return [
    heading("rounds-title", "Rounds", downloads(context, "rounds", "the rounds")),
    h("p", { class: "says" }, says(rounds)),
    rounds.some(hasPeople) && key(rounds, columns, isWide),
    h("div", { class: "chart" }, part(
      h(
        "table",
        { class: `rounds${isWide ? " with-ranges" : ""}${["", " with-remains", " with-remains both-remains"][columns.remains.length]}${columns.steep > 0 ? "" : " without-ratio"}`, role: "table" },
        h("caption", { class: "unseen" }, `Rounds of ${exchange}: people freed on both sides, and prisoners per captive by who is counted`),
        head(columns),
        h("tbody", { role: "rowgroup" }, rounds.map((round) => [row(round, columns), isLastOfJoint(round) && jointRow(round.joint, columns)])),
      ),
      columns.scale.captives,
      columns.scale.room,
    )),
    notes(context),
    why(context),
  ];
}

// -- the sentence above ----------------------------------------------------------------------------

function says(rounds) {
  const known = rounds.map(({ ratios }) => ratios.deal).filter(({ fraction }) => fraction);
  const first = known[0];
  if (known.length > 1 && known.every(({ value }) => value === first.value)) {
    return `${capital(small(known.length))} rounds at ${ratio(first)} : 1. By the deal’s own count each round freed ${ratio(first)} ${people("prisoners", first.value)} for each captive; over everyone freed, ${spread(rounds)}.`;
  }
  if (known.length > 1) {
    const values = known.map(({ value }) => value);
    return `By the deal’s own count, from ${ratio({ ...first, value: Math.min(...values) })} to ${ratio({ ...first, value: Math.max(...values) })} prisoners for each captive.`;
  }
  const freed = rounds.filter(hasPeople).length;
  const back = SIDES.map((side) => [side, rounds.filter((round) => round[side].remains.returned).length]).filter(([, count]) => count);
  const told = [freed && `people were freed in ${small(freed)}`, ...back.map(([side, count]) => `remains of ${side} came back in ${small(count)}`)].filter(Boolean);
  return `${capital(plural(rounds.length, "round"))}${told.length ? `: ${told.join("; ")}` : ""}.`;
}

function spread(rounds) {
  const values = rounds.map(({ ratios }) => ratios.all.value).filter((value) => value !== null);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const text = (value) => ratio({ value, fraction: "1/1" });
  return low === high ? `it is ${text(low)}` : `it runs from ${text(low)} to ${text(high)}`;
}

// -- the chart -------------------------------------------------------------------------------------

function scale(rounds) {
  const values = rounds.flatMap(({ ratios, joint }) => [...MARKED.map((scope) => ratios[scope].value ?? 0), joint?.living.value ?? 0]);
  const most = Math.max(0, ...values);
  return most <= 4 ? Math.ceil(most) : Math.ceil(most / 10 ** Math.floor(Math.log10(most))) * 10 ** Math.floor(Math.log10(most));
}

const MARKS = {
  deal: () => svg("path", { class: "mark deal", d: "M0 -5 L5 0 L0 5 L-5 0Z" }),
  nationals: () => svg("circle", { class: "mark nationals", r: 6.5 }),
  all: () => svg("rect", { class: "mark all", x: -8.5, y: -8.5, width: 17, height: 17 }),
};

const swatch = (scope) => svg("svg", { width: 20, height: 20, viewBox: "-10 -10 20 20", "aria-hidden": "true" }, MARKS[scope]());
const block = (side, kind, text) => h("li", { class: side }, h("i", { class: `block ${kind}` }), text);

function key(rounds, { steep }, hasRanges) {
  const hasOthers = (side) => rounds.some((round) => round[side].others?.high);
  return h(
    "ul",
    { class: "key" },
    SIDES.map((side) => (hasOthers(side) ? [block(side, "strong", `${side}, own nationals`), block(side, "light", `${side}, others`)] : block(side, "strong", side))),
    hasRanges && block("", "range-of", "range of the claims that stand"),
    steep > 0 && [
      h("li", {}, swatch("deal"), "ratio by the deal’s own count"),
      h("li", {}, swatch("nationals"), "to own nationals"),
      h("li", {}, swatch("all"), "of everyone freed"),
    ],
  );
}

const cell = (kind, label, ...children) => h("td", { class: kind, role: "cell", "data-label": label }, children);
const column = (kind, ...children) => h("th", { class: kind, scope: "col", role: "columnheader" }, children);

function head({ steep, remains, scopes }) {
  return h(
    "thead",
    { role: "rowgroup" },
    h(
      "tr",
      { role: "row" },
      column("round", "Round"),
      SIDES.map((side) => column(`leg ${side}`, `${capital(side)} freed`)),
      remains.map((side) => column("remains", `Remains of ${side}`)),
      steep > 0 && [column("strip", "Prisoners per captive", axis(steep)), scopes.map((scope) => column(`scope ${scope}`, RATIOS[scope].head))],
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

function row(round, { scale, steep, remains, scopes }) {
  const isBare = !hasPeople(round);
  const name = (side, figure) => `rounds.${round.round}.${side}.${figure}`;
  const dead = (side) => (round[side].remains.returned ? ranged(name(side, "remains.returned"), round[side].remains.returned) : dash());
  return h(
    "tr",
    { role: "row", id: `round-${round.round}`, class: isBare ? "bare" : null },
    h("th", { class: "round", scope: "row", role: "rowheader" }, h("a", { class: "nth", "data-round": round.round }, round.round), h("span", { class: "when" }, when(round))),
    SIDES.map((side) => cell(`leg ${side}`, null, isBare ? h("div", { class: "pair" }, dash()) : leg(side, round[side], scale, name(side, "released")))),
    remains.map((side) => cell("remains", `Remains of ${side}`, dead(side))),
    steep > 0 && [cell("strip", null, strip(round.ratios, steep)), scopes.map((scope) => cell(`scope ${scope}`, RATIOS[scope].head, scopeText(round, scope)))],
  );
}

const isLastOfJoint = ({ round, joint }) => joint && round === Math.max(...joint.rounds);

// Rounds that one leg pays for have one ratio, which is no round's own.
function jointRow({ rounds, living, all }, { remains, steep, scopes }) {
  const text = [`Rounds ${listed(rounds.map(String))} together: ${divided(living) ?? "one ratio"}`, all && isDefined(all) && ` (with the remains ${all.fraction ? `${fraction(all)} = ` : ""}${ratio(all)})`];
  return h(
    "tr",
    { role: "row", class: "joint" },
    h("th", { class: "round", scope: "row", role: "rowheader", colspan: 3 + remains.length }, text),
    steep > 0 && [cell("strip", null, strip({ deal: living }, steep)), scopes.map((scope) => cell(`scope ${scope}`, RATIOS[scope].head, scope === "deal" ? divides(living) : dash("only the deal’s count is joint")))],
  );
}

const divides = (value) => h("span", { class: "number", title: divided(value) }, hedged(ratio(value)));

function scopeText(round, scope) {
  const value = round.ratios[scope];
  if (!isDefined(value)) return round.joint && scope === "deal" ? h("span", { class: "missing", title: undefinedBy(round, scope) }, "joint") : dash(`undefined: ${undefinedBy(round, scope)}`);
  return round.incomplete.length ? h("span", { class: "number so-far", title: `So far, since ${lacking(round)}: ${divided(value)}` }, hedged(ratio(value))) : divides(value);
}

// Why a round has no ratio.
function undefinedBy(round, scope) {
  const { joint, incomplete } = round;
  if (joint && scope !== "remains") return `${listed(joint.rounds.map((each) => `round ${each}`))} have one ratio together`;
  if (incomplete.length) return lacking(round);
  const of = scope === "remains" ? ({ remains }) => remains.returned : ({ released }) => released;
  const absent = SIDES.filter((side) => !of(round[side]));
  if (absent.length) return `${scope === "remains" ? `remains of ${absent.join(" and of ")}` : listed(absent)} are not recorded`;
  if (scope === "nationals" && !round.captives.nationals && !round.prisoners.nationals) return "neither side’s own nationals are declared";
  return "a side is not known as a number, or nobody of the captives is counted";
}

function when({ legs }) {
  const days = [...new Set(Object.values(legs).map(({ first }) => first.at.slice(0, 10)))].sort();
  if (!days.length) return "no date";
  const [first, last] = [days[0], days.at(-1)];
  if (first === last) return shortDay(first);
  const isOneMonth = first.slice(0, 7) === last.slice(0, 7) && first.length === 10 && last.length === 10;
  return isOneMonth ? `${Number(first.slice(8))}–${shortDay(last)}` : `${shortDay(first)} – ${shortDay(last)}`;
}

function strip(ratios, most) {
  const lines = ticks(most).map((value) => svg("line", { class: "grid", x1: percent(value, most), x2: percent(value, most), y1: 0, y2: "100%" }));
  const known = MARKED.filter((scope) => (ratios[scope]?.value ?? null) !== null);
  const values = known.map((scope) => ratios[scope].value);
  const span = values.length > 1 && svg("line", { class: "span", x1: percent(Math.min(...values), most), x2: percent(Math.max(...values), most), y1: "50%", y2: "50%" });
  const marks = known.map((scope) => svg("svg", { x: percent(ratios[scope].value, most), y: "50%", overflow: "visible" }, MARKS[scope]()));
  return svg("svg", { class: "dots", width: "100%", height: 26, "aria-hidden": "true" }, lines, span, marks);
}
