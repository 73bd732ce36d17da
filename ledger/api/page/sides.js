// Captives and prisoners, drawn by the same code: how many were freed, who they are, and one leg of a swap.

import { country } from "./countries.js";
import { h } from "./dom.js";
import { ROWS } from "./figures.js";
import { bar, drawn, figure, missing, ranged, styled } from "./parts.js";
import { capital, isUnknown, listed, number, range, SIDES, sure, term } from "./words.js";

// -- the total of a side ---------------------------------------------------------------------------

export function total(side, context) {
  const figures = context.tally[side];
  const { released, unsaid } = figures;
  return h(
    "div",
    { class: `total ${side}` },
    h("h2", { class: "label" }, `${capital(side)} freed`),
    h("p", { class: "value" }, figure(`${side}.released`, released, { big: true })),
    split(side, figures, context),
    range(released) && h("p", { class: "range" }, range(released)),
    unsaid && unsaid.high !== 0 && h("p", { class: "range" }, "Of ", figure(`${side}.unsaid`, unsaid), " nobody says whether the deal counts them."),
  );
}

// How the people of a side divide: the first way in which all of them are told apart.
function split(side, figures, context) {
  const { released } = figures;
  const ways = [byNationality(side, figures, context), ...["category", "sentence"].flatMap((dimension) => byDimension(side, dimension, figures))];
  const whole = ways.filter((rows) => rows.length && released && rows.every(({ value }) => sure(value)) && sum(rows) === released.best);
  const rows = whole.find(({ length }) => length > 1) ?? whole[0];
  return rows && [
    bar(rows.map(({ value }, index) => [shade(index), value.best])),
    h("ul", { class: "split" }, rows.map(({ name, value, text, detail }, index) =>
      h("li", { class: shade(index) }, figure(name, value), ` ${text}`, detail && h("small", {}, detail)))),
  ];
}

const sum = (rows) => rows.reduce((all, { value }) => all + (value.best ?? 0), 0);
const shade = (index) => (index % 2 ? "light" : "strong");

function byNationality(side, { nationals, others }, context) {
  if (!nationals || !others) return [];
  const own = { name: `${side}.nationals`, value: nationals, text: "own nationals", detail: listed(context.nationals[side].map(country)) };
  const rest = { name: `${side}.others`, value: others, text: others.best === 1 ? "other" : "others", detail: nationalities(side, others.best, context) };
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
  const rows = (from, parts, detail) =>
    Object.entries(parts[dimension]).filter(([, { high }]) => high !== 0).map(([key, value]) => ({ name: `${side}.${from}.${dimension}.${key}`, value, text: term(dimension, key, value.best), detail }));
  const grouped = rows("by", by);
  return [rows("of_which", told, "by the breakdowns"), grouped.length > 1 ? grouped : []];
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

// The scale of both legs of some rows, each with its `captives` and `prisoners`: the most of each side share one room.
export function scaleOf(rows) {
  const [captives, prisoners] = SIDES.map((side) => Math.max(0, ...rows.map((row) => top(row[side].released))));
  return { captives, room: captives + prisoners };
}

const top = (value) => value?.high ?? drawn(value);

// Legs grow from the middle, captives to the left, prisoners to the right, on one scale: each bar is the part of the
// same room that its people are of the most on both sides.
export const part = (element, people, room) => styled(element, "--part", room > 0 ? people / room : 0);

export function leg(side, figures, scale, name, options) {
  const { released } = figures;
  if (!released) return h("div", { class: "pair" }, missing());
  return h("div", { class: "pair" }, !isUnknown(released) && legBar(figures, scale.room), h("span", { class: "counted" }, ranged(name, released, options)));
}

// What every claim that stands agrees on is drawn full, and hatched how far they range beyond it.
function legBar({ released, nationals, others }, room) {
  const isSplit = [released, nationals, others].every(sure);
  const kind = released.hedged ? "strong hedged" : "strong";
  const parts = isSplit ? [["strong", nationals.best], ["light", others.best]] : [[kind, released.low], ["range-of", top(released) - released.low]];
  return part(bar(parts, released.high === null ? "bar open" : "bar"), top(released), room);
}
