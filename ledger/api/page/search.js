// The search in the head of every page: exchanges, parties, claims and sources, as a combobox with a list.

import { pageOf } from "./address.js";
import { byId, h } from "./dom.js";
import { read } from "./ledger.js";
import { moment } from "./words.js";

const WAIT_MS = 120;
const CLAIMS_SHOWN = 8;
const PLACES_SHOWN = 3; // exchanges to which a party or a source leads

const root = byId("search");
const list = h("div", { id: "found", role: "listbox", "aria-label": "What was found", hidden: true });
const field = h("input", {
  type: "search", id: "q", role: "combobox", placeholder: "Exchange, party, claim, source", autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
  "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "found", "aria-keyshortcuts": "/",
  input: () => later(field.value), keydown: steer, focus: () => field.value.trim() && later(field.value),
});
root.replaceChildren(
  h("form", { role: "search", submit: (event) => { event.preventDefault(); choose(active() ?? options()[0]); } },
    h("label", { for: "q", class: "unseen" }, "Search"), field, h("kbd", { "aria-hidden": "true" }, "/"), list),
);
root.hidden = false;

// -- asking ----------------------------------------------------------------------------------------

let asked = null;
let waiting = null;

function later(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => ask(text.trim()), WAIT_MS);
}

async function ask(text) {
  asked?.abort();
  if (!text) return close();
  const controller = (asked = new AbortController());
  try {
    const found = await read(`/v1/search?q=${encodeURIComponent(text)}&limit=${CLAIMS_SHOWN}`, controller.signal);
    if (asked === controller && document.activeElement === field) show(text, found);
  } catch (error) {
    if (error.name !== "AbortError") show(text, null, error);
  }
}

// -- what was found --------------------------------------------------------------------------------

const named = (kind, name, exchanges) => exchanges.slice(0, PLACES_SHOWN).map((exchange) => ({ href: pageOf(exchange), text: name, detail: `${kind} in ${exchange}` }));

const GROUPS = {
  Exchanges: ({ exchanges, processes }) => [
    ...exchanges.map(({ exchange, title }) => ({ href: pageOf(exchange), text: title ?? exchange, detail: title && exchange })),
    ...processes.map(({ process, exchanges: all }) => ({ href: pageOf(process), text: process, detail: `process of ${all.length === 1 ? "one exchange" : `${all.length} exchanges`}` })),
  ],
  Parties: ({ parties }) => parties.flatMap(({ party, name, exchanges }) => named("named", name ?? party, exchanges)),
  Claims: ({ claims }) => claims.found.map(({ event, exchange, text, publisher, occurred }) => ({ href: pageOf(exchange, "", "claims", event), text, detail: `${publisher} · ${moment(occurred)} · ${exchange}` })),
  Sources: ({ sources }) => sources.flatMap(({ publisher, exchanges }) => named("source", publisher, exchanges)),
};

function show(text, found, error = null) {
  const groups = found ? Object.entries(GROUPS).map(([name, of]) => [name, of(found)]).filter(([, all]) => all.length) : [];
  let count = 0;
  const option = ({ href, text: title, detail }) =>
    h("a", { href, role: "option", id: `found-${count++}`, tabindex: "-1", "aria-selected": "false" }, h("bdi", {}, title), detail && h("small", {}, h("bdi", {}, detail)));
  list.replaceChildren(...groups.map(([name, all], index) => h("div", { role: "group", "aria-labelledby": `found-in-${index}` }, h("p", { id: `found-in-${index}`, class: "kind", role: "presentation" }, name), all.map(option))));
  const said = error ? error.message : groups.length ? null : `Nothing is called or says “${text}”.`;
  if (said) list.append(h("p", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, h("bdi", {}, said)));
  list.hidden = false;
  field.setAttribute("aria-expanded", "true");
  field.removeAttribute("aria-activedescendant");
  byId("news").textContent = said ?? `${count} found.`;
}

function close() {
  clearTimeout(waiting);
  asked?.abort();
  list.hidden = true;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

// -- the keyboard ----------------------------------------------------------------------------------

const options = () => [...list.querySelectorAll("a")];
const active = () => list.querySelector('[aria-selected="true"]');

function steer(event) {
  const all = options(), at = all.indexOf(active());
  const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? all.length - 1 : at - 1 }[event.key];
  if (event.key === "Escape") {
    if (list.hidden) field.value = "";
    close();
    event.preventDefault();
  } else if (to !== undefined && !list.hidden && all.length) {
    event.preventDefault();
    select(all[(to + all.length) % all.length]);
  } else if (event.key === "ArrowDown" && field.value.trim()) ask(field.value.trim());
}

function select(option) {
  active()?.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option.id);
}

function choose(option) {
  if (!option) return;
  field.blur();
  option.click();
}

list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
list.addEventListener("click", () => { close(); field.value = ""; });
field.addEventListener("blur", close);

addEventListener("keydown", (event) => {
  const isWriting = event.target.matches("input, textarea, select") || byId("claims").open;
  if (event.key !== "/" || isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
});
