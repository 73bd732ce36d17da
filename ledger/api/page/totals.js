// The lead: what an exchange comes to, in one sentence, three figures and their ranges.

import { h } from "./dom.js";
import { bar, bounds, downloads, drawn, figure } from "./parts.js";
import { capital, date, estimate, fraction, human, listed, number, plural, range, ratio, small, sure } from "./words.js";
import { country } from "./countries.js";

export function lead(context) {
  const { tally, exchange, members } = context;
  const { captives, prisoners } = tally;
  return [
    h("p", { class: "kicker" }, members ? `Process of ${plural(members.length, "exchange")}` : exchange, tally.first && ` · ${span(tally)}`, context.asOf && h("strong", {}, ` · ${context.asOf}`)),
    h("h1", { id: "lead-title" }, h("bdi", {}, tally.title ?? exchange)),
    h("p", { class: "standfirst" }, standfirst(context)),
    h(
      "div",
      { class: "totals" },
      freed(context, captives),
      prisonersFreed(context, prisoners),
      ratios(context),
    ),
    held(context),
    downloads(context, "", "these totals"),
  ].filter(Boolean);
}

const span = ({ first, last }) => (first === last ? date(first) : `${date(first)} – ${date(last)}`);

// -- the sentence ----------------------------------------------------------------------------------

function standfirst(context) {
  const { tally, rounds, members } = context;
  const moved = [
    context.recorded("captives.released") && many(tally.captives.released, "captive"),
    context.recorded("prisoners.released") && many(tally.prisoners.released, "prisoner"),
  ].filter(Boolean);
  if (!moved.length) return "Nobody is recorded as freed under this heading.";
  const verb = moved.length === 1 && moved[0].startsWith("1 ") ? "was" : "were";
  const swaps = rounds.filter(({ legs }) => legs.captives || legs.prisoners).length;
  if (members) return `${capital(listed(moved))} ${verb} freed in ${small(members.length)} ${members.length === 1 ? "exchange" : "exchanges"}.`;
  const when = swaps ? ` in ${small(swaps)} ${swaps === 1 ? "round" : "rounds"}` : "";
  return `${capital(listed(moved))} ${verb} freed${when}.${steady(context)}${halfDone(rounds)}`;
}

function many(value, one) {
  const isUnknown = value.best === null && value.low === 0 && value.high === null;
  return `${isUnknown ? "an unknown number of" : estimate(value)} ${value.best === 1 ? one : `${one}s`}`;
}

// Whether every round with a ratio has the same one.
function steady({ rounds, tally }) {
  const values = rounds.map(({ ratios }) => ratios.deal).filter(({ fraction }) => fraction);
  const all = tally.ratios.deal;
  if (!all.fraction) return "";
  if (values.length > 1 && values.every(({ value }) => value === values[0].value)) {
    const each = values.length === rounds.length ? `all ${small(values.length)} rounds` : `${small(values.length)} rounds`;
    return ` By the deal’s own count, ${each} ran at ${ratio(values[0])} : 1.`;
  }
  return ` By the deal’s own count, that is ${ratio(all)} ${all.value === 1 ? "prisoner" : "prisoners"} for each captive.`;
}

// A total between the two legs of a round compares two different cut-offs.
function halfDone(rounds) {
  const half = rounds.filter(({ legs, settled_by: by, settles }) => Boolean(legs.captives) !== Boolean(legs.prisoners) && (legs.captives ? !by.length : !settles.length));
  return half.map(({ round, legs }) => ` Of round ${round}, only the ${legs.captives ? "captives" : "prisoners"} are recorded.`).join("");
}

// -- the three figures -----------------------------------------------------------------------------

function freed(context, captives) {
  const { released, nationals, foreigners } = captives;
  const isSplit = nationals && sure(nationals) && sure(foreigners) && drawn(released) > 0;
  const own = listed(context.nationals.map(country)) || "the deal's own";
  const others = isSplit ? nationalities(context, foreigners.best) : [];
  return h(
    "div",
    { class: "total captives" },
    h("h2", { class: "label" }, "Captives freed"),
    h("p", { class: "value" }, number_(context, "captives.released", released)),
    isSplit && [
      bar([["own", drawn(nationals)], ["others", drawn(foreigners)]], drawn(released)),
      h(
        "ul",
        { class: "split" },
        h("li", { class: "own" }, figure("captives.nationals", nationals), " own nationals", h("small", {}, own)),
        foreigners.best > 0 && h("li", { class: "others" }, figure("captives.foreigners", foreigners), " others", h("small", {}, others.join(", "))),
      ),
    ],
    ranged(context, "captives.released", released),
  );
}

// The nationalities of those who do not bear the deal's own, where the claims that count tell all of them.
function nationalities({ claims, events, nationals }, foreigners) {
  const found = new Map();
  for (const { event: id } of claims.flatMap(({ claims: said }) => said.filter(({ adopted }) => adopted))) {
    const event = events.get(id)?.event;
    if (event?.type !== "captives_released" || event.part) continue;
    for (const { nationality = [], count } of event.groups) {
      if (!nationality.length || nationality.some((code) => nationals.includes(code))) continue;
      const name = nationality.map(country).join("/");
      found.set(name, (found.get(name) ?? 0) + (count.best ?? 0));
    }
  }
  const sum = [...found.values()].reduce((total, each) => total + each, 0);
  return sum === foreigners ? [...found].map(([name, many]) => `${name}\u00a0${number(many)}`) : [];
}

function prisonersFreed(context, prisoners) {
  const parts = Object.entries(prisoners.of_which.category).filter(([, value]) => value.best);
  const whole = parts.reduce((sum, [, value]) => sum + value.best, 0);
  const isWhole = whole > 0 && whole === prisoners.released.best;
  return h(
    "div",
    { class: "total prisoners" },
    h("h2", { class: "label" }, "Prisoners freed"),
    h("p", { class: "value" }, number_(context, "prisoners.released", prisoners.released)),
    isWhole && [
      bar(parts.map(([, value], index) => [`part${index % 2}`, value.best]), whole),
      h(
        "ul",
        { class: "split" },
        parts.map(([name, value], index) =>
          h(
            "li",
            { class: `part${index % 2}` },
            figure(`prisoners.of_which.category.${name}`, value),
            ` ${human(name)}`,
            h("small", {}, "by the breakdowns"),
          ),
        ),
      ),
    ],
    ranged(context, "prisoners.released", prisoners.released),
  );
}

const number_ = (context, name, value) => figure(name, value, { big: true, recorded: context.recorded(name) });

function ranged(context, name, value) {
  const text = context.recorded(name) && range(value);
  return text && h("p", { class: "range" }, text);
}

const SCOPES = [
  ["deal", "by the deal’s own count"],
  ["nationals", "to own nationals"],
  ["all", "to all captives freed"],
];

function ratios({ tally, members }) {
  if (members) return ratiosOf(members);
  const shown = SCOPES.filter(([scope]) => tally.ratios[scope].value !== null);
  return h(
    "div",
    { class: "total ratio" },
    h("h2", { class: "label" }, "Prisoners per captive"),
    shown.length
      ? h("dl", { class: "scopes" }, shown.map(([scope, text]) => scopeRow(scope, text, tally.ratios[scope])))
      : h("p", { class: "value" }, h("span", { class: "missing big" }, "undefined")),
    !shown.length && h("p", { class: "range" }, "One of the two sides is not recorded, or not known as a number."),
  );
}

// Deals that differ have no ratio in common.
function ratiosOf(members) {
  const shown = members.map(({ tally }) => tally).filter(({ ratios: { deal } }) => deal.value !== null);
  return h(
    "div",
    { class: "total ratio" },
    h("h2", { class: "label" }, "Prisoners per captive, by each deal’s own count"),
    h("dl", { class: "scopes" }, shown.map(({ exchange, title, ratios: { deal } }) => scopeRow("own-deal", h("bdi", {}, title ?? exchange), deal))),
    !shown.length && h("p", { class: "range" }, "No deal has both sides recorded."),
  );
}

const scopeRow = (scope, text, value) =>
  h(
    "div",
    { class: scope },
    h("dt", {}, text),
    h("dd", {}, h("span", { class: "number" }, ratio(value)), value.fraction && h("span", { class: "fraction" }, fraction(value))),
  );

// -- what else is known of the captives ------------------------------------------------------------

const BESIDE = [
  ["captives.taken", ({ captives }) => captives.taken],
  ["captives.held", ({ captives }) => captives.held],
  ["captives.rescued", ({ captives }) => captives.rescued],
  ["captives.escaped", ({ captives }) => captives.escaped],
  ["captives.died", ({ captives }) => captives.died],
  ["remains.returned", ({ remains }) => remains.returned],
  ["remains.recovered", ({ remains }) => remains.recovered],
  ["remains.given", ({ remains }) => remains.given],
  ["remains.rejected", ({ remains }) => remains.rejected],
];

function held({ tally, recorded }) {
  const shown = BESIDE.filter(([name, of]) => of(tally) && recorded(name) && of(tally).high !== 0);
  if (!shown.length) return null;
  return h("dl", { class: "beside" }, shown.map(([name, of]) => h("div", {}, h("dt", {}, label(name)), h("dd", {}, figure(name, of(tally)), bounds(of(tally))))));
}

const LABELS = {
  "captives.taken": "taken",
  "captives.held": "held, alive or dead",
  "captives.rescued": "rescued",
  "captives.escaped": "escaped",
  "captives.died": "died",
  "remains.returned": "remains returned",
  "remains.recovered": "remains recovered",
  "remains.given": "remains given to the other side",
  "remains.rejected": "handovers rejected",
};
const label = (name) => LABELS[name];
