// The lead: what an exchange comes to, in one sentence, both sides by the same parts, and what each ratio divides.

import { correctionsOf } from "./corrections.js";
import { h } from "./dom.js";
import { downloads, hedged, hint } from "./parts.js";
import { breadth, life, total } from "./sides.js";
import { capital, counted, dates, divided, does, estimate, isDefined, lacking, listed, people, plural, ratio, ratioBounds, RATIOS, roundsOf, SIDES, small } from "./words.js";

export function lead(context) {
  const { tally, exchange, members, asOf } = context;
  return [
    h("p", { class: "kicker" }, members ? `Process of ${plural(members.length, "exchange")}` : exchange, tally.first && ` · ${dates(tally)}`, asOf && h("strong", {}, ` · ${asOf}`)),
    h("h1", { id: "lead-title" }, h("bdi", {}, tally.title ?? exchange)),
    h("p", { class: "standfirst" }, standfirst(context)),
    cautions(context),
    h("div", { class: `totals${SIDES.some((side) => breadth(estimate(tally[side].released)) > 7) ? " broad" : ""}` }, SIDES.map((side) => total(side, context)), members ? ratiosOf(members) : ratios(context), life(context)),
    h("div", { class: "foot" }, [...context.figures.values()].some(Boolean) && hint(), downloads(context, "", "these totals")),
  ].filter(Boolean);
}


// -- the sentence ----------------------------------------------------------------------------------

function standfirst(context) {
  const { tally, rounds, members } = context;
  const freed = SIDES.map((side) => [side, tally[side].released]).filter(([, value]) => value);
  if (!freed.length) return "Nobody is recorded as freed under this heading.";
  const moved = freed.map(([side, value]) => counted(value, people(side, 1)));
  const verb = freed.length === 1 ? does(freed[0][1], "was", "were") : "were";
  const swaps = members?.length ?? rounds.filter(({ legs }) => SIDES.some((side) => legs[side])).length;
  const where = swaps ? ` in ${small(swaps)} ${members ? "exchange" : "round"}${swaps === 1 ? "" : "s"}` : "";
  return `${capital(listed(moved))} ${verb} freed${where}.${members ? "" : steady(context)}${unfinished(context)}`;
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
  return ` By the deal’s own count, that is ${ratio(all)} ${people("prisoners", all.value)} for each captive.`;
}

// A total between the two legs of a round compares two different cut-offs.
function unfinished({ rounds }) {
  const open = rounds.filter(({ incomplete }) => incomplete.length);
  const alike = Map.groupBy(open, lacking);
  return [...alike].map(([text, those]) => ` Of ${roundsOf(those)}, ${text}.`).join("");
}

// What to know of the numbers before they are used, each with the place where it is told.
function cautions(context) {
  const { claims, doubles, rounds, members } = context;
  if (members) return null;
  const late = claims.flatMap(({ claims: all }) => all).filter(({ adopted, type }) => adopted && type === "release_delayed");
  const joint = new Set(rounds.filter((round) => round.joint).map((round) => round.joint.rounds.join()));
  const told = [
    ["rounds", late.length, "delay"],
    ["rounds", joint.size, "joint ratio"],
    ["open-disputes", claims.filter(({ disputes }) => disputes > 0).length, "open dispute"],
    ["doubles", doubles.length, "likely double"],
    ["corrections", correctionsOf(context).length, "correction"],
  ].filter(([, count]) => count);
  return told.length > 0 && h("ul", { class: "cautions", "aria-label": "To read with care" }, told.map(([id, count, one]) => h("li", {}, h("a", { href: `#${id}`, "data-key": `caution-${one}` }, plural(count, one)))));
}

// -- the ratios ------------------------------------------------------------------------------------

function ratios({ tally }) {
  const { ratios: all, incomplete } = tally;
  const hasRemains = SIDES.some((side) => tally[side].remains.returned);
  const shown = Object.keys(RATIOS).filter((scope) => isDefined(all[scope]) && (scope !== "returned" || hasRemains));
  return h(
    "div",
    { class: "total ratio" },
    h("h2", { class: "label" }, "Prisoners per captive"),
    shown.length
      ? h("dl", { class: "scopes" }, shown.map((scope) => scopeRow(scope, RATIOS[scope].by, all[scope])))
      : h("p", { class: "value" }, h("span", { class: "missing big" }, "undefined")),
    !shown.length && h("p", { class: "range" }, "One of the two sides is not recorded, or not known as a number."),
    shown.length > 0 && incomplete.length > 0 && h("p", { class: "range" }, `${capital(roundsOf(incomplete.map((round) => ({ round }))))} ${incomplete.length === 1 ? "is" : "are"} incomplete: so far the ratios divide a whole by a part.`),
  );
}

// Deals that differ have no ratio in common.
function ratiosOf(members) {
  const shown = members.map(({ tally }) => tally).filter(({ ratios: { deal } }) => isDefined(deal));
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
    h("dd", {},
      h("span", { class: `number${ratio(value).includes("–") ? " span-of" : ""}` }, hedged(ratio(value))),
      h("span", { class: "fraction" }, [divided(value), ratioBounds(value)].filter(Boolean).join("; "))),
  );
