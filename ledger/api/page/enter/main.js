// Entering claims: which of them the address asks for, and what there is to choose from.

import { byId, entitle, h, replace } from "../dom.js";
import { read } from "../ledger.js";
import { describe } from "../events.js";
import { capital, moment } from "../words.js";
import { asked, showClaim } from "./claim.js";
import { offerExchanges } from "./known.js";
import { showTable } from "./table.js";
import { resume } from "./token.js";
import { firstSentence, sentence } from "./values.js";

const GROUPS = [
  ["People who were taken, freed, died or came back", ["move"]],
  ["Counted, and nobody moves", ["note"]],
  ["Totals that somebody states", ["statement"]],
  ["The exchange, its terms, plans and pauses", ["fact"]],
  ["About other claims", ["decision"]],
  ["Talks, and who takes part", ["remark"]],
];
const USUAL = ["captives_released", "prisoners_released", "remains_returned", "captives_died", "tally_stated"];

async function start() {
  const query = new URLSearchParams(location.search);
  const root = byId("enter");
  try {
    await resume(() => offerExchanges());
    const { types } = await read("/v1/schemas");
    const words = new Map(types.map(({ type, words: text }) => [type, text]));
    offerExchanges();
    if (query.has("table")) showTable(root, words, await read("/v1/schemas/captives_released"));
    else if (query.has("claim")) showChoice(root, await read(`/v1/events/${encodeURIComponent(query.get("claim"))}`));
    else if ([...query.keys()].length) await showClaim(root, await asked(query), words);
    else showTypes(root, types);
    entitle(root.querySelector("h1").textContent);
  } catch (error) {
    replace(root, h("h1", {}, error.title ?? "This page made a mistake"), h("p", { role: "alert" }, h("bdi", {}, sentence(error.message))), h("p", {}, h("a", { href: "enter.html" }, "All kinds of claims")));
    if (error.status === undefined) console.warn(error);
  }
  byId("boot").hidden = true;
  document.documentElement.dataset.shown = "enter";
}

function showTypes(root, types) {
  const by = new Map(types.map((each) => [each.type, each]));
  replace(
    root,
    h("h1", {}, "Enter a claim"),
    h("p", { class: "standfirst" }, "What does a source say? Nothing is published before you have seen which figures it would move."),
    h("h2", { class: "label" }, "Most used"),
    h("ul", { class: "types usual" }, USUAL.map((type) => link(by.get(type)))),
    GROUPS.map(([title, natures]) => groupOf(title, types.filter(({ nature, type }) => natures.includes(nature) && !USUAL.includes(type)))),
    h("h2", { class: "label" }, "Many at once"),
    h("ul", { class: "types" }, h("li", {}, h("a", { href: "enter.html?table" }, "A table"), h("p", { class: "help" }, "Pasted from a spreadsheet, or a file: each row a claim."))),
  );
}

const groupOf = (title, types) => types.length > 0 && [h("h2", { class: "label" }, title), h("ul", { class: "types" }, types.map(link))];

const link = ({ type, words, about }) => h("li", {}, h("a", { href: `enter.html?type=${type}` }, capital(words)), h("p", { class: "help" }, firstSentence(about)));

const CHOICES = [
  ["supersedes", "Replace it", "The source has corrected its figure, it is outdated, or it was entered wrongly."],
  ["disputes", "Dispute it", "Somebody says that it is not so. Both stand until one is adopted."],
  ["retracts", "Retract it", "It should never have been entered. It stays readable and counts nowhere."],
  ["adopts", "Adopt it", "From now on this claim counts for what happened, whatever the ledger’s own rule says."],
];

function showChoice(root, { event }) {
  replace(
    root,
    h("h1", {}, "Something about a claim"),
    h("p", { class: "standfirst" }, h("bdi", {}, `${capital(describe(event))}, ${moment(event.occurred)}: ${event.source.publisher}`), "."),
    h("ul", { class: "types usual" }, CHOICES.map(([does, title, help]) => h("li", {}, h("a", { href: `enter.html?${does}=${encodeURIComponent(event.id)}` }, title), h("p", { class: "help" }, help)))),
  );
}

start();
