// What the sections share: figures that open their claims, downloads, marks of a chart.

import { h } from "./dom.js";
import { here } from "./address.js";
import { blob, hasToken } from "./ledger.js";
import { bounds, estimate, figureName } from "./words.js";

// A number that opens its claims; `exchange` where it is not of what the page shows. The page gives it its address.
export function figure(name, value, { big = false, key = name, exchange = null, said = figureName(name) } = {}) {
  if (!value) return missing({ big });
  return h(
    "a",
    {
      class: `figure${big ? " big" : ""}`, "data-figure": name, "data-of": exchange, "data-key": `figure-${key}`,
      "aria-label": `${estimate(value)} ${said}`, "aria-describedby": HINT,
    },
    hedged(estimate(value)),
  );
}

// What a press of any figure does, said once on the page: each figure is described by it.
const HINT = "figure-hint";
export const hint = () => h("p", { class: "hint", id: HINT }, "Press a dotted number to see its claims and sources.");

// The words of a hedge, told apart from the number behind them: where there is little room they stand above it.
export function hedged(text) {
  const [, words, rest] = /^([a-z ]+ )?(.*)$/.exec(text);
  return words && rest !== text ? [h("span", { class: "hedge" }, words), rest] : text;
}

// A number and the range that it has.
export const ranged = (name, value, options) => [figure(name, value, options), within(value)];
export const within = (value) => bounds(value) && h("span", { class: "bounds" }, ` ${bounds(value)}`);

const UNSAID = "No claim says anything of it. That is not zero.";

export const missing = ({ big = false, text = "not recorded" } = {}) =>
  h("span", { class: `missing${big ? " big" : ""}`, title: text === "not recorded" ? UNSAID : null }, text);

// In a table: why there is no number, for who asks or listens.
export const dash = (text = "not recorded", title = text === "not recorded" ? UNSAID : text) =>
  h("span", { class: "dash", title, role: "img", "aria-label": text }, "–");

// The events behind something that is no figure, by their ids.
export const evidence = (ids, title, text = "Claims", key = ids.join()) =>
  h(
    "button",
    { type: "button", class: "quiet", "data-events": ids.join(" "), "data-title": title, "data-key": `events-${key}`, "aria-label": `${text} about ${title}` },
    text,
  );

// A button that opens the menu of what can be taken away of a view: of one `figure` of it, or of the `chart` that it draws.
export function downloads(context, view, what, { figure: item = null, chart = view || "totals" } = {}) {
  const asked = { context, view, what, place: item ? ["figures", item] : ["charts", chart], chart: item ? null : chart };
  const open = async ({ currentTarget: button }) => (await import("./takeaway.js")).open(button, asked);
  return h(
    "button",
    { type: "button", class: "take", "data-key": `take-${chart}`, "aria-haspopup": "dialog", "aria-expanded": "false", "aria-label": `Share, cite, download: ${what}`, click: open },
    "Share, cite, download",
  );
}

export function download(path, file, text, what) {
  const link = h("a", { href: here(path), download: file, "aria-label": `${text} of ${what}` }, text);
  if (hasToken()) link.addEventListener("click", (event) => save(event, path, file));
  return link;
}

// A link cannot show a token.
async function save(event, path, file) {
  event.preventDefault();
  const url = URL.createObjectURL(await blob(path));
  h("a", { href: url, download: file }).click();
  URL.revokeObjectURL(url);
}

export const heading = (id, text, ...beside) => h("div", { class: "heading" }, h("h2", { id }, text), beside);

export const percent = (value, most) => `${most > 0 ? Math.min(100, (100 * value) / most).toFixed(3) : 0}%`;

// Parts of a whole as one bar, each [class, value]. One that is small beside the others stays in sight.
export function bar(parts, kind = "bar") {
  const drawn = parts.filter(([, value]) => value > 0).map(([kind, value]) => styled(h("i", { class: kind }), "flex-grow", value));
  return h("span", { class: kind, "aria-hidden": "true" }, drawn);
}

export function styled(element, name, value) {
  element.style.setProperty(name, value);
  return element;
}

// What is certain of a figure, to draw it: its best, else its low.
export const drawn = (value) => value?.best ?? value?.low ?? 0;
