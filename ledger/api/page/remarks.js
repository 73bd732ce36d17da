// What a chart of rounds cannot say: notes on single rounds, and why the ratios differ.

import { h } from "./dom.js";
import { whom } from "./events.js";
import { ROWS } from "./figures.js";
import { figure } from "./parts.js";
import { valueOf } from "./sides.js";
import { brought, capital, counted, countedAs, does, estimate, fraction, isDay, lacking, moment, people, perOne, plural, ratio, RATIOS, roundsOf, SIDES, small, sure } from "./words.js";

export function notes(context) {
  const said = context.rounds.map((round) => [round, told(round, context)]).filter(([, texts]) => texts.length);
  if (!said.length) return null;
  const alike = Map.groupBy(said, ([, texts]) => texts.join("; "));
  return h("ul", { class: "notes" }, [...alike].map(([text, those]) => h("li", {}, h("strong", {}, capital(roundsOf(those.map(([round]) => round)))), ` ${text}.`)));
}

function told(round, context) {
  return [
    round.incomplete.length && lacking(round),
    ...SIDES.flatMap((side) => ofSide(side, round)),
    ...setBack(round.round, context),
    apart(round.legs),
    ...captivity(round.days_held),
    ...context.doubles.filter((each) => each.round === round.round).map(({ type, count }) => `${whom({ type }, estimate(count))} may be counted twice`),
  ].filter(Boolean);
}

const some = (value, side) => counted(value, people(side, 1));

const SHOWN = new Set(["taken", "held", "released", "deal", "outside", "unsaid", "nationals", "others", "credited_in", "credited_out", "remains.held", "remains.returned"]);
const BESIDE = Object.keys(ROWS).filter((name) => !SHOWN.has(name));

function ofSide(side, { joint, promised, delivered, [side]: figures }) {
  const { credited_in: came, credited_out: went, unsaid } = figures;
  const due = !joint && promised[side] && estimate(promised[side]) !== estimate(delivered[side]) && promised[side];
  return [
    came && came.high !== 0 && `${some(came, side)} freed in another round ${does(came, "counts", "count")} in this one`,
    went && went.high !== 0 && `${some(went, side)} freed in this round ${does(went, "counts", "count")} in another`,
    unsaid && unsaid.high !== 0 && `of ${some(unsaid, side)} nobody says whether the deal counts them`,
    due && `${some(due, side)} ${does(due, "was", "were")} due`,
    ...BESIDE.map((name) => [name, valueOf(figures, name)]).filter(([, value]) => value && value.high !== 0).map(([name, value]) => countedAs(side, name, value)),
  ];
}

// What was delayed or called off, as the claims that count say.
function setBack(number, { claims, events }) {
  const SAID = { release_delayed: "was delayed", release_cancelled: "was called off" };
  const found = claims.flatMap(({ claims: all }) => all).filter(({ adopted, type, round }) => adopted && SAID[type] && round === number);
  return found.map(({ type, count, event }) => {
    const leg = events.get(event)?.event.leg ?? "captives";
    const who = count && isDefinite(count) ? brought(leg, estimate(count)) : `its ${people(leg)}`;
    return `the ${leg.endsWith("remains") ? "return" : "release"} of ${who} ${SAID[type]}`;
  });
}

const isDefinite = ({ best, low }) => best !== null || low > 0;

// That one leg began after the day on which the other was over.
function apart({ captives, prisoners }) {
  if (!captives || !prisoners || ![captives, prisoners].every(({ first, last }) => isDay(first) && isDay(last))) return null;
  const day = ({ at }) => at.slice(0, 10);
  const isLater = (one, other) => day(one.first) > day(other.last);
  const text = (later, hers, earlier, his) => `${later} left on ${moment(hers.first, false)}, the ${earlier} on ${moment(his.first, false)}`;
  if (isLater(prisoners, captives)) return text("the prisoners", prisoners, "captives", captives);
  return isLater(captives, prisoners) ? text("the captives", captives, "prisoners", prisoners) : null;
}

// How long people had been held, those of one length together.
function captivity(held) {
  const spells = Map.groupBy(held, ({ side, days }) => `${side} ${counted(days, "day")}`);
  return [...spells.values()].map((those) => {
    const [{ side, days }] = those;
    const best = those.reduce((sum, { count }) => sum + count.best, 0);
    const who = those.every(({ count }) => sure(count)) ? plural(best, people(side, 1)) : those.map(({ count }) => some(count, side)).join(" and ");
    return `${who} ${who.startsWith("1 ") ? "was" : "were"} held ${counted(days, "day")}`;
  });
}

// -- why the ratios differ -------------------------------------------------------------------------

export function why({ tally }) {
  const hasRemains = SIDES.some((side) => tally[side].remains.returned);
  const shown = ["all", "nationals", "deal", "remains", "returned"].filter((scope) => tally.ratios[scope].fraction && (scope !== "returned" || hasRemains));
  if (new Set(shown.map((scope) => tally.ratios[scope].value)).size < 2) return null;
  return h(
    "div",
    { class: "why" },
    h("h3", {}, `Why ${small(shown.length)} ratios?`),
    h("p", {}, `Because there are ${small(shown.length)} questions: the answer depends on who is counted.`),
    h("dl", {}, shown.map((scope) => line(scope, tally))),
  );
}

function line(scope, tally) {
  const value = tally.ratios[scope];
  const made = { nationals: ofNationals, deal: ofDeal }[scope];
  return h("div", {}, h("dt", {}, RATIOS[scope].head), h("dd", {},
    h("span", { class: "number" }, `${fraction(value)} = ${ratio(value)}`),
    h("span", { class: "meaning" }, capital(perOne(value)), ".", made && SIDES.map((side) => made(side, tally[side])))));
}

const named = (side, name, value) => figure(`${side}.${name}`, value, { key: `why-${side}-${name}` });

function ofNationals(side, { released, nationals, others }) {
  if (![released, nationals, others].every(sure) || !others.best) return null;
  return [" ", named(side, "released", released), ` ${people(side, released.best)}, without `, named(side, "others", others), ` ${does(others, "other", "others")}.`];
}

// The deal's count from everyone freed: less those beside it. What one round is credited, another is not.
function ofDeal(side, { released, deal, outside, credited_in: came }) {
  if (![released, deal, outside].every(sure) || !outside.best || released.best - outside.best !== deal.best) return null;
  return [
    " ", named(side, "released", released), ` ${people(side, released.best)}, without `, named(side, "outside", outside), " freed beside the deal.",
    came?.best > 0 && [" ", named(side, "credited_in", came), ` freed in one round ${does(came, "is", "are")} counted in another.`],
  ];
}
