// How a first mapping's questions are asked: in which words, and by which control.

import { h } from "../dom.js";
import { capital, human, kindName, term } from "../words.js";
import { COUNT } from "./questions.js";
import { sentence } from "./values.js";

const NAMES = { "groups.0.count": "How many people", type: "What the rows tell of", key: "The columns that name a row", occurrence: "Rows with the same are one thing", occurred: "When it happened", dates: "Days in figures", publisher: "Publisher", kind: "Kind of source", exchange: "Exchange" };
const HELP = { occurrence: "Rows with the same name here are claims about one thing, of which one counts. Without it, each row counts by itself.", exchange: "Its name, in capitals, digits and hyphens: one that is there, or a new one." };
const UNSAID = '{ qualifier = "unknown" }';
const ORDERS = [["dmy", "Day first: 05/03 is in March"], ["mdy", "Month first: 05/03 is in May"]];

export function labelOf({ section, key }) {
  if (section === "values.kinds") return `Kind of “${key}”`;
  return section.startsWith("values.") ? `“${key}” stands for` : NAMES[key] ?? capital(human(key));
}

export const helpOf = ({ key, why }) => HELP[key] ?? sentence(why.replaceAll("`", "").replace(/^no counts: /, "cells that are no counts: ") || "The table does not say.");

// The control of a question: a choice where what can be said is known. `known` are words of types, a schema, and columns.
export function controlOf({ section, about, key, value, isText }, id, known) {
  const attributes = { id, "aria-describedby": `${id}-help`, autocomplete: "off", spellcheck: "false" };
  const options = isText ? optionsOf(section, about, key, known) : columnsFor(key, value, known.columns);
  if (options) return h("select", { id, "aria-describedby": `${id}-help` }, !value && h("option", { value: "" }, "Choose …"), options.map(([name, text]) => h("option", { value: name, selected: name === value }, text)));
  return h("input", { ...attributes, type: "text", value, list: key === "exchange" ? "known-exchange" : null });
}

// Which column, where a first mapping has found none, or is not sure: each as the mapping would say it.
function columnsFor(key, value, columns) {
  if (key === COUNT) return [[UNSAID, "Not said by the table"], ...columns.map((column) => [JSON.stringify(`{${column}:count}`), `The column ${column}`])];
  if (key !== "key") return null;
  const one = columns.map((column) => JSON.stringify([column]));
  return [...(one.includes(value) ? [] : [[value, `Together: ${value.slice(1, -1).replaceAll('"', "")}`]]), ...columns.map((column, index) => [one[index], `The column ${column}`])];
}

function optionsOf(section, about, key, { words, schema }) {
  const source = schema.$defs.Source.properties.kind.enum;
  const types = () => [...words].map(([type, text]) => [type, capital(text)]);
  if (key === "dates") return ORDERS;
  if (key === "side") return [["captives", "Captives"], ["prisoners", "Prisoners"]];
  if (section === "fields" && key === "type") return types();
  if (section === "fields.source" && key === "kind") return source.map((kind) => [kind, capital(kindName(kind))]);
  if (!section.startsWith("values.")) return null;
  if (about.startsWith("the type of event")) return types();
  if (about.startsWith("newspaper")) return source.map((kind) => [kind, capital(kindName(kind))]);
  if (about.startsWith("children")) return schema.$defs.Group.properties.category.enum.map((name) => [name, capital(term("category", name))]);
  return null;
}
