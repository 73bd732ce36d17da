// A table: pasted or from a file, what its columns mean, what is wrong beside its cells, a look ahead, and its publication.

import { pageOf } from "../address.js";
import { byId, h, replace } from "../dom.js";
import { describe } from "../events.js";
import { send } from "../ledger.js";
import { capital, number, plural } from "../words.js";
import * as drafts from "./drafts.js";
import { lookingIn } from "./looking.js";
import { controlOf, helpOf, labelOf } from "./asking.js";
import { answered, isOpen, questionsOf, withoutRemarks } from "./questions.js";
import { needed } from "./token.js";
import { sentence } from "./values.js";

const DRAFT = "table";
const SHOWN = 100;
const PAUSE_MS = 400;
const ENDINGS = /\.(csv|tsv|xlsx|xlsm|ndjson|jsonl)$/i;

// `table` is the file as it came; `edits` what was mended in it, by row and column; `broken` the rows that have no cells.
const state = { table: null, mapping: null, questions: [], answer: null, edits: new Map(), broken: new Map(), sent: 0, refused: new Map() };
let words = new Map();
let schema = null;
let looking = null;

export function showTable(root, types, contract) {
  words = types;
  schema = contract;
  const draft = drafts.kept(DRAFT);
  const preview = h("section", { id: "preview", "aria-labelledby": "preview-title", hidden: true });
  looking = lookingIn(preview, { published: (told) => showPublished(root, told), back: () => { looking.clear(); byId("rows-title")?.focus(); } });
  replace(
    root,
    h("h1", {}, "Enter a table"),
    h("p", { class: "standfirst" }, "Each row becomes a claim. Nothing is published before you have seen what it would move."),
    source(draft),
    h("p", { class: "draft", role: "status", id: "draft" }),
    h("section", { id: "meaning", "aria-labelledby": "meaning-title", hidden: true }),
    h("section", { id: "rows", "aria-labelledby": "rows-title", hidden: true }),
    preview,
  );
  if (draft) resume(draft);
}

function resume(draft) {
  Object.assign(state, { table: draft.table, mapping: draft.mapping, questions: draft.questions, edits: new Map(draft.edits) });
  sayDraft(`This is your draft, kept in this browser${draft.table.text ? "" : `, with the file ${draft.table.name}`}. Read it to go on.`, true);
}

function note() {
  looking.clear();
  const { table, mapping, questions, edits } = state;
  const isKept = drafts.keep(DRAFT, { table, mapping, questions, edits: [...edits] });
  sayDraft(isKept ? "Draft kept in this browser." : "The table is too large to be kept as a draft in this browser.", isKept);
}

function sayDraft(text, isKept) {
  replace(byId("draft"), text, isKept && [" ", h("button", { type: "button", class: "quiet", "data-key": "clear", click: () => { drafts.clear(DRAFT); location.reload(); } }, "Clear it")]);
}

// -- the table itself ------------------------------------------------------------------------------

function source(draft) {
  const field = (id, label, control, help, extra) => h("div", { class: "field", "data-path": id }, h("label", { for: id }, label, extra), control, help && h("p", { class: "help", id: `${id}-help` }, help));
  const name = draft?.table?.name.replace(ENDINGS, "") ?? "";
  const text = draft?.table?.text ?? "";
  return h(
    "form",
    { class: "claim", id: "source", novalidate: true, "aria-label": "The table", submit: readTable },
    field("pasted", "Paste it here", h("textarea", { id: "pasted", rows: "6", spellcheck: "false", "aria-describedby": "pasted-help" }, text), "With its header, as a spreadsheet copies it: CSV, cells parted by tabs, or one JSON object a line."),
    field("file", "Or choose a file", h("input", { type: "file", id: "file", accept: ".csv,.tsv,.xlsx,.xlsm,.ndjson,.jsonl", "aria-describedby": "file-help", change: nameAfterFile }), "CSV, TSV, Excel or JSON lines."),
    field("called", "What this table is called", h("input", { type: "text", id: "called", value: name, autocomplete: "off", "aria-required": "true", "aria-describedby": "called-help called-wrong" }), "Its name and the key of a row make the row’s id, so that the same table under the same name is never entered twice.", h("span", { class: "needed" }, " required")),
    h("p", { class: "wrong", id: "called-wrong", hidden: true }),
    h("details", { class: "more" }, h("summary", {}, "A mapping, a sheet, an encoding"), h("div", { class: "fields" },
      field("mapping-file", "A mapping that you have", h("input", { type: "file", id: "mapping-file", accept: ".toml", "aria-describedby": "mapping-file-help" }), "A TOML file of yours. Without one, a first mapping is made from the table."),
      field("sheet", "Sheet", h("input", { type: "text", id: "sheet", autocomplete: "off", "aria-describedby": "sheet-help" }), "Of a workbook that has several."),
      field("encoding", "Encoding", h("input", { type: "text", id: "encoding", autocomplete: "off", "aria-describedby": "encoding-help" }), "Of a text that is not UTF-8, such as cp1252."),
      field("header", "Line of the header", h("input", { type: "text", id: "header", inputmode: "numeric", autocomplete: "off", "aria-describedby": "header-help" }), "Where another line was taken for it."))),
    h("div", { class: "summary", role: "alert", id: "table-wrong" }),
    h("p", { class: "actions" }, h("button", { class: "primary" }, "Read the table")),
  );
}

function nameAfterFile({ target }) {
  if (target.files[0] && !byId("called").value) byId("called").value = target.files[0].name.replace(ENDINGS, "");
}

const wrongIn = (...texts) => replace(byId("table-wrong"), texts.filter(Boolean).map((text) => h("p", {}, text)));

async function readTable(event) {
  event.preventDefault();
  wrongIn();
  const table = await given();
  if (!table || !(await needed())) return;
  const [chosen] = byId("mapping-file").files;
  if (state.table?.content !== table.content || state.table.name !== table.name) Object.assign(state, { answer: null, edits: new Map(), broken: new Map() });
  Object.assign(state, { table, refused: new Map() });
  if (chosen) Object.assign(state, { mapping: await chosen.text(), questions: [] });
  const isNew = state.answer === null;
  await readIt();
  if (isNew && state.edits.size) await readIt(); // once more, with what was mended before a reload
}

// The table as it is given; null where something is missing, which is then said.
async function given() {
  const [file] = byId("file").files;
  const text = byId("pasted").value;
  const called = byId("called").value.trim();
  const [name, wrong] = [byId("called"), byId("called-wrong")];
  wrong.hidden = Boolean(called);
  wrong.textContent = called ? "" : "Say what the table is called.";
  name.toggleAttribute("aria-invalid", !called);
  const earlier = state.table && !state.table.text ? state.table : null; // a file of a draft
  if (!file && !text.trim() && !earlier) {
    wrongIn("Paste a table, or choose a file.");
    byId("pasted").focus();
    return null;
  }
  if (!called) {
    name.focus();
    return null;
  }
  if (!file && !text.trim()) return { ...earlier, name: called + ENDINGS.exec(earlier.name)[0] };
  const ending = file ? ENDINGS.exec(file.name)?.[0] ?? ".csv" : /^\s*\{/.test(text) ? ".ndjson" : text.split("\n", 1)[0].includes("\t") ? ".tsv" : ".csv";
  return { name: called.replace(ENDINGS, "") + ending, text: file ? "" : text, content: await base64(file ?? new Blob([text])), sheet: byId("sheet").value.trim(), encoding: byId("encoding").value.trim(), header: byId("header").value.trim() };
}

const base64 = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
  reader.addEventListener("error", () => reject(reader.error));
  reader.readAsDataURL(blob);
});

// -- what it becomes -------------------------------------------------------------------------------

let waiting = null;
const readSoon = () => { clearTimeout(waiting); waiting = setTimeout(readIt, PAUSE_MS); };

async function readIt() {
  clearTimeout(waiting);
  const sent = (state.sent += 1);
  try {
    const answer = await send("/v1/tables", JSON.stringify(await tableSent()), "application/json");
    if (sent !== state.sent) return;
    if (state.mapping === null) Object.assign(state, { questions: questionsOf(answer.mapping) });
    Object.assign(state, { answer, mapping: withoutRemarks(answer.mapping), refused: new Map() });
    for (const row of answer.rows) if (!row.cells && !state.broken.has(row.row)) state.broken.set(row.row, row.problems);
    wrongIn();
    note();
    draw();
  } catch (error) {
    if (sent !== state.sent) return;
    if (error.status === 401 || error.status === 403) await needed(sentence(error.message));
    (byId("meaning").hidden ? wrongIn : sayOfMapping)(sentence(error.message));
  }
}

async function tableSent() {
  const { table, mapping, edits } = state;
  const { name, content, sheet, encoding, header } = table;
  const said = mapping === null ? { ...(sheet && { sheet }), ...(encoding && { encoding }), ...(header && { header }) } : { mapping };
  if (!edits.size || !state.answer) return { name, content, ...said };
  return { name: name.replace(ENDINGS, ".ndjson"), content: await base64(new Blob([mended()])), ...said };
}

// The rows with what was mended, each on the line that it had, so that its number stays.
function mended() {
  const lines = [];
  for (const { row, cells } of state.answer.rows) {
    const own = cells && Object.fromEntries(Object.entries(cells).map(([column, text]) => [column, state.edits.get(`${row} ${column}`) ?? text]));
    lines[row - 1] = own ? JSON.stringify(own) : "0";
  }
  return Array.from(lines, (line) => line ?? "").join("\n");
}

function draw() {
  drawMeaning();
  drawRows();
}

// -- what the columns mean -------------------------------------------------------------------------

const openOnes = () => state.questions.filter((question) => isOpen(state.mapping, question));

function drawMeaning() {
  const open = openOnes();
  const root = byId("meaning");
  const shown = root.querySelector(".fields.questions");
  const left = open.length ? `${capital(plural(open.length, "thing"))} left to be said, which the table cannot tell.` : state.questions.length ? "All is said that the table cannot tell." : "The columns mean what your mapping says.";
  if (shown && !root.hidden) {
    byId("left").textContent = left;
    byId("mapping").value = state.mapping;
    sayOfMapping("");
    for (const question of state.questions) mark(question);
    return;
  }
  const mapping = h("textarea", { id: "mapping", rows: "14", spellcheck: "false", "aria-describedby": "mapping-help" });
  mapping.value = state.mapping;
  mapping.addEventListener("change", () => { state.mapping = mapping.value; note(); readSoon(); });
  replace(
    root,
    h("h2", { id: "meaning-title" }, "What the columns mean"),
    h("p", { class: "says", id: "left", role: "status" }, left),
    h("div", { class: "fields questions" }, state.questions.map(asking)),
    h("div", { class: "summary", role: "alert", id: "mapping-wrong" }),
    h("details", { class: "more", "data-key": "mapping" }, h("summary", {}, "The whole mapping"),
      h("div", { class: "field" }, h("label", { for: "mapping" }, "Mapping"), mapping, h("p", { class: "help", id: "mapping-help" }, "TOML. It can be kept as a file, and used again here or by ledger publish --mapping."))),
  );
  root.hidden = false;
  for (const question of state.questions) mark(question);
}

const sayOfMapping = (...texts) => replace(byId("mapping-wrong"), texts.filter(Boolean).map((text) => h("p", {}, text)));

function asking(question, index) {
  const id = `q-${index}`;
  const label = labelOf(question);
  const control = controlOf(question, id, { words, schema, columns: state.answer.columns.filter(Boolean) });
  const answer = (text) => { state.mapping = answered(state.mapping, question, text); note(); drawMeaning(); readSoon(); };
  control.addEventListener("change", () => answer(control.value));
  const asIs = control.value && h("button", { type: "button", class: "quiet", "data-as-is": question.place, click: () => { answer(control.value); nextQuestion(); } }, question.isOptional ? "Take it so" : "It is so", h("span", { class: "unseen" }, `: ${label}`));
  const without = question.isOptional && h("button", { type: "button", class: "quiet", click: () => { control.value = ""; answer(""); nextQuestion(); } }, "Without it", h("span", { class: "unseen" }, `: ${label}`));
  return h("div", { class: "field question", "data-place": question.place },
    h("label", { for: id }, label), control,
    h("p", { class: "help", id: `${id}-help` }, helpOf(question)),
    h("p", { class: "settle" }, asIs, without));
}

function nextQuestion() {
  const next = byId("meaning").querySelector(".question:not(.is-said) :is(input, select)");
  (next ?? byId("rows-title"))?.focus();
}

function mark(question) {
  const holder = [...byId("meaning").querySelectorAll("[data-place]")].find(({ dataset }) => dataset.place === question.place);
  const isSaid = !isOpen(state.mapping, question);
  holder?.classList.toggle("is-said", isSaid);
  if (holder) holder.querySelector(".settle").hidden = isSaid;
}

// -- its rows --------------------------------------------------------------------------------------

// Before all is said of the columns, what is wrong is not the cells.
const problemsOf = ({ row, cells, problems }) => openOnes().length ? [] : [...(cells ? problems : state.broken.get(row) ?? problems), ...(state.refused.get(row) ?? [])];

function drawRows() {
  const { rows, columns, lines, notices, problems } = state.answer;
  const bad = rows.filter((row) => problemsOf(row).length);
  const shown = new Set([...bad.slice(0, SHOWN), ...rows.slice(0, SHOWN)]);
  const open = openOnes().length;
  const told = bad.length ? `${capital(plural(bad.length, "row"))} to be mended: change the cells here.` : "";
  const hidden = rows.length - shown.size;
  const root = byId("rows");
  const used = columns.filter(Boolean);
  replace(
    root,
    h("h2", { id: "rows-title", tabindex: "-1" }, "What the rows become"),
    h("p", { class: "says", role: "status", "data-key": "told" }, open ? `${plural(rows.length, "row")}.` : `${plural(rows.length, "row")}, ${plural(lines.length, "event")}. ${told}`),
    (open ? [] : [...problems.map(({ reason }) => reason), ...notices.map((text) => text.replace(`${state.table.name}: `, ""))]).map((text) => h("p", { class: "note" }, h("bdi", {}, sentence(text)))),
    h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "The rows of the table" },
      h("table", { class: "sheet" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Row"), used.map((column) => h("th", { scope: "col" }, h("bdi", {}, column))), h("th", { scope: "col" }, "Becomes"))),
        h("tbody", {}, rows.filter((row) => shown.has(row)).map((row) => rowOf(row, used, lines))))),
    hidden > 0 && h("p", { class: "note" }, `${number(hidden)} more rows are not shown; they are published as well.`),
    h("div", { class: "summary", role: "alert", id: "rows-wrong" }),
    h("p", { class: "actions" }, h("button", { type: "button", class: "primary", "data-key": "look", disabled: open > 0 || !lines.length, "aria-describedby": "look-why", click: look }, `Look at what ${lines.length === 1 ? "it" : "they"} would move`)),
    h("p", { class: "help", id: "look-why" }, open > 0 ? "First say what is left to be said above." : bad.length ? `The ${plural(bad.length, "row")} to be mended ${bad.length === 1 ? "is" : "are"} left out until then.` : "Nothing is published by looking."),
  );
  root.hidden = false;
}

function rowOf(row, columns, lines) {
  const problems = problemsOf(row);
  const whole = problems.filter(({ column }) => column === null);
  const made = openOnes().length ? [] : lines.filter(({ place }) => place.split(" ")[0] === String(row.row) && !state.refused.has(row.row));
  return h(
    "tr",
    { class: problems.length ? "is-wrong" : null },
    h("th", { scope: "row" }, number(row.row)),
    row.cells
      ? columns.map((column) => cellOf(row, column, problems))
      : h("td", { colspan: String(columns.length) }, "cannot be parted into cells: mend it in the table above, and read it again"),
    h("td", { class: "becomes" }, whole.map(({ reason }) => h("p", { class: "wrong" }, h("bdi", {}, sentence(reason)))), made.map(({ line }) => h("p", {}, h("bdi", {}, describe(JSON.parse(line))))), !made.length && !problems.length && h("span", { class: "missing" }, openOnes().length ? "not said yet" : "nothing")),
  );
}

function cellOf(row, column, problems) {
  const text = state.edits.get(`${row.row} ${column}`) ?? row.cells[column] ?? "";
  const wrong = problems.filter((each) => each.column === column).map(({ reason }) => reason);
  if (!wrong.length && !problems.some((each) => each.column === null)) return h("td", {}, h("bdi", {}, text));
  const id = `cell-${row.row}-${column}`;
  const change = ({ target }) => { state.edits.set(`${row.row} ${column}`, target.value); looking.clear(); readIt(); };
  const input = h("input", { type: "text", value: text, "aria-label": `${column}, row ${row.row}`, "aria-invalid": wrong.length ? "true" : null, "aria-describedby": wrong.length ? id : null, autocomplete: "off", spellcheck: "false", "data-key": id, size: String(Math.min(24, Math.max(6, text.length))), change });
  return h("td", { class: wrong.length ? "is-wrong" : null }, input, wrong.length > 0 && h("p", { class: "wrong", id }, h("bdi", {}, sentence(wrong.join("; ")))));
}

// -- looking and publishing ------------------------------------------------------------------------

async function look() {
  const { lines } = state.answer;
  state.refused = new Map();
  try {
    const told = await looking.look(lines.map(({ line }) => line), summaryOf(lines));
    if (told) sayRefused(told.results.filter(({ problem }) => problem), lines);
  } catch (error) {
    replace(byId("rows-wrong"), h("p", {}, sentence(error.message)));
  }
}

// What the ledger would refuse, beside its row; what a mapping declares and is there in other words stays as it is.
function sayRefused(refused, lines) {
  const apart = [];
  for (const { line, problem } of refused) {
    const { place, is_declared: isDeclared } = lines[line - 1];
    const row = Number(place.split(" ")[0]);
    if (isDeclared && problem.status === 409) apart.push(`${place} is there already in other words, and stays as it is`);
    else if (Number.isNaN(row)) apart.push(`${place}: ${problem.detail}`);
    else state.refused.set(row, [...(state.refused.get(row) ?? []), { column: null, reason: problem.detail }]);
  }
  if (refused.length) drawRows();
  replace(byId("rows-wrong"), apart.map((text) => h("p", {}, sentence(text))));
}

function summaryOf(lines) {
  const exchanges = new Set(lines.map(({ line }) => JSON.parse(line).exchange));
  return h("p", { class: "says" }, h("strong", {}, plural(lines.length, "event")), h("bdi", {}, ` of ${[...exchanges].join(", ")}.`));
}

function showPublished(root, told) {
  drafts.clear(DRAFT);
  const exchange = JSON.parse(state.answer.lines[0].line).exchange;
  const known = told.results.filter(({ duplicate }) => duplicate).length;
  const refused = told.results.filter(({ problem }) => problem);
  replace(
    root,
    h("h1", { tabindex: "-1" }, "Published"),
    h("p", { class: "standfirst" }, `${capital(plural(told.accepted - known, "event"))} new in the ledger${known ? `, ${number(known)} there already` : ""}${refused.length ? `, ${number(refused.length)} refused` : ""}.`),
    refused.map(({ problem }) => h("p", { class: "wrong" }, sentence(problem.detail))),
    h("p", { class: "actions" },
      h("a", { class: "button primary", href: pageOf(exchange) }, "See it on the page"),
      h("a", { class: "button", href: "enter.html?table" }, "Enter another table")),
  );
  root.querySelector("h1").focus();
}
