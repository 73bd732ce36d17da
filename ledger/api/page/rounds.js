// The rounds: both legs of each, and the ratio in its scopes. The chart is a table.

import { h, svg } from "./dom.js";
import { dash, downloads, heading, hedged, percent, ranged } from "./parts.js";
import { notes, why } from "./remarks.js";
import { leg, legAxis, scaleNote, scaleOf, shaped } from "./sides.js";
import { capital, divided, estimate, fraction, isDay, isDefined, isRange, lacking, listed, onDay, people, plural, ratio, RATIOS, short, SIDES, small } from "./words.js";

const MARKED = ["all", "nationals", "deal"]; // the deal's mark is drawn last, above the others

const before = new Map(); // the scales on which each exchange was drawn, so that a replay does not change them at each step

function scalesOf(exchange, rounds) {
  const earlier = before.get(exchange);
  const scales = { people: scaleOf(rounds, earlier?.people), ratios: ratioScale(rounds, earlier?.ratios) };
  before.set(exchange, scales);
  return scales;
}

// What the columns have to hold: counts of more than five digits, remains of one side or both, ratios of more than six.
function shapes(rounds, { remains, scopes, steep }) {
  const isLong = (value) => !value || isRange(value) || estimate(value).length > 5;
  const isBroad = (value) => ratio(value).replace(/[a-z ]/g, "").length > 6;
  return [
    rounds.some((round) => SIDES.some((side) => isLong(round[side].released))) && "long-counts",
    remains.length > 0 && "with-remains",
    remains.length > 1 && "both-remains",
    rounds.some(({ ratios }) => scopes.some((scope) => isBroad(ratios[scope]))) && "broad-ratios",
    !steep && "without-ratio",
  ].filter(Boolean);
}

const hasPeople = (round) => SIDES.some((side) => round[side].released);

export function rounds(context) {
  const { rounds, exchange } = context;
  if (!rounds.length) return null;
  const { people: scale, ratios: steep } = scalesOf(exchange, rounds);
  const columns = {
    hasLegs: rounds.some(hasPeople),
    scale,
    steep,
    remains: SIDES.filter((side) => rounds.some((round) => round[side].remains.returned)),
    scopes: ["deal", "nationals", "all", "remains"].filter((scope) => scope === "deal" || rounds.some(({ ratios }) => isDefined(ratios[scope]))),
  };
  return [
    heading("rounds-title", "Rounds", downloads(context, "rounds", "the rounds")),
    says(rounds) && h("p", { class: "says" }, says(rounds)),
    columns.hasLegs && key(rounds, columns),
    columns.hasLegs && scaleNote(scale) && h("p", { class: "scale-note" }, scaleNote(scale)),
    h("div", { class: "chart" }, shaped(
      h(
        "table",
        { class: ["rounds", ...shapes(rounds, columns)].join(" "), role: "table" },
        h("caption", { class: "unseen" }, `Rounds of ${exchange}: people freed on both sides, and prisoners per captive by who is counted`),
        head(columns),
        h("tbody", { role: "rowgroup" }, rounds.map((round) => [row(round, columns), isLastOfJoint(round) && jointRow(round.joint, columns)])),
      ),
      scale,
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
  const back = SIDES.map((side) => [side, rounds.filter((round) => round[side].remains.returned).length]).filter(([, count]) => count && (freed || count < rounds.length));
  const told = [freed && freed < rounds.length && `people were freed in ${small(freed)}`, ...back.map(([side, count]) => `remains of ${side} came back in ${small(count)}`)].filter(Boolean);
  return told.length ? `${capital(told.join(", "))} of ${plural(rounds.length, "round")}.` : null;
}

function spread(rounds) {
  const values = rounds.map(({ ratios }) => ratios.all.value).filter((value) => value !== null);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const text = (value) => ratio({ value, fraction: "1/1" });
  return low === high ? `it is ${text(low)}` : `it runs from ${text(low)} to ${text(high)}`;
}

// -- the chart -------------------------------------------------------------------------------------

const STEEP = 60; // from here on the lowest of ratios that begin at nought cannot be told from it

// The axis of the ratios: from nought, or logarithmic where they differ too much for that. Null where there is none.
function ratioScale(rounds, earlier) {
  const values = rounds.flatMap(({ ratios, joint }) => [...MARKED.map((scope) => ratios[scope].value), joint?.living.value]).filter((value) => value > 0);
  if (!values.length) return earlier ?? null;
  const least = Math.min(earlier?.least ?? Infinity, ...values), most = Math.max(earlier?.most ?? 0, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  if (most / least <= STEEP) return { least, most, to: most <= 4 ? Math.ceil(most) : Math.ceil(most / power) * power };
  return { least, most, from: 10 ** Math.floor(Math.log10(least)), to: 10 ** Math.ceil(Math.log10(most)) };
}

function placeOf(value, { from, to }) {
  return from ? percent(Math.max(0, Math.log10(value / from)), Math.log10(to / from)) : percent(value, to);
}

const MARKS = {
  deal: () => svg("path", { class: "mark deal", d: "M0 -5 L5 0 L0 5 L-5 0Z" }),
  nationals: () => svg("circle", { class: "mark nationals", r: 6.5 }),
  all: () => svg("rect", { class: "mark all", x: -8.5, y: -8.5, width: 17, height: 17 }),
};

const swatch = (scope) => svg("svg", { width: 20, height: 20, viewBox: "-10 -10 20 20", "aria-hidden": "true" }, MARKS[scope]());
const block = (side, kind, text) => h("li", { class: side }, h("i", { class: `block ${kind}` }), text);

function key(rounds, { steep, scopes }) {
  const hasRanges = rounds.some((round) => SIDES.some((side) => round[side].released && isRange(round[side].released)));
  const hasGaps = rounds.some((round) => SIDES.some((side) => !round[side].released));
  const hasOthers = (side) => rounds.some((round) => round[side].others?.high);
  return h(
    "ul",
    { class: "key" },
    SIDES.map((side) => (hasOthers(side) ? [block(side, "strong", `${side}, own nationals`), block(side, "light", `${side}, others`)] : block(side, "strong", side))),
    hasRanges && block("", "range-of", "range of the claims that stand"),
    steep && MARKED.toReversed().filter((scope) => scopes.includes(scope)).map((scope) => h("li", {}, swatch(scope), `ratio ${RATIOS[scope].by}`)),
    hasGaps && h("li", {}, dash(), "not recorded, which is not zero"),
  );
}

const cell = (kind, label, ...children) => h("td", { class: kind, role: "cell", "data-label": label }, children);
const column = (kind, ...children) => h("th", { class: kind, scope: "col", role: "columnheader" }, children);

function head({ hasLegs, scale, steep, remains, scopes }) {
  return h(
    "thead",
    { role: "rowgroup" },
    h(
      "tr",
      { role: "row" },
      column("round", "Round"),
      hasLegs && SIDES.map((side) => column(`leg ${side}`, `${capital(side)} freed`, legAxis(side, scale))),
      remains.map((side) => column("remains", `Remains of ${side}`)),
      steep && [column("strip", "Prisoners per captive", axis(steep)), scopes.map((scope) => column(`scope ${scope}`, RATIOS[scope].head))],
    ),
  );
}

function ticks({ from, to }) {
  if (!from) return Array.from({ length: (to <= 4 ? to : 2) + 1 }, (_, index) => (to <= 4 ? index : (index * to) / 2));
  const decades = Math.round(Math.log10(to / from));
  const every = Math.ceil(decades / 4);
  return Array.from({ length: Math.floor(decades / every) + 1 }, (_, index) => from * 10 ** (index * every));
}

function axis(steep) {
  const shown = ticks(steep);
  const anchor = (index) => (index === 0 ? "start" : shown[index] === steep.to ? "end" : "middle");
  return svg(
    "svg",
    { class: "axis", width: "100%", height: 14, "aria-hidden": "true" },
    shown.map((value, index) => svg("text", { x: placeOf(value, steep), y: 11, "text-anchor": anchor(index) }, short(value))),
  );
}

function row(round, { hasLegs, scale, steep, remains, scopes }) {
  const isBare = !hasPeople(round);
  const name = (side, figure) => `rounds.${round.round}.${side}.${figure}`;
  const dead = (side) => (round[side].remains.returned ? ranged(name(side, "remains.returned"), round[side].remains.returned) : dash());
  return h(
    "tr",
    { role: "row", id: `round-${round.round}`, class: isBare ? "bare" : null },
    h("th", { class: "round", scope: "row", role: "rowheader" }, h("a", { class: "nth", "data-round": round.round }, round.round), h("span", { class: "when" }, when(round))),
    hasLegs && SIDES.map((side) => cell(`leg ${side}`, null, isBare ? h("div", { class: "pair" }, dash()) : leg(side, round[side], scale, name(side, "released")))),
    remains.map((side) => cell("remains", `Remains of ${side}`, dead(side))),
    steep && [cell("strip", null, strip(round.ratios, steep)), scopes.map((scope) => cell(`scope ${scope}`, RATIOS[scope].head, scopeText(round, scope)))],
  );
}

const isLastOfJoint = ({ round, joint }) => joint && round === Math.max(...joint.rounds);

// Rounds that one leg pays for have one ratio, which is no round's own.
function jointRow({ rounds, living, all }, { hasLegs, remains, steep, scopes }) {
  const text = [`Rounds ${listed(rounds.map(String))} together: ${divided(living) ?? "one ratio"}`, all && isDefined(all) && ` (with the remains ${all.fraction ? `${fraction(all)} = ` : ""}${ratio(all)})`];
  return h(
    "tr",
    { role: "row", class: "joint" },
    h("th", { class: "round", scope: "row", role: "rowheader", colspan: (hasLegs ? 3 : 1) + remains.length }, text),
    steep && [cell("strip", null, strip({ deal: living }, steep)), scopes.map((scope) => cell(`scope ${scope}`, RATIOS[scope].head, scope === "deal" ? divides(living) : dash("only the deal’s count is joint")))],
  );
}

const divides = (value) => h("span", { class: "number", title: divided(value) }, hedged(ratio(value)));

function scopeText(round, scope) {
  const value = round.ratios[scope];
  if (!isDefined(value)) return round.joint && scope === "deal" ? h("span", { class: "joint-of", title: undefinedBy(round, scope) }, "joint") : dash(`undefined: ${undefinedBy(round, scope)}`);
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
  const begun = Object.values(legs).map(({ first }) => first).toSorted((one, other) => (one.at < other.at ? -1 : 1));
  if (!begun.length) return "no date";
  const [first, last] = [begun[0], begun.at(-1)], [one, other] = [onDay(first), onDay(last)];
  if (one === other) return one;
  const isOneMonth = isDay(first) && isDay(last) && first.at.slice(0, 7) === last.at.slice(0, 7);
  return isOneMonth ? `${Number(first.at.slice(8, 10))}–${other}` : `${one} – ${other}`;
}

function strip(ratios, steep) {
  const lines = ticks(steep).map((value) => svg("line", { class: "grid", x1: placeOf(value, steep), x2: placeOf(value, steep), y1: 0, y2: "100%" }));
  const known = MARKED.filter((scope) => (ratios[scope]?.value ?? null) !== null);
  const values = known.map((scope) => ratios[scope].value);
  const span = values.length > 1 && svg("line", { class: "span", x1: placeOf(Math.min(...values), steep), x2: placeOf(Math.max(...values), steep), y1: "50%", y2: "50%" });
  const marks = known.map((scope) => svg("svg", { x: placeOf(ratios[scope].value, steep), y: "50%", overflow: "visible" }, MARKS[scope]()));
  return svg("svg", { class: "dots", width: "100%", height: 26, "aria-hidden": "true" }, lines, span, marks);
}
