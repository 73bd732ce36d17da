// The form of one type of event: its sections, its draft, and what it makes.

import { h, replace } from "../dom.js";
import * as drafts from "./drafts.js";
import { group, tell, toFirstWrong } from "./fields.js";
import { eventOf, leaves, lengthOf, READ_AS, said, sentence, understand } from "./values.js";

const PAUSE_MS = 500;
const FIRST = ["supersedes", "reason", "exchange", "round"];
const BEFORE_SOURCE = new Set(["status", "note", "as_stated", "source"]);
const LATER = ["source", "as_stated", "status", "note"];

// `described` is the type as `fieldsOf` has it; `name` that of the draft; `given` what is there already; `changed` is told of
// each change, `isKept` whether the draft is.
export function formOf({ described, name, given, shown, changed }) {
  const draft = drafts.kept(name);
  const form = {
    described,
    values: new Map(draft?.values ?? given.values),
    kept: new Map(draft?.kept ?? given.kept),
    shown: new Set(shown),
    isDraft: Boolean(draft),
    fields: h("div", { class: "fields" }),
    element: h("form", { class: "claim", novalidate: true, "aria-label": "The claim" }),
    rest: [],
    lengthOf: (field, path) => lengthOf(field, path, form.values),
    add: (field, path) => resize(form, field, path, form.lengthOf(field, path) + 1),
    remove: (field, path, index) => takeAway(form, field, path, index),
    noted: () => note(form, name, changed),
    discard: () => drafts.clear(name),
  };
  form.element.append(form.fields);
  form.element.addEventListener("input", ({ target }) => take(form, target));
  form.element.addEventListener("change", ({ target }) => readNow(form, target.name));
  draw(form);
  return form;
}

// What happened, then who says so, then the rest.
function draw(form) {
  const { fields } = form.described;
  const named = (name) => fields.find((each) => each.name === name);
  const first = FIRST.map(named).filter(Boolean);
  const own = fields.filter((each) => !FIRST.includes(each.name) && !BEFORE_SOURCE.has(each.name));
  const order = [...first, named("occurred"), named("occurrence"), ...own.filter(({ name }) => !["occurred", "occurrence"].includes(name)), ...LATER.map(named)].filter(Boolean);
  replace(form.fields, group(order, "", form, "More about this claim"));
  for (const [path, field] of leaves(fields, form.values)) if (READ_AS.has(field.kind)) readNow(form, path);
}

// -- changes ---------------------------------------------------------------------------------------

function take(form, target) {
  const path = target.dataset.choice ?? target.name;
  if (!path) return;
  form.values.set(path, target.dataset.choice ? chosen(form, path, target) : target.value);
  tell(form.element, path, {});
  form.rest = [];
  form.noted();
  readLater(form, path);
}

// In the order in which they were chosen.
function chosen(form, path, { value, checked }) {
  const others = (form.values.get(path) ?? "").split(",").filter((each) => each && each !== value);
  return (checked ? [...others, value] : others).join(",");
}

function note(form, name, changed) {
  const isKept = drafts.keep(name, { values: [...form.values].filter(([, text]) => text), kept: [...form.kept] });
  changed(isKept);
}

export function set(form, path, text) {
  const control = form.element.querySelector(`[name="${CSS.escape(path)}"]`);
  if (!control) return;
  control.value = text;
  form.values.set(path, text);
}

function resize(form, field, path, many) {
  form.values.set(`${path}#`, String(many));
  form.noted();
  draw(form);
  const added = form.element.querySelector(`[data-path="${CSS.escape(`${path}.${many - 1}`)}"]`);
  added?.querySelector("input, select, textarea")?.focus();
}

function takeAway(form, field, path, index) {
  const many = form.lengthOf(field, path);
  const below = new RegExp(`^${path.replaceAll(".", "\\.")}\\.(\\d+)(\\..*|#)$`);
  for (const each of [form.values, form.kept]) {
    const moved = [...each].map(([at, value]) => [below.exec(at), at, value]).filter(([found]) => Number(found?.[1]) !== index || !found);
    each.clear();
    for (const [found, at, value] of moved) each.set(found && Number(found[1]) > index ? `${path}.${found[1] - 1}${found[2]}` : at, value);
  }
  form.values.set(`${path}#`, String(many - 1));
  form.noted();
  draw(form);
  form.element.querySelector(`[data-add="${CSS.escape(path)}"]`)?.focus();
}

// -- words -----------------------------------------------------------------------------------------

const waiting = new Map();

function readLater(form, path) {
  clearTimeout(waiting.get(path));
  waiting.set(path, setTimeout(() => readNow(form, path), PAUSE_MS));
}

async function readNow(form, path) {
  clearTimeout(waiting.get(path));
  const field = new Map(leaves(form.described.fields, form.values)).get(path);
  if (!field || !READ_AS.has(field.kind)) return;
  const text = (form.values.get(path) ?? "").trim();
  const found = text ? await wordsOf(form, path, field.kind, text) : {};
  if ((form.values.get(path) ?? "").trim() !== text) return;
  tell(form.element, path, { wrong: found.wrong, understood: "value" in found ? said(field.kind, found.value) : null });
}

// What words stand for, or why not: `{ value }` or `{ wrong }`.
async function wordsOf(form, path, kind, text) {
  const kept = form.kept.get(path);
  if (kept?.text === text) return { value: kept.value };
  try {
    return { value: await understand(kind, text) };
  } catch (error) {
    return { wrong: sentence(error.message) };
  }
}

// -- the event -------------------------------------------------------------------------------------

// The event that the form says; null where something has to be mended first, which is then said beside it.
export async function eventIn(form) {
  const wrong = [];
  const words = new Map();
  for (const [path, field] of leaves(form.described.fields, form.values)) {
    const text = (form.values.get(path) ?? "").trim();
    if (!text || !READ_AS.has(field.kind)) continue;
    const found = await wordsOf(form, path, field.kind, text);
    if ("wrong" in found) wrong.push({ field: path, reason: found.wrong });
    else words.set(path, found.value);
  }
  const event = eventOf(form.described, form.values, words);
  const missing = [...lacking(form.described.fields, event, "")].filter((path) => !wrong.some(({ field }) => field === path)).map((field) => ({ field, reason: "is missing" }));
  return showProblems(form, [...wrong, ...missing]) ? null : event;
}

// What an event must say and does not: what is there of an object that need not be is as the ledger says.
function* lacking(fields, event, under) {
  for (const field of fields) {
    const [path, value] = [`${under}${field.name}`, event[field.name]];
    if (value === undefined && field.isRequired) yield path;
    else if (field.kind === "object" && value) yield* lacking(field.fields, value, `${path}.`);
    else if (field.kind === "objects" && value) for (const [index, item] of value.entries()) yield* lacking(field.fields, item, `${path}.${index}.`);
  }
}

// Each problem beside the field that it is about; the rest above the form's buttons. Whether there is any.
export function showProblems(form, problems) {
  for (const holder of form.element.querySelectorAll(".is-wrong")) tell(form.element, holder.dataset.path, {});
  const apart = problems.filter(({ field, reason }) => !beside(form, field, sentence(reason)));
  form.rest = apart.map(({ field, reason }) => sentence(field ? `${field}: ${reason}` : reason));
  if (problems.length) toFirstWrong(form.element);
  return problems.length > 0;
}

function beside(form, field, reason) {
  for (let steps = field.split("."); field && steps.length; steps = steps.slice(0, -1)) {
    if (tell(form.element, steps.join("."), { wrong: reason })) return true;
  }
  return false;
}
