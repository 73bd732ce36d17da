// What the sections share: figures that open their claims, downloads, marks of a chart.

import { address, blob, hasToken } from "./ledger.js";
import { h, svg } from "./dom.js";
import { estimate, figureName, isRange, number } from "./words.js";

// A number that opens its claims; `exchange` where it is not of what the page shows. `recorded` false: nobody says anything, so that there is no number to show.
export function figure(name, value, { recorded = true, big = false, key = name, exchange = null, said = figureName(name) } = {}) {
  if (!value || !recorded) return h("span", { class: `missing${big ? " big" : ""}` }, "not recorded");
  return h(
    "button",
    { type: "button", class: `figure${big ? " big" : ""}`, "data-figure": name, "data-of": exchange, "data-key": `figure-${key}` },
    big ? hedged(estimate(value)) : estimate(value),
    h("span", { class: "unseen" }, ` ${said}: show the claims`),
  );
}

// The words of a hedge stand smaller before a big number.
function hedged(text) {
  const [, words, rest] = /^([a-z ]+ )?(.*)$/.exec(text);
  return words && rest !== text ? [h("span", { class: "hedge" }, words), rest] : text;
}

export function bounds(value) {
  if (!value || !isRange(value)) return null;
  return h("span", { class: "bounds" }, ` ${number(value.low)}–${value.high === null ? "?" : number(value.high)}`);
}

// The events behind something that is no figure, by their ids.
export const evidence = (ids, title, text = "Claims", key = ids.join()) =>
  h(
    "button",
    { type: "button", class: "quiet", "data-events": ids.join(" "), "data-title": title, "data-key": `events-${key}` },
    text,
    h("span", { class: "unseen" }, ` about ${title}`),
  );

const FORMS = [
  [".csv", "CSV"],
  [".hxl.csv", "HXL"],
  [".json", "JSON"],
  [".metadata.json", "Sources"],
];

export function downloads(context, view, what) {
  const links = FORMS.map(([ending, text]) => {
    const path = address(context.exchange, view, ending, context.cut);
    return h("li", {}, download(path, `${context.exchange}-${view.replaceAll("/", "-") || "tally"}${ending}`, text, what));
  });
  return h("ul", { class: "downloads", "aria-label": `Download ${what}` }, links);
}

export function download(path, file, text, what) {
  const link = h("a", { href: path, download: file }, text, h("span", { class: "unseen" }, ` of ${what}`));
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

// Parts of a whole as one bar. Each part is [class, value].
export function bar(parts, most, attributes = {}) {
  let from = 0;
  const drawn = parts.map(([kind, value]) => {
    const part = svg("rect", { class: kind, x: percent(from, most), y: 0, width: percent(value, most), height: "100%" });
    from += value;
    return part;
  });
  return svg("svg", { class: "bar", width: "100%", height: 12, "aria-hidden": "true", ...attributes }, drawn);
}

// What is certain of a figure, to draw it: its best, else its low.
export const drawn = (value) => value?.best ?? value?.low ?? 0;
