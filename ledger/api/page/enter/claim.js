// One claim: its form, a look at what it would move, and its publication. It may replace, retract or dispute another one.

import { here, pageOf } from "../address.js";
import { h, replace } from "../dom.js";
import { describe } from "../events.js";
import { read } from "../ledger.js";
import { capital, human, kindName, moment } from "../words.js";
import { eventIn, formOf, set, showProblems } from "./form.js";
import { kindOf, offerOf } from "./known.js";
import { lookingIn } from "./looking.js";
import { fieldsOf } from "./schema.js";
import { firstSentence, sentence, textsOf } from "./values.js";

const NEXT = ["exchange", "round", "source.publisher", "source.kind", "source.url", "source.published"];
const TAKEN_OVER = "ledger.next";
const DECISIONS = { retracts: "claim_retracted", disputes: "claim_disputed", adopts: "claim_adopted" };

// What the address asks for: the type, and what is known of it from another claim.
export async function asked(query) {
  const correcting = query.get("supersedes");
  if (correcting) return replacing(await read(`/v1/events/${encodeURIComponent(correcting)}`));
  for (const [does, type] of Object.entries(DECISIONS)) if (query.get(does)) return deciding(type, does, await read(`/v1/events/${encodeURIComponent(query.get(does))}`));
  return { type: query.get("type"), given: {}, name: query.get("type"), about: null, shown: [] };
}

const occurrenceOf = (event) => event.occurrence ?? event.id;

function replacing({ event }) {
  const { id, as_stated: _, note: __, ...rest } = event;
  const given = { ...rest, occurrence: occurrenceOf(event), supersedes: id, reason: undefined };
  return { type: event.type, given, name: `supersedes.${id}`, about: { does: "Replace", event }, shown: ["supersedes", "reason"] };
}

function deciding(type, does, { event }) {
  const given = { exchange: event.exchange, round: event.round, occurrence: occurrenceOf(event), claim: event.id, occurred: { at: new Date().toISOString().slice(0, 10), precision: "day" } };
  return { type, given, name: `${does}.${event.id}`, about: { does: capital(does.slice(0, -1)), event }, shown: [] };
}

export async function showClaim(root, { type, given, name, about, shown }, words) {
  const described = fieldsOf(await read(`/v1/schemas/${encodeURIComponent(type)}`));
  for (const field of described.fields) if (shown.includes(field.name)) Object.assign(field, { isRequired: true, isNullable: false });
  const texts = textsOf(described.fields, given);
  for (const [path, text] of takenOver()) texts.values.set(path, text);
  const form = formOf({ described, name: `claim.${name}`, given: texts, shown, changed });
  const preview = h("section", { id: "preview", "aria-labelledby": "preview-title", hidden: true });
  const wrong = h("div", { class: "summary", role: "alert", id: "form-wrong" });
  const draft = h("p", { class: "draft", role: "status", id: "draft" });
  const looking = lookingIn(preview, { published: (told) => showPublished(root, told, form, type), back: () => { looking.clear(); form.element.querySelector("input, select, textarea").focus(); } });

  function changed(isKept) {
    looking.clear();
    if (wrong.childElementCount) sayWrong();
    sayDraft(isKept ? "Draft kept in this browser." : "This browser keeps no drafts: what is written here is lost with the page.", isKept);
  }
  function sayDraft(text, isKept) {
    replace(draft, text, isKept && [" ", h("button", { type: "button", class: "quiet", "data-key": "clear", click: () => { form.discard(); location.reload(); } }, "Clear it")]);
  }
  async function look(event) {
    event?.preventDefault();
    wrong.textContent = "";
    try {
      const said = await eventIn(form);
      if (!said) return sayWrong();
      const told = await looking.look([JSON.stringify(said)], summaryOf(said));
      const problem = told?.results[0]?.problem;
      if (problem && showProblems(form, problem.problems ?? [{ field: "", reason: problem.detail }])) sayWrong();
    } catch (error) {
      replace(wrong, h("p", {}, sentence(error.message)));
    }
  }
  function sayWrong() {
    const many = form.element.querySelectorAll(".is-wrong").length;
    replace(wrong, many > 0 && h("p", {}, many === 1 ? "One field is to be mended." : `${many} fields are to be mended.`), form.rest.map((text) => h("p", {}, text)));
  }

  form.element.addEventListener("submit", look);
  form.element.addEventListener("change", ({ target }) => follow(form, target));
  form.element.append(wrong, h("p", { class: "actions" }, h("button", { class: "primary" }, "Look at what it would move")), draft);
  replace(
    root,
    h("p", { class: "kicker" }, h("a", { href: "enter.html" }, "All kinds of claims")),
    h("h1", {}, about ? `${about.does} a claim` : capital(words.get(type) ?? human(type))),
    about ? aboutClaim(about.event) : h("p", { class: "standfirst" }, firstSentence(described.about)),
    form.element,
    preview,
  );
  if (form.isDraft) sayDraft("This is your draft, kept in this browser.", true);
  offerOf(form.values.get("exchange") ?? "");
}

const aboutClaim = (event) =>
  h("p", { class: "standfirst about" }, h("bdi", {}, `${capital(describe(event))}, ${moment(event.occurred)}: ${event.source.publisher}`), ". ", h("a", { href: here(`/v1/events/${encodeURIComponent(event.id)}`) }, `Event ${event.id.slice(0, 8)}`));

function summaryOf(event) {
  const { publisher, kind } = event.source;
  return h("p", { class: "says" }, h("strong", {}, h("bdi", {}, capital(describe(event)))), h("bdi", {}, `, ${moment(event.occurred)}, in ${event.exchange}${event.round ? `, round ${event.round}` : ""}: says ${publisher} (${kindName(kind)}).`));
}

// What follows from a choice: what is offered of an exchange, and of which kind a publisher is.
function follow(form, { name, value }) {
  if (name === "exchange") offerOf(value.trim());
  if (name === "source.publisher" && kindOf(value.trim()) && !form.values.get("source.kind")) set(form, "source.kind", kindOf(value.trim()));
}

function showPublished(root, told, form, type) {
  const [result] = told.results;
  form.discard();
  const next = () => {
    form.discard();
    sessionStorage.setItem(TAKEN_OVER, JSON.stringify(NEXT.map((path) => [path, form.values.get(path)]).filter(([, text]) => text)));
    location.assign(`enter.html?type=${type}`);
  };
  replace(
    root,
    h("h1", { tabindex: "-1" }, result.duplicate ? "It was there already" : "Published"),
    h("p", { class: "standfirst" }, `Event ${result.id.slice(0, 8)} stands in the ledger at ${result.position}.`),
    h("p", { class: "actions" },
      h("a", { class: "button primary", href: pageOf(form.values.get("exchange")) }, "See it on the page"),
      h("button", { type: "button", click: next }, "Enter another from this source"),
      h("a", { class: "button", href: `enter.html?supersedes=${encodeURIComponent(result.id)}` }, "Correct it")),
  );
  root.querySelector("h1").focus();
}

// What is taken over from the claim that was published before, once.
function takenOver() {
  const found = JSON.parse(sessionStorage.getItem(TAKEN_OVER) ?? "[]");
  sessionStorage.removeItem(TAKEN_OVER);
  return found;
}
