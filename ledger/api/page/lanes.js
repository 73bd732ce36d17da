// Who offered, agreed, refused, met and declared, and when: a lane for each party, a column for each day.

import { h, svg } from "./dom.js";
import { describe } from "./events.js";
import { capital, human, onDay } from "./words.js";

const GLYPHS = {
  offered: () => svg("path", { class: "glyph full", d: "M8 2.5 L14 13.5 L2 13.5Z" }),
  named: () => svg("path", { class: "glyph", d: "M8 2.5 L14 13.5 L2 13.5Z" }),
  agreed: () => svg("circle", { class: "glyph full", cx: 8, cy: 8, r: 5.5 }),
  refused: () => svg("path", { class: "glyph thick", d: "M3 3 L13 13 M13 3 L3 13" }),
  declared: () => svg("path", { class: "glyph full", d: "M8 1.5 L14.5 8 L8 14.5 L1.5 8Z" }),
  met: () => svg("circle", { class: "glyph", cx: 8, cy: 8, r: 5.5 }),
  asked: () => svg("path", { class: "glyph thick", d: "M3 8 H13" }),
  alleged: () => svg("path", { class: "glyph", d: "M2.5 2.5 H13.5 L8 13.5Z" }),
};
const MEANINGS = {
  offered: "offered terms",
  named: "in an offer by somebody not named",
  agreed: "agreed to terms",
  refused: "refused terms",
  declared: "declared a position",
  met: "met, or took messages",
  asked: "was asked for comment",
  alleged: "said that the other side broke the pause",
};

// Which parties an event concerns, and how.
const PARTS = {
  terms_proposed: ({ proposer, parties = [] }) => (proposer ? [[proposer, "offered"]] : parties.map((party) => [party, "named"])),
  terms_agreed: ({ parties = [] }) => parties.map((party) => [party, "agreed"]),
  terms_refused: ({ refused_by: party }) => [[party, "refused"]],
  position_declared: ({ party }) => [[party, "declared"]],
  meeting_held: ({ participants, convener }) => [...new Set([...participants, convener].filter(Boolean))].map((party) => [party, "met"]),
  comment_sought: ({ party }) => [[party, "asked"]],
  pause_violated: ({ alleged_by: party }) => [[party, "alleged"]],
};

// `days` are the days of the timeline, each with its entries: an event, and the ids of all claims about it.
export function lanes(days, { name, exchange }) {
  const columns = days.map(([when, items]) => [when, items.flatMap(marksOf)]).filter(([, marks]) => marks.length);
  const parties = ordered(columns.flatMap(([, marks]) => marks));
  if (parties.length < 2 || columns.length < 2) return null;
  const used = new Set(columns.flatMap(([, marks]) => marks.map(({ part }) => part)));
  return [
    h("div", { class: "lanes", role: "region", "aria-label": "Who did what, and when", tabindex: "0" },
      h("table", {},
        h("caption", { class: "unseen" }, `Who offered, agreed, refused, met and declared in ${exchange}, by day`),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "unseen" }, "Party")), columns.map(([, [{ event }]]) => h("th", { scope: "col" }, onDay(event.occurred))))),
        h("tbody", {}, parties.map((party) => h("tr", {}, h("th", { scope: "row" }, h("bdi", {}, name(party))), columns.map(([when, marks]) =>
          h("td", {}, marks.filter((each) => each.party === party).map((each) => button(each, when, name)))))))),
    ),
    h("ul", { class: "key" }, Object.keys(GLYPHS).filter((part) => used.has(part)).map((part) => h("li", {}, glyph(part), MEANINGS[part]))),
  ];
}

const marksOf = ({ event, ids }) => (PARTS[event.type]?.(event) ?? []).map(([party, part]) => ({ party, part, event, ids }));

// The parties by how much is told of them.
function ordered(marks) {
  const told = new Map();
  for (const { party, part } of marks) told.set(party, (told.get(party) ?? 0) + (part === "met" ? 1 : 3));
  return [...told].toSorted(([, a], [, b]) => b - a).map(([party]) => party);
}


const glyph = (part) => svg("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" }, GLYPHS[part]());

function button({ party, part, event, ids }, when, name) {
  const said = `${name(party)} ${MEANINGS[part]}, ${when}`;
  const title = describe(event, name);
  const topic = part === "declared" && event.topic ? ` on ${human(event.topic)}` : "";
  return h(
    "button",
    { type: "button", class: "mark-of", "data-events": ids.join(" "), "data-title": title, "data-key": `lane-${party}-${ids[0]}`, title: capital(title), "aria-label": `${said}${topic}` },
    glyph(part),
  );
}
