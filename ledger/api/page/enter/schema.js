// The fields of a form, from the JSON Schema of an event type: what each takes, in which words it is asked for.

import { capital, figureName, human, kindName, LEG_NAMES, term } from "../words.js";

const FIXED = new Set(["type", "version", "id"]);
const WORDS = { Count: "count", Amount: "count", Moment: "moment" };
const NAMES = new Map([
  ["^[A-Z0-9][A-Z0-9-]{1,63}$", "exchange"],
  ["^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$", "occurrence"],
  ["^[a-z][a-z0-9_]{0,63}$", "party"],
]);
const CODE = "^[A-Z]{3}$"; // of a country or a currency
const SHORT = 200; // characters of a text that is written in one line
const FEW = 10;

// What is seldom said stands behind "more".
const SELDOM = new Set([
  "status", "supersedes", "reason", "note", "part", "settles", "region", "remains_held", "separate", "track", "indirect", "convener", "categories", "opening",
  "archived", "sha256", "speaker", "speaks_for", "anonymity", "reliability", "credibility", "origin",
  "vital", "basis", "holder", "destination", "sentence", "taken", "terms", "external_ids", "follows", "unsaid_scope", "matched", "received", "from_scope", "conditions",
]);

const LABELS = {
  groups: "People", count: "How many", occurred: "When it happened", occurrence: "Occurrence", as_stated: "In the source’s own words", by: "By whom", to: "To whom",
  url: "Link", archived: "Link to an archived copy", sha256: "SHA-256 of what was read", published: "Published on", speaks_for: "For whom the speaker speaks",
  ratio_scope: "In the deal’s ratio", vital: "Alive or dead", taken: "How they were taken", part: "A part of something", of: "Part of", holder: "Held by",
  settles: "Rounds that it pays for", external_ids: "What other datasets call it", ucdp: "UCDP", acled: "ACLED", wikidata: "Wikidata", supersedes: "The claim that it replaces",
  reason: "Why it replaces it", why: "Grounds", claim: "The claim", per: "For each", publisher: "Publisher", nationals: "Nationals of the captives’ side",
  prisoner_nationals: "Nationals of the prisoners’ side", until: "Until when", terms: "Set of terms", remains_held: "Are the remains held?", opening: "Does counting start here?",
  source: "Who says so", position: "The position in words", planned_for: "Due on",
};
const KIND_OF_SOURCE = "Kind of source";

export const isSeldom = ({ name, isRequired }) => SELDOM.has(name) && !isRequired;

export function fieldsOf(schema) {
  return { type: schema.properties.type.const, version: schema.properties.version.const, about: schema.description, fields: members(schema, schema.$defs ?? {}, "") };
}

function members({ properties, required = [] }, defs, of) {
  return Object.entries(properties).filter(([name]) => !FIXED.has(name)).map(([name, node]) => field(name, node, required.includes(name), defs, of));
}

function field(name, node, isRequired, defs, of) {
  const isNullable = node.anyOf?.some(({ type }) => type === "null") ?? false;
  const inner = node.anyOf?.find(({ type }) => type !== "null") ?? node;
  const label = of === "Source" && name === "kind" ? KIND_OF_SOURCE : LABELS[name] ?? capital(human(name));
  return { name, of, label, help: plain(node.description), isRequired, isNullable, initial: node.default ?? null, ...takes(name, inner, defs) };
}

function takes(name, node, defs) {
  if (node.$ref) {
    const of = node.$ref.split("/").at(-1);
    return WORDS[of] ? { kind: WORDS[of] } : { kind: "object", fields: members(defs[of], defs, of) };
  }
  if (node.enum) return { kind: "choice", options: node.enum };
  if (node.type === "boolean") return { kind: "flag" };
  if (node.type === "integer") return node.maximum < FEW ? { kind: "choice", isNumber: true, options: counting(node) } : { kind: "number" };
  if (node.type === "array") return several(takes(name, node.items, defs), node);
  if (name === "published") return { kind: "date" };
  if (node.maxLength > SHORT) return { kind: "prose" };
  return { kind: "text", known: NAMES.get(node.pattern) ?? null, isCode: node.pattern === CODE };
}

const counting = ({ minimum, maximum }) => Array.from({ length: maximum - minimum + 1 }, (_, index) => minimum + index);

const SEVERAL = { object: "objects", choice: "choices", number: "numbers", prose: "lines", text: "names" };

const several = (item, { minItems = 0 }) => ({ ...item, kind: SEVERAL[item.kind], least: minItems });

// Descriptions have names of the software in backquotes: in a form they are words.
const plain = (text) => (text ?? "").replaceAll("`", "");

// A word of a vocabulary as people read it.
export function optionName({ name, of, label }, value) {
  if (typeof value === "number") return String(value);
  if (name === "figure") return value === "other" ? "Another total" : figureName(value);
  if (label === KIND_OF_SOURCE) return capital(kindName(value));
  if (name === "leg" || (of === "" && name === "side")) return capital(LEG_NAMES[value] ?? human(value));
  if (name === "reliability") return value;
  return capital(term(name === "categories" ? "category" : name, value));
}

// What is meant where nothing is chosen.
export function unsaid(field) {
  const { initial, kind } = field;
  if (initial === null || initial === "unknown" || initial === "none") return "Not said";
  if (kind === "flag") return initial ? "Yes, unless said" : "No, unless said";
  return `${optionName(field, initial)}, unless said`;
}
