// What stands in a form, by path ("groups.0.count"), and the event that it makes; and back.
//
// Every value is text as it was written. How many objects a list has stands under its path and "#".

import { read } from "../ledger.js";
import { capital, count, human, moment, number, STRICT } from "../words.js";

export const READ_AS = new Set(["count", "moment", "date"]);
const APPROXIMATE = new Set(["about", "around", "roughly"]);

const cached = new Map();

// How the ledger understands words. Throws a Problem that says why not.
export function understand(kind, text) {
  const key = `${kind} ${text}`;
  if (!cached.has(key)) {
    const asked = read(`/v1/words/${kind}?${new URLSearchParams({ said: text })}`).then(({ value }) => value);
    cached.set(key, asked);
    asked.catch((error) => { if (error.status !== 400) cached.delete(key); });
  }
  return cached.get(key);
}

// How words were understood, in words again: no more exact than they are.
export function understood(kind, value) {
  if (kind === "date") return moment({ at: value, precision: "day" });
  if (kind === "moment") return `${moment(value)}${["day", "minute"].includes(value.precision) ? "" : ` (${human(value.precision)})`}`;
  const { best = null, low = null, high = null, qualifier = "exact" } = value;
  if (qualifier === "exact") return `exactly ${number(best)}`;
  if (qualifier === "estimate") return `an estimate of ${count(value)}`;
  if (best !== null) return low === null && high === null ? count(value) : `${count(value)}, from ${number(low)} to ${number(high)}`;
  if (low !== null && high !== null) return `${APPROXIMATE.has(qualifier) ? "" : `${human(qualifier)}, `}${number(low)} to ${number(high)}, without a best number`;
  if (low !== null) return `${count(value)}: at least ${number(low)}, without a best number`;
  if (high !== null) return `${count(value)}: at most ${number(high)}, without a best number`;
  return `${human(qualifier)}: no number`;
}

// -- from a form to an event -----------------------------------------------------------------------

const clean = (text) => text.normalize("NFC").replace(/\s+/g, " ").trim();
const parts = (text, mark) => text.split(mark).map(clean).filter(Boolean);
const whole = (text) => (/^\d{1,15}$/.test(text) ? Number(text) : text);

const MAKES = {
  text: clean,
  prose: clean,
  choice: (text, { isNumber }) => (isNumber ? Number(text) : text),
  flag: (text) => text === "true",
  number: (text) => whole(clean(text)),
  numbers: (text) => parts(text, /[,;\s]+/).map(whole),
  names: (text) => parts(text, /[,;]+/),
  lines: (text) => parts(text, /\n+/),
  choices: (text) => parts(text, ","),
};

// `words` are the values of what is written in words, by path.
export const eventOf = ({ type, version, fields }, values, words) => ({ type, version, ...made(fields, "", values, words) });

function made(fields, under, values, words) {
  const found = fields.map((field) => [field.name, member(field, `${under}${field.name}`, values, words)]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

function member(field, path, values, words) {
  if (field.kind === "object") {
    const value = made(field.fields, `${path}.`, values, words);
    return Object.keys(value).length || field.isRequired ? value : undefined;
  }
  if (field.kind === "objects") {
    const items = Array.from({ length: lengthOf(field, path, values) }, (_, index) => made(field.fields, `${path}.${index}.`, values, words));
    return items.length || field.isRequired ? items : undefined;
  }
  const text = (values.get(path) ?? "").trim();
  if (!text) return field.isRequired && field.isNullable ? null : undefined;
  return READ_AS.has(field.kind) ? words.get(path) : MAKES[field.kind](text, field);
}

export const lengthOf = ({ least }, path, values) => Number(values.get(`${path}#`) ?? least);

// Every field that holds one value, with its path.
export function* leaves(fields, values, under = "") {
  for (const field of fields) {
    const path = `${under}${field.name}`;
    if (field.kind === "object") yield* leaves(field.fields, values, `${path}.`);
    else if (field.kind === "objects") for (let index = 0; index < lengthOf(field, path, values); index += 1) yield* leaves(field.fields, values, `${path}.${index}.`);
    else yield [path, field];
  }
}

// -- from an event to a form -----------------------------------------------------------------------

// The texts of what an event says, and what those in words stand for: not all of it can be written in words.
export function textsOf(fields, event, under = "", found = { values: new Map(), kept: new Map() }) {
  for (const field of fields) {
    const value = event[field.name];
    const path = `${under}${field.name}`;
    if (value === undefined || value === null) continue;
    if (field.kind === "object") textsOf(field.fields, value, `${path}.`, found);
    else if (field.kind === "objects") {
      found.values.set(`${path}#`, String(value.length));
      value.forEach((item, index) => textsOf(field.fields, item, `${path}.${index}.`, found));
    } else {
      const text = written(field.kind, value);
      found.values.set(path, text);
      if (READ_AS.has(field.kind)) found.kept.set(path, { text, value });
    }
  }
  return found;
}

function written(kind, value) {
  if (kind === "count") return countText(value);
  if (kind === "moment") return momentText(value);
  if (Array.isArray(value)) return value.join(kind === "lines" ? "\n" : kind === "choices" ? "," : ", ");
  return String(value);
}

function countText({ best = null, low = null, high = null, qualifier = "exact" }) {
  const ends = low !== null && high !== null ? `${low}-${high}` : "";
  if (qualifier === "exact") return String(best);
  if (best !== null) return [qualifier === "estimate" ? "" : human(qualifier), best, ends && `(${ends})`].filter((each) => each !== "").join(" ");
  if (ends) return `${human(qualifier)} ${APPROXIMATE.has(qualifier) ? ends : `(${ends})`}`;
  const bound = low ?? high;
  return bound === null ? human(qualifier) : `${human(qualifier)} ${bound + (STRICT[qualifier] ?? 0)}`;
}

function momentText({ at, precision, until }) {
  if (precision === "before" || precision === "after") return `${precision} ${at}`;
  return until ? `${at}/${until}` : at;
}

// What a description begins with; the rest of it may speak of fields by their names.
export const firstSentence = (text) => /^.*?\.(?=\s|$)/s.exec(text)?.[0].replaceAll("`", "").replace(/\s+/g, " ") ?? text;
export const said = (kind, value) => `Understood as ${understood(kind, value)}.`;
export const sentence = (text) => (/[.?!]$/.test(text) ? capital(text) : `${capital(text)}.`);
