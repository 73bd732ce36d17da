// The panel that takes a figure apart: each claim in it, its source and grade, and what was left out and why.

import { changesPage, here, linkThings } from "./address.js";
import { DATES } from "./context.js";
import { byId, h } from "./dom.js";
import { describe } from "./events.js";
import { sumOf } from "./exchanges.js";
import { address, read } from "./ledger.js";
import { download, downloads } from "./parts.js";
import { bounds, capital, counted, date, estimate, figureName, grade, human, kindName, listed, moment, plural, rule } from "./words.js";

const panel = byId("claims");
let shown = null; // what is open: told when it closes, and read anew when the ledger changes

// Close it without a word to whoever opened it: where the address says so already.
export function closePanel() {
  shown = null;
  panel.close();
}

panel.addEventListener("close", () => {
  const { closed } = shown ?? {};
  shown = null;
  closed?.();
});
panel.addEventListener("click", (event) => {
  if (event.target === panel) panel.close(); // the backdrop
});

export async function openFigure(context, figure, closed = () => {}) {
  const asked = (shown = { closed });
  present(context, figureName(figure), h("p", { class: "loading" }, "Reading the claims …"));
  try {
    const view = await read(address(context.exchange, `explain/${encodeURIComponent(figure)}`, "", context.cut));
    const proof = await proofOf(view, context);
    if (shown === asked) present(context, figureName(figure), explanation(view, context), proof);
  } catch (error) {
    if (shown === asked) present(context, figureName(figure), h("p", { role: "alert" }, error.message));
  }
}

// A figure of a process: what it is the sum of.
export function openSum(context, figure, closed = () => {}) {
  shown = { closed };
  present(context, figureName(figure), sumOf(context, figure));
}

// One claim, by its event.
export async function openClaim(context, id, closed = () => {}) {
  const asked = (shown = { closed });
  const record = context.events.get(id) ?? (await read(`/v1/events/${encodeURIComponent(id)}`).catch(() => null));
  if (shown !== asked) return;
  const title = record && capital(describe(record.event, context.name));
  if (!record) return present(context, "Claim", h("p", { role: "alert" }, "There is no such event in this ledger."));
  if (!context.events.has(id)) present(context, title, h("p", { class: "note" }, "What the page shows does not know this event: it was recorded later, or of another exchange."), items([record], context));
  else present(context, title, items([record], context));
}

export function openEvents(context, ids, title) {
  shown = { closed() {} };
  present(context, title, items(ids.map((id) => context.events.get(id)).filter(Boolean), context));
}

function items(records, { claims, name }) {
  const why = new Map(claims.flatMap(({ claims: all }) => all).map((each) => [each.event, each]));
  return h("ol", { class: "claims" }, records.map((record) => eventItem(record, why.get(record.event.id), name)));
}

function present(context, title, ...content) {
  const top = h(
    "div",
    { class: "top" },
    h("h2", { id: "claims-title", tabindex: "-1" }, h("bdi", {}, title)),
    h("button", { type: "button", class: "close", click: () => panel.close() }, "Close"),
  );
  panel.replaceChildren(top, h("div", { class: "body" }, content));
  linkThings(panel, context.exchange, context.cut);
  if (!panel.open) panel.showModal();
  byId("claims-title").focus();
}

// -- a figure --------------------------------------------------------------------------------------

function explanation(view, context) {
  const { value, contributions, left_out: leftOut, figure, notes } = view;
  const within = contributions.reduce((sum, each) => sum + each.left_out.length, 0);
  return [
    h("p", { class: "value" }, h("span", { class: value ? "big" : "missing big" }, estimate(value)), bounds(value) && h("span", { class: "bounds" }, ` ${bounds(value)}`)),
    notes.map((note) => h("p", { class: "note" }, h("bdi", {}, capital(note)))),
    h("p", { class: "sum" }, contributions.length
      ? `${contributions.length === 1 ? "One claim" : `The sum of ${plural(contributions.length, "claim")}`}. ${within + leftOut.length ? `${plural(within + leftOut.length, "other claim")} ${within + leftOut.length === 1 ? "was" : "were"} left out; each says why.` : "No claim was left out."}`
      : "No claim counts in this figure."),
    context.asOf && h("p", { class: "sum" }, `${capital(context.asOf)}.`),
    downloads(context, `explain/${figure}`, "this figure", { figure }),
    h("ol", { class: "claims" }, contributions.map((each) => contribution(each, context))),
    leftOut.length > 0 && [h("h3", {}, "Left out altogether"), h("ul", { class: "claims left-out" }, leftOut.map((each) => leftOutItem(each, context)))],
  ];
}

// The proof that the keeper signed of this very value, where this server offers one.
async function proofOf({ figure, value }, { exchange, cut }) {
  const offered = await read(address(exchange, "proof")).catch(() => []);
  const isIt = (each) => each.figure === figure && isAt(each.cut, new URLSearchParams(cut)) && isSame(each.value, value);
  const found = offered.find(isIt);
  if (!found) return null;
  const path = address(exchange, `proof/${encodeURIComponent(figure)}`, "", cut);
  const link = download(path, `${exchange}-${figure}.proof`, "Signed proof", figureName(figure));
  return h("p", { class: "proof" }, link, ` of ${date(found.time.slice(0, 10))}: check it offline by `, h("code", {}, "replay verify"));
}

const isAt = (cut, asked) => ["through", ...DATES].every((name) => (cut[name] ?? null) === asked.get(name));
const isSame = (one, other) => ["best", "low", "high", "hedged", "exact"].every((name) => one?.[name] === other?.[name]);

function contribution(each, context) {
  const many = each.left_out.length;
  return h(
    "li",
    {},
    h("p", { class: "count" }, h("span", { class: "number" }, `${each.sign < 0 ? "− " : ""}${each.hedge ? human(each.hedge) : estimate(each.count)}`), round(each.event, context)),
    each.days_held && h("p", { class: "when" }, `Held ${counted(each.days_held, "day")}, as far as they are linked to their taking`),
    said(each),
    h("p", { class: "rule" }, h("strong", {}, "Counts: "), h("bdi", {}, rule(each.rule)), "."),
    trace(each.event, each.source),
    many > 0 && h("details", {}, h("summary", {}, `${plural(many, "other claim")} about the same, left out`), h("ul", { class: "claims left-out" }, each.left_out.map((other) => leftOutItem(other, context)))),
  );
}

function leftOutItem(each, context) {
  return h(
    "li",
    {},
    h("p", { class: "count" }, h("span", { class: "number" }, each.hedge ? human(each.hedge) : each.count ? estimate(each.count) : "no count"), round(each.event, context)),
    said(each),
    h("p", { class: "rule" }, h("strong", {}, "Left out: "), h("bdi", {}, rule(each.why)), "."),
    trace(each.event, each.source),
  );
}

function round(id, { events }) {
  const event = events.get(id)?.event;
  if (!event) return null;
  return h("span", { class: "when" }, ` ${[event.round && `round ${event.round}`, moment(event.occurred)].filter(Boolean).join(", ")}`);
}

const said = ({ as_stated: stated, source }) => [stated && h("blockquote", {}, h("bdi", {}, stated)), sourceLine(source)];

function sourceLine(source) {
  const who = [source.speaker && `${source.speaker}, in`, source.publisher].filter(Boolean).join(" ");
  return h(
    "p",
    { class: "source" },
    h("bdi", {}, who),
    ` · ${kindName(source.kind)} · ${source.published ? `published ${date(source.published)}` : "undated"}`,
    h("span", { class: "grade" }, h("span", { class: "letters" }, `${source.reliability}${source.credibility}`), ` ${grade(source)}`),
  );
}

// The third click: the event as it stands in the log, where its source said it, and what is kept of that.
function trace(id, { url, archived, sha256 }, of = null) {
  return h(
    "p",
    { class: "trace" },
    h("a", { "data-claim": id, "data-of": of }, `Claim ${id.slice(0, 8)}`),
    h("a", { href: here(`/v1/events/${encodeURIComponent(id)}`) }, "Event as recorded"),
    h("a", { href: changesPage(id) }, "What it changed"),
    h("a", { href: here(`/enter.html?claim=${encodeURIComponent(id)}`) }, "Correct or dispute", h("span", { class: "unseen" }, ` event ${id.slice(0, 8)}`)),
    elsewhere("Source", url),
    elsewhere("Archived copy", archived),
    sha256 && h("span", { title: `SHA-256 ${sha256}` }, `SHA-256 ${sha256.slice(0, 8)}`),
  );
}

const elsewhere = (what, url) =>
  url && isHttps(url) && h("a", { href: url, rel: "noopener noreferrer nofollow external" }, `${what} at ${new URL(url).hostname}`);

const isHttps = (url) => URL.canParse(url) && new URL(url).protocol === "https:";

const DATASETS = { wikidata: "Wikidata", ucdp: "UCDP", acled: "ACLED" };

function elsewhereCalled(ids) {
  const told = Object.entries(DATASETS).filter(([scheme]) => ids?.[scheme]);
  return told.length > 0 && told.map(([scheme, name]) => `${name} ${ids[scheme]}`).join(", ");
}

// -- events that are no figure ---------------------------------------------------------------------

function eventItem({ event, recorded_at: recordedAt, entered_by: enteredBy }, claim, name) {
  const source = { reliability: "F", credibility: 6, ...event.source };
  const rest = [event.position, event.why, event.what, event.topic && human(event.topic), elsewhereCalled(event.external_ids), event.note && `Note: ${event.note}`, event.conditions?.length && `On condition: ${listed(event.conditions)}`];
  return h(
    "li",
    {},
    h("p", { class: "what" }, h("bdi", {}, describe(event, name))),
    h("p", { class: "when" }, [event.round && `Round ${event.round}`, moment(event.occurred)].filter(Boolean).join(", ")),
    [...new Set(rest.filter(Boolean))].map((text) => h("p", { class: "detail" }, h("bdi", {}, text))),
    said({ as_stated: event.as_stated, source }),
    claim && h("p", { class: "rule" }, h("strong", {}, claim.adopted ? "Counts: " : "Left out: "), h("bdi", {}, rule(claim.why)), "."),
    h("p", { class: "when" }, `Recorded ${recordedAt.slice(0, 16).replace("T", " ")} UTC${enteredBy ? `, entered by ${enteredBy}` : ""}`),
    trace(event.id, source, event.exchange),
  );
}
