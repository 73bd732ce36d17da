// What else is recorded: aid and funds, and every figure with its breakdowns.

import { h } from "./dom.js";
import { downloads, heading, ranged } from "./parts.js";
import { figureName, listed, number, plural } from "./words.js";

const PARTS = ["rounds", "pauses", "terms", "positions"];

export function also(context) {
  const { figures, tally } = context;
  const absent = PARTS.filter((name) => !context[name].length);
  const shown = [...figures].filter(([, value]) => value);
  const aid = shown.filter(([name]) => /^(aid|funds)\./.test(name));
  const { redacted = 0, ...newer } = tally.unknown;
  const unknown = Object.entries(newer);
  return [
    heading("also-title", "Everything else that adds up", downloads(context, "explain", "all figures")),
    aid.length > 0 && [h("h3", {}, "Aid and funds"), grid(aid, "aid")],
    shown.length
      ? h("details", { "data-key": "figures" }, h("summary", {}, shown.length === 1 ? "The one figure, with its claims" : `All ${number(shown.length)} figures, each with its claims`), grid(shown, "all"))
      : h("p", { class: "none" }, "No figure is recorded."),
    absent.length > 0 && h("p", { class: "none" }, `Nothing is recorded of ${listed(absent).replace(" and ", " or ")}.`),
    redacted > 0 && h("p", {}, `${plural(redacted, "event")} of this exchange ${redacted === 1 ? "was" : "were"} removed for holding what nobody may keep. By whom and why stands among the events.`),
    unknown.length > 0 && h("p", {}, `Not understood by this version: ${unknown.map(([type, count]) => `${plural(count, "event")} of type ${type}`).join(", ")}.`),
  ];
}

const grid = (shown, key) =>
  h("dl", { class: "grid" }, shown.map(([name, value]) => h("div", {}, h("dt", {}, figureName(name)), h("dd", {}, ranged(name, value, { key: `${key}-${name}` })))));
