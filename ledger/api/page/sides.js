// Captives and prisoners, drawn by the same code: how many were freed, who they are, and one leg of a swap.

import { country } from "./countries.js";
import { h } from "./dom.js";
import { ROWS } from "./figures.js";
import { bar, drawn, figure, missing, ranged, styled } from "./parts.js";
import { capital, does, estimate, isUnknown, listed, number, range, short, SIDES, sure, term } from "./words.js";

// -- the total of a side ---------------------------------------------------------------------------

export function total(side, context) {
  const figures = context.tally[side];
  const { released, unsaid } = figures;
  return h(
    "div",
    { class: `total ${side}` },
    h("h2", { class: "label" }, `${capital(side)} freed`),
    styled(h("p", { class: "value" }, figure(`${side}.released`, released, { big: true })), "--chars", breadth(estimate(released))),
    split(side, context),
    range(released) && h("p", { class: "range" }, range(released)),
    unsaid && unsaid.high !== 0 && h("p", { class: "range" }, "Of ", figure(`${side}.unsaid`, unsaid), " nobody says whether the deal counts them."),
  );
}

// How many digits wide a number is, its hedge being set smaller: so that it never runs into the next one.
export const breadth = (text) => Math.max(4, text.replace(/[a-z ]/g, "").length + text.replace(/[^a-z ]/g, "").length / 2);

// How people divide: by nationality, and where that does not tell all of a side apart by what does; both sides alike, and
// one that is not told apart so says that.
const WAYS = { nationality: "By nationality", category: "By category", sentence: "By sentence" };

function waysOf(context) {
  const shown = new Set();
  for (const side of SIDES.filter((each) => context.tally[each].released)) {
    const known = Object.keys(WAYS).filter((way) => whole(side, way, context));
    if (known.length && !known.some((way) => shown.has(way))) shown.add(known[0]);
  }
  return [...shown];
}

function split(side, context) {
  if (!context.tally[side].released) return null;
  return waysOf(context).map((way) => {
    const rows = whole(side, way, context);
    const name = h("span", { class: "way" }, WAYS[way], rows?.some(isTold) && ", as breakdowns say");
    if (!rows) return h("p", { class: "split" }, name, missing({ text: tellings(side, way, context).flat().length ? "not told of all" : undefined }));
    return [
      name,
      bar(rows.map(({ value }, index) => [shade(index), value.best])),
      h("ul", { class: "split" }, rows.map(({ name: figureOf, value, text, detail }, index) =>
        h("li", { class: shade(index) }, figure(figureOf, value), ` ${text}`, detail && h("small", {}, detail)))),
    ];
  });
}

// What is told of a side in one way that tells all of its people apart; else nothing.
function whole(side, way, context) {
  const { released } = context.tally[side];
  const found = tellings(side, way, context).filter((rows) => rows.length && rows.every(({ name, value }) => sure(value) && !name.endsWith(".unknown")) && sum(rows) === released.best);
  return (found.find(({ length }) => length > 1) ?? found[0])?.toSorted((one, other) => (way === "nationality" ? 0 : other.value.best - one.value.best));
}

const isTold = ({ name }) => name.includes(".of_which.");

const tellings = (side, way, context) =>
  way === "nationality" ? [byNationality(side, context.tally[side], context)] : byDimension(side, way, context.tally[side]);

const sum = (rows) => rows.reduce((all, { value }) => all + (value.best ?? 0), 0);
const shade = (index) => (index % 2 ? "light" : "strong");

function byNationality(side, { nationals, others }, context) {
  if (!nationals || !others) return [];
  const own = { name: `${side}.nationals`, value: nationals, text: "own nationals", detail: listed(context.nationals[side].map(country)) };
  const rest = { name: `${side}.others`, value: others, text: does(others, "other", "others"), detail: nationalities(side, others.best, context) };
  return [own, rest].filter(({ value }) => value.high !== 0);
}

// The nationalities of those who do not bear their side's own, where the claims that count tell all of them.
function nationalities(side, others, { claims, events, nationals }) {
  const found = new Map();
  for (const { event: id } of claims.flatMap(({ claims: said }) => said.filter(({ adopted }) => adopted))) {
    const event = events.get(id)?.event;
    if (event?.type !== `${side}_released` || event.part) continue;
    for (const { nationality = [], count } of event.groups) {
      if (!nationality.length || nationality.some((code) => nationals[side].includes(code))) continue;
      const name = nationality.map(country).join("/");
      found.set(name, (found.get(name) ?? 0) + (count.best ?? 0));
    }
  }
  const sum = [...found.values()].reduce((all, each) => all + each, 0);
  return sum === others ? [...found].map(([name, many]) => `${name}\u00a0${number(many)}`).join(", ") : null;
}

// By what breakdowns say, and by the groups of those who were freed.
function byDimension(side, dimension, { by, of_which: told }) {
  const rows = (from, parts) =>
    Object.entries(parts[dimension]).filter(([, { high }]) => high !== 0).map(([key, value]) => ({ name: `${side}.${from}.${dimension}.${key}`, value, text: term(dimension, key, value.best) }));
  const grouped = rows("by", by);
  return [rows("of_which", told), grouped.length > 1 ? grouped : []];
}

// -- all that is recorded of both ------------------------------------------------------------------

const TOLD = new Set(["released", "deal", "unsaid", "nationals", "others", "credited_in", "credited_out"]); // by the totals, and of rounds
const LIFE = Object.entries(ROWS).filter(([name]) => !TOLD.has(name));

export const valueOf = (figures, name) => name.split(".").reduce((value, step) => value?.[step], figures);

const DERIVED = new Set(["outside", "remains.held", "remains.unidentified"]); // that there may be some is no news

// One row for each figure that is recorded of either side.
export function life({ tally }) {
  const values = (name) => SIDES.map((side) => valueOf(tally[side], name));
  const shown = LIFE.filter(([name]) => values(name).some((value) => value && (!DERIVED.has(name) || drawn(value) > 0)));
  if (!shown.length) return null;
  return h(
    "table",
    { class: "life" },
    h("caption", {}, "Also recorded"),
    h("thead", {}, h("tr", {}, h("td", {}), SIDES.map((side) => h("th", { scope: "col", class: side }, capital(side))))),
    h("tbody", {}, shown.map(([name, text]) =>
      h("tr", {}, h("th", { scope: "row" }, capital(text)), SIDES.map((side) => h("td", {}, ranged(`${side}.${name}`, valueOf(tally[side], name))))))),
  );
}

// -- one leg of a swap -----------------------------------------------------------------------------

// The least part of the room that a bar is drawn with on one scale, and on one of its own side: below it, the lengths
// of bars say nothing any more.
const FEWEST = { one: 1 / 60, own: 1 / 250 };
const KINDS = ["one", "own", "log"];

// How legs are drawn: `tops` is the most of each side. Both sides share one scale, or have one each, or are dots on a
// logarithmic axis; `before` is what was drawn earlier, so that a replay does not change the scale at each step.
export function scaleOf(rows, before = null) {
  const values = (side) => rows.map((row) => row[side].released).filter(Boolean);
  const tops = bySide((side) => Math.max(before?.tops[side] ?? 0, ...values(side).map(top)));
  const least = bySide((side) => Math.min(before?.least[side] ?? Infinity, ...values(side).map(drawn).filter((people) => people > 0)));
  const room = tops.captives + tops.prisoners;
  const isTooSmall = { one: SIDES.some((side) => least[side] < FEWEST.one * room), own: SIDES.some((side) => least[side] < FEWEST.own * tops[side]) };
  const needed = !isTooSmall.one ? "one" : !isTooSmall.own ? "own" : "log";
  const kind = KINDS[Math.max(KINDS.indexOf(needed), KINDS.indexOf(before?.kind ?? "one"))];
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(...Object.values(tops)))));
  return { kind, tops, least, decades, captives: kind === "one" && room > 0 ? tops.captives / room : 1 / 2 };
}

const bySide = (of) => Object.fromEntries(SIDES.map((side) => [side, of(side)]));
const top = (value) => value.high ?? drawn(value);

export const scaleNote = ({ kind }) =>
  ({ own: "Each side has a scale of its own: compare lengths within a side, not across.", log: "People on a logarithmic axis: each line stands for ten times as many as the one before it." })[kind];

// The part of the room of both legs that so many people of a side take.
function partOf(side, people, { kind, tops, decades, captives }) {
  if (kind === "log") return (people > 1 ? Math.log10(people) : 0) / decades / 2;
  return tops[side] > 0 ? (people / tops[side]) * (side === "captives" ? captives : 1 - captives) : 0;
}

// The numbers of the axis of a side, as far from the middle as their bars end.
export const legAxis = (side, scale) =>
  h("span", { class: `leg-axis${scale.kind === "log" ? " log" : ""}`, "aria-hidden": "true" }, ticksOf(side, scale).map(([people, of]) => part(h("i", {}, short(people)), of)));

// As many of them as there is room for.
function ticksOf(side, scale) {
  const { kind, tops, decades } = scale;
  if (kind === "log") return Array.from({ length: decades + 1 }, (_, index) => 10 ** index).filter((_, index) => index % Math.ceil(decades / 3) === 0).map((people) => [people, partOf(side, people, scale)]);
  const room = partOf(side, tops[side], scale);
  if (!(tops[side] > 0)) return [];
  const step = Math.max(1, roundDown(tops[side] / (room > 0.3 ? 2 : 1)));
  const shown = Array.from({ length: Math.floor(tops[side] / step) + 1 }, (_, index) => index * step);
  const hasNought = side === "prisoners" && room > 0.2; // once, beside the middle
  return shown.filter((people) => hasNought || people).map((people) => [people, partOf(side, people, scale)]);
}

// The next of 1, 2 and 5 times a power of ten.
function roundDown(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [5, 2, 1].find((each) => each * power <= value) * power;
}

// A table whose columns have the room that the legs take, and lines for each power of ten.
export const shaped = (table, { captives, decades }) => styled(part(table, captives), "--decade", 1 / decades / 2);

// The width of an element as a part of the room of both legs.
const part = (element, of) => styled(element, "--part", of);

export function leg(side, figures, scale, name, options) {
  const { released } = figures;
  const kind = scale.kind === "log" ? "pair log" : "pair";
  if (!released) return h("div", { class: kind }, missing());
  const mark = isUnknown(released) ? [] : scale.kind === "log" ? dot(side, released, scale) : legBar(side, figures, scale);
  return h("div", { class: kind }, mark, h("span", { class: "counted" }, ranged(name, released, options)));
}

// What every claim that stands agrees on is drawn full, and hatched how far they range beyond it.
function legBar(side, { released, nationals, others }, scale) {
  const isSplit = [released, nationals, others].every(sure);
  const kind = released.hedged ? "strong hedged" : "strong";
  const parts = isSplit ? [["strong", nationals.best], ["light", others.best]] : [[kind, released.low], ["range-of", top(released) - released.low]];
  return part(bar(parts, released.high === null ? "bar open" : "bar"), partOf(side, top(released), scale));
}

// On a logarithmic axis a length says nothing: a dot at the number, hatched how far claims range, on a thin line.
function dot(side, released, scale) {
  const at = (people) => partOf(side, people, scale);
  const { low, high } = released;
  const best = released.best ?? low;
  const parts = [["lead", at(low)], ["range-of", at(best) - at(low)], ...(released.best === null ? [] : [["point"]]), ["range-of", at(top(released)) - at(best)]];
  const marks = parts.filter(([, width]) => width !== 0).map(([kind, width = 0]) => styled(h("i", { class: kind }), "flex-grow", width * 1000));
  return part(h("span", { class: high === null ? "bar open" : "bar", "aria-hidden": "true" }, marks), at(top(released)));
}
