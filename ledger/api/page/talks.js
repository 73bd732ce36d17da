// The timeline of talks: meetings, terms and declared positions, by the day on which they happened.

import { h } from "./dom.js";
import { describe } from "./events.js";
import { lanes } from "./lanes.js";
import { downloads, evidence, heading } from "./parts.js";
import { capital, human, listed, moment, plural } from "./words.js";

const KINDS = {
  meeting_held: "Meeting",
  terms_proposed: "Terms",
  terms_agreed: "Terms",
  terms_refused: "Terms",
  position_declared: "Position",
  comment_sought: "Comment",
  pause_started: "Pause",
  pause_extended: "Pause",
  pause_ended: "Pause",
  pause_violated: "Pause",
};

export function talks(context) {
  const days = byDay(entries(context));
  if (!days.length) return null;
  const top = heading("talks-title", "Talks and positions", downloads(context, "positions", "the positions"));
  return [top, lanes(days, context), h("ol", { class: "timeline" }, days.map(([when, items]) => h("li", {}, h("h3", {}, when), h("ul", {}, items.map((each) => item(each, context))))))];
}

// One entry for each occurrence: the claim that counts, and how many others there are. What is said of one set of
// terms on one day is one entry.
function entries({ claims, events }) {
  const found = new Map();
  for (const { occurrence, claims: said } of claims) {
    if (!KINDS[said[0]?.type]) continue;
    const event = events.get((said.find(({ adopted }) => adopted) ?? said[0]).event)?.event;
    if (!event) continue;
    const ids = said.map(({ event: id }) => id);
    const key = event.terms ? [event.type, event.terms, event.occurred.at].join() : occurrence;
    const first = found.get(key);
    if (first) first.ids.push(...ids);
    if (first) first.event = { ...first.event, pledges: both(first.event.pledges, event.pledges), parties: [...new Set(both(first.event.parties, event.parties))] };
    else found.set(key, { event, ids });
  }
  return [...found.values()];
}

const both = (some = [], others = []) => [...some, ...others];

function byDay(found) {
  const days = new Map();
  for (const each of found.toSorted((a, b) => (a.event.occurred.at < b.event.occurred.at ? -1 : a.event.occurred.at > b.event.occurred.at ? 1 : 0))) {
    const { at, precision } = each.event.occurred;
    const when = moment(["minute", "hour"].includes(precision) ? { ...each.event.occurred, at: at.split("T")[0] } : each.event.occurred);
    days.set(when, [...(days.get(when) ?? []), each]);
  }
  return [...days];
}

function item({ event, ids }, { name, positions }) {
  const detail = details(event, name, positions);
  const text = describe(event, name);
  return h(
    "li",
    {},
    h("span", { class: "kind" }, KINDS[event.type]),
    h(
      "div",
      {},
      h("p", { class: "what" }, h("bdi", {}, text), evidence(ids, text, plural(ids.length, "claim"))),
      detail.map((each) => h("p", { class: "detail" }, h("bdi", {}, each))),
      event.as_stated && !event.terms && h("p", { class: "stated" }, h("q", {}, h("bdi", {}, event.as_stated))),
    ),
  );
}

function details(event, name, positions) {
  if (event.type === "meeting_held") {
    return [
      event.topic && capital(event.topic),
      [event.convener && `Convened by ${name(event.convener)}`, event.track && human(event.track)].filter(Boolean).join(", "),
      event.outcome && event.outcome !== "unknown" && `Outcome: ${human(event.outcome)}`,
    ].filter(Boolean);
  }
  if (event.type !== "position_declared") return [];
  const view = positions.find((each) => each.event === event.id);
  return [
    capital([event.formula && human(event.formula), event.position].filter(Boolean).join(": ")),
    event.conditions?.length && `On condition: ${listed(event.conditions)}`,
    capital([event.commitment && `commitment: ${human(event.commitment)}`, view && (view.latest ? "latest position on this" : "later positions follow")].filter(Boolean).join("; ")),
  ].filter(Boolean);
}
