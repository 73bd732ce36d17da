// What can be taken away from a figure or a chart, in one small menu: its links, its data, its picture, an embed, a citation.

import { here, inside, pageOf } from "./address.js";
import { byId, h } from "./dom.js";
import { address, hasToken, read, text } from "./ledger.js";
import { download } from "./parts.js";
import { capital } from "./words.js";

const FORMS = { csv: "CSV", json: "JSON", "hxl.csv": "HXL", "metadata.json": "Sources" };
const WHOLE = { csv: "CSV", "excel.csv": "CSV for Excel", parquet: "Parquet", zip: "Data package" };
const CITATIONS = { "citation.txt": "Text", bib: "BibTeX", "csl.json": "CSL-JSON" };

const MORE = { totals: ["timeline"] }; // charts that no section draws are offered beside another

const menu = byId("take");
let opener = null; // the button whose menu is open

// Open the menu of a button, or close it.
export async function open(button, asked) {
  if (button === opener) return menu.hidePopover();
  if (opener) menu.hidePopover();
  opener = button;
  opener.setAttribute("aria-expanded", "true");
  (button.closest("dialog") ?? document.body).append(menu); // beside a panel nothing can be pressed
  menu.setAttribute("aria-label", `Share, cite, download: ${asked.what}`);
  menu.replaceChildren(h("p", { class: "loading" }, "Looking what there is …"));
  menu.showPopover({ source: button });
  place(button);
  const content = await contentOf(asked);
  if (opener !== button) return;
  menu.replaceChildren(...content);
  place(button);
  menu.querySelector("a, button")?.focus({ preventScroll: true });
}

// Below its button from the left or to the right edge, or above it where there is no room.
function place(button) {
  const at = button.getBoundingClientRect(), size = menu.getBoundingClientRect();
  const room = document.documentElement.clientWidth - 8;
  const left = at.left + size.width <= room ? at.left : Math.max(8, Math.min(at.right, room) - size.width);
  const below = at.bottom + 6, fits = below + size.height < innerHeight - 8;
  menu.style.left = `${left}px`;
  menu.style.top = `${fits ? below : Math.max(8, Math.min(at.top - size.height - 6, innerHeight - size.height - 8))}px`;
}

menu.addEventListener("toggle", ({ newState }) => {
  if (newState !== "closed" || !opener) return;
  opener.setAttribute("aria-expanded", "false");
  if (menu.contains(document.activeElement) || document.activeElement === document.body) opener.focus({ preventScroll: true });
  opener = null;
});
new ResizeObserver(() => opener && place(opener)).observe(menu);
addEventListener("scroll", () => opener && (opener.isConnected ? place(opener) : menu.hidePopover()), { passive: true });

// -- what there is ---------------------------------------------------------------------------------

async function contentOf(asked) {
  const { context, view, chart } = asked;
  const [metadata, charts] = await Promise.all([
    read(address(context.exchange, view, ".metadata.json", context.cut)).catch(() => null),
    chart ? read(address(context.exchange, "charts", "", context.cut)).catch(() => []) : [],
  ]);
  const drawn = [chart, ...(MORE[chart] ?? [])].map((name) => charts.find((each) => each.chart === name)).filter(Boolean);
  return [links(asked), data(asked, metadata), drawn.length && [pictures(asked, drawn), embed(drawn)], cite(asked)].flat().filter(Boolean);
}

const group = (title, ...content) => h("section", { class: "group" }, h("h3", {}, title), content);

function copy(text, what) {
  const button = h("button", { type: "button", class: "small", "aria-label": `Copy ${what}`, click: act }, "Copy");
  async function act() {
    await navigator.clipboard.writeText(text());
    button.textContent = "Copied";
    byId("news").textContent = `${what} copied.`;
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }
  return navigator.clipboard && button;
}

function links({ context, place: [kind, item] }) {
  const link = (parameters) => new URL(pageOf(context.exchange, parameters, kind, item), location.href).href;
  const row = (href, text, what) => h("p", { class: "row" }, h("a", { href }, text), copy(() => href, what));
  const last = [...context.events.keys()].at(-1);
  const pinned = context.cut.includes("through=") || context.cut.includes("position=") ? context.cut : `${new URLSearchParams([...new URLSearchParams(context.cut), ["through", last]])}`;
  return group("Link", row(link(""), "Always the latest", "Link to the latest"), row(link(pinned), "Pinned to what is shown", "Pinned link"));
}

// The view in each form that it has, and every claim of the exchange as one table.
function data({ context, view, what }, metadata) {
  const isOffered = ([form]) => form === "metadata.json" || form in (metadata?.downloads ?? { csv: "" });
  const forms = (all, of, said) => Object.entries(all).map(([form, name]) =>
    h("li", {}, download(address(context.exchange, of, `.${form}`, context.cut), `${context.exchange}-${of.replaceAll("/", "-") || "tally"}.${form}`, name, said)));
  return group("Data", h("ul", { class: "forms" }, forms(Object.fromEntries(Object.entries(FORMS).filter(isOffered)), view, what)),
    h("ul", { class: "forms" }, h("li", { class: "of" }, "Every claim"), forms(WHOLE, "data", "every claim")));
}

const pictures = ({ context }, drawn) => group("Picture", drawn.map(({ chart, svg, png }) =>
  h("ul", { class: "forms" }, drawn.length > 1 && h("li", { class: "of" }, capital(chart)), Object.entries({ SVG: svg, PNG: png }).map(([form, path]) =>
    h("li", {}, download(inside(path), `${context.exchange}-${chart}.${form.toLowerCase()}`, form, `the chart ${chart}`))))));

// A text to copy, in one of several forms.
function copied(title, what, forms, textOf, ...more) {
  const said = h("textarea", { readonly: true, rows: 4, "aria-label": what, spellcheck: "false", focus: ({ target }) => target.select() });
  const choose = async (form) => { said.value = await textOf(form); };
  const chosen = h("select", { "aria-label": `Form of ${what.toLowerCase()}`, hidden: forms.length < 2, change: ({ target }) => choose(target.value) }, forms.map(([form, name]) => h("option", { value: form }, name)));
  choose(forms[0][0]);
  return group(title, said, h("p", { class: "row" }, chosen, copy(() => said.value, what)), more);
}

// A server that was not told its own name cannot write it.
const whole = (text) => text.replace(new RegExp(`(?<![\\w/.])(?=${here("/")}(exchanges|embed)/)`, "g"), location.origin);

function embed(drawn) {
  const of = (name) => drawn.find(({ chart }) => chart === name);
  let shown = drawn[0].chart;
  const frame = () => h("iframe", { src: here(inside(of(shown).embed)), title: "Preview of the embed" });
  const preview = h("details", { toggle: draw }, h("summary", {}, "Preview"));
  function draw() {
    preview.querySelector("iframe")?.remove();
    if (preview.open) preview.append(frame());
  }
  const choose = (name) => {
    shown = name;
    draw();
    return whole(of(name).snippet);
  };
  return copied("Embed", "Code to embed", drawn.map(({ chart }) => [chart, capital(chart)]), choose, !hasToken() && preview);
}

const cite = ({ context, view }) =>
  copied("Cite", "Citation", Object.entries(CITATIONS), async (form) => whole(await text(address(context.exchange, view, `.${form}`, context.cut))).trim());
