// The controls of a form: each with its label, its help, how it was understood and what is wrong with it, all tied to it.

import { h } from "../dom.js";
import { READ_AS } from "./values.js";
import { isSeldom, optionName, unsaid } from "./schema.js";

const idOf = (path) => `f-${path}`;
const ONE_LINE = new Set(["region", "area", "speaker", "label", "topic", "cause"]);
const EXAMPLES = { count: "24, about 900, 250–300, over 130", moment: "5 March 2024, March 2024, before 2024-03-05", date: "2024-03-05" };

// The fields of one object: the usual ones, then the rest behind "more". `form` has the values, and what is kept in sight.
export function group(fields, under, form, more = "More") {
  const isSeen = (field) => !isSeldom(field) || form.shown.has(`${under}${field.name}`);
  const rest = fields.filter((field) => !isSeen(field));
  return [
    ...fields.filter(isSeen).map((field) => drawn(field, under, form)),
    rest.length > 0 && moreOf(rest, under, form, more),
  ];
}

function moreOf(rest, under, form, title) {
  const filled = [...form.values].filter(([path, text]) => text && rest.some(({ name }) => `${path}.`.startsWith(`${under}${name}.`) || path.startsWith(`${under}${name}#`))).length;
  return h("details", { class: "more", open: filled > 0 }, h("summary", {}, title), h("div", { class: "fields" }, rest.map((field) => drawn(field, under, form))));
}

function drawn(field, under, form) {
  const path = `${under}${field.name}`;
  if (field.kind === "object") return objectOf(field, path, form);
  if (field.kind === "objects") return objectsOf(field, path, form);
  if (field.kind === "choices") return choicesOf(field, path, form);
  return single(field, path, form);
}

// -- one value -------------------------------------------------------------------------------------

function single(field, path, form) {
  const described = [`${idOf(path)}-help`, `${idOf(path)}-understood`, `${idOf(path)}-wrong`].join(" ");
  const attributes = { id: idOf(path), name: path, "aria-describedby": described, "aria-required": field.isRequired ? "true" : null, ...attributesOf(field) };
  return h(
    "div",
    { class: `field ${field.kind}`, "data-path": path },
    h("label", { for: idOf(path) }, field.label, mark(field)),
    control(field, attributes, form.values.get(path) ?? ""),
    h("p", { class: "understood", id: `${idOf(path)}-understood`, "aria-live": READ_AS.has(field.kind) ? "polite" : null, hidden: !READ_AS.has(field.kind) }),
    h("p", { class: "wrong", id: `${idOf(path)}-wrong`, hidden: true }),
    h("p", { class: "help", id: `${idOf(path)}-help` }, helpOf(field)),
  );
}

const mark = ({ isRequired, isNullable }) => isRequired && !isNullable && h("span", { class: "needed" }, " required");

function helpOf({ name, help, kind, isCode, isRequired, isNullable }) {
  const how = { names: "Several are parted by commas.", numbers: "Several are parted by commas.", lines: "One a line." }[kind];
  const example = EXAMPLES[kind] && `As people write it: ${EXAMPLES[kind]}.`;
  const code = isCode && name !== "currency" && "A code of three letters for each country, such as THA.";
  return [help, code, how, example, isRequired && isNullable && "Left empty: none."].filter(Boolean).join(" ");
}

function attributesOf({ kind, known, name }) {
  const list = known && kind === "text" ? `known-${known}` : { round: "known-round", publisher: "known-publisher" }[name];
  return { list, autocomplete: "off", spellcheck: kind === "prose" ? null : "false", inputmode: kind === "number" ? "numeric" : null };
}

function control(field, attributes, text) {
  if (field.kind === "choice" || field.kind === "flag") return select(field, attributes, text);
  if (field.kind === "lines" || (field.kind === "prose" && !ONE_LINE.has(field.name))) return h("textarea", { ...attributes, list: null, rows: "2" }, text);
  return h("input", { ...attributes, type: "text", value: text });
}

function select(field, attributes, text) {
  const options = field.kind === "flag" ? [["true", "Yes"], ["false", "No"]] : field.options.map((value) => [String(value), optionName(field, value)]);
  const none = field.isRequired ? "Choose …" : unsaid(field);
  const { list: _, ...rest } = attributes;
  return h("select", rest, h("option", { value: "" }, none), options.map(([value, name]) => h("option", { value, selected: value === text }, name)));
}

// -- several words of a vocabulary -----------------------------------------------------------------

function choicesOf(field, path, form) {
  const chosen = new Set((form.values.get(path) ?? "").split(","));
  const boxes = field.options.map((value) => h("li", {}, h("label", {}, h("input", { type: "checkbox", value, checked: chosen.has(value), "data-choice": path }), ` ${optionName(field, value)}`)));
  return h(
    "fieldset",
    { class: "field choices", "data-path": path, id: idOf(path), "aria-describedby": `${idOf(path)}-help ${idOf(path)}-wrong` },
    h("legend", {}, field.label),
    h("p", { class: "wrong", id: `${idOf(path)}-wrong`, hidden: true }),
    h("p", { class: "help", id: `${idOf(path)}-help` }, field.help),
    h("ul", { class: "boxes" }, boxes),
  );
}

// -- objects ---------------------------------------------------------------------------------------

function objectOf(field, path, form) {
  return h(
    "fieldset",
    { class: "object", "data-path": path, id: idOf(path), "aria-describedby": `${idOf(path)}-wrong` },
    h("legend", {}, field.label),
    h("p", { class: "wrong", id: `${idOf(path)}-wrong`, hidden: true }),
    h("div", { class: "fields" }, group(field.fields, `${path}.`, form, `More: ${field.label.toLowerCase()}`)),
  );
}

const ONE_OF = { groups: ["Group", "another group of people"], pledges: ["Pledge", "a pledge"], taken: ["Taking", "how some were taken"] };

function objectsOf(field, path, form) {
  const [one, another] = ONE_OF[field.name] ?? [field.label, "another"];
  const many = form.lengthOf(field, path);
  const isAlone = many === 1 && field.least === 1;
  const items = Array.from({ length: many }, (_, index) =>
    h(
      "fieldset",
      { class: "object item", "data-path": `${path}.${index}`, id: idOf(`${path}.${index}`), "aria-describedby": `${idOf(`${path}.${index}`)}-wrong` },
      h("legend", {}, isAlone ? field.label : `${one} ${index + 1}`),
      isAlone && h("p", { class: "help" }, field.help),
      h("p", { class: "wrong", id: `${idOf(`${path}.${index}`)}-wrong`, hidden: true }),
      h("div", { class: "fields" }, group(field.fields, `${path}.${index}.`, form, "More about them")),
      many > field.least && h("button", { type: "button", class: "quiet", click: () => form.remove(field, path, index) }, `Take ${one.toLowerCase()} ${index + 1} away`),
    ),
  );
  const add = h("button", { type: "button", "data-add": path, click: () => form.add(field, path) }, `Add ${another}`);
  return h(
    "div",
    { class: "objects", "data-path": path, id: idOf(path) },
    !isAlone && [h("p", { class: "label" }, field.label), h("p", { class: "help" }, field.help)],
    h("p", { class: "wrong", id: `${idOf(path)}-wrong`, hidden: true }),
    items,
    h("p", { class: "add" }, add),
  );
}

// -- what is said of a field -----------------------------------------------------------------------

export function tell(form, path, { wrong = null, understood = null }) {
  const holder = form.querySelector(`[data-path="${CSS.escape(path)}"]`);
  const [shown, well] = [byPath(form, path, "wrong"), byPath(form, path, "understood")];
  if (!holder || !shown) return false;
  shown.textContent = wrong ?? "";
  shown.hidden = !wrong;
  if (well) well.textContent = understood ?? "";
  holder.classList.toggle("is-wrong", Boolean(wrong));
  const input = holder.querySelector(":scope > :is(input, select, textarea)");
  if (wrong) input?.setAttribute("aria-invalid", "true");
  else input?.removeAttribute("aria-invalid");
  return true;
}

const byPath = (form, path, what) => form.querySelector(`#${CSS.escape(`${idOf(path)}-${what}`)}`);

// Bring the first field that is wrong to whoever has to mend it.
export function toFirstWrong(form) {
  const holder = form.querySelector(".is-wrong");
  if (!holder) return false;
  for (let each = holder.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
  holder.querySelector("input, select, textarea, button")?.focus();
  holder.scrollIntoView({ block: "center" });
  return true;
}
