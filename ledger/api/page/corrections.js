// What was corrected: claims that replaced others, claims that were taken back, and decisions on which claim counts.

import { h } from "./dom.js";
import { asSaid, describe, matter } from "./events.js";
import { evidence } from "./parts.js";
import { capital, date, moment } from "./words.js";

// Each as what it is about, what changed, and the events that tell it.
export function correctionsOf({ claims, events, name }) {
  const eventOf = (id) => events.get(id)?.event;
  return claims.flatMap(({ claims: all, decisions }) => [
    ...all.map(({ event }) => eventOf(event)).filter((event) => eventOf(event?.supersedes)).map((event) => replaced(eventOf(event.supersedes), event)),
    ...decisions.filter(({ type, claim }) => DECIDED[type] && eventOf(claim)).map((decision) => decided(decision, eventOf(decision.claim), name)),
  ]);
}

export const corrections = (found) => h("ul", { class: "contested" }, found.map(({ what, how, why, source, ids }) => h(
  "li",
  {},
  h("p", { class: "what" }, h("bdi", {}, what)),
  h("p", { class: "detail" }, how, " by ", h("bdi", {}, source.publisher), source.published && `, ${date(source.published)}`, why && [": ", h("q", {}, h("bdi", {}, why))]),
  evidence(ids, what, ids.length === 1 ? "1 claim" : "Before and after"),
)));

function replaced(old, event) {
  const changes = [
    [asSaid(old), asSaid(event)],
    [old.round && `round ${old.round}`, event.round && `round ${event.round}`],
    [moment(old.occurred), moment(event.occurred)],
  ].filter(([before, after]) => before !== after).map(([before, after]) => [" from ", h("s", {}, before ?? "no round"), " to ", h("strong", {}, after ?? "no round")]);
  return { what: matter(event), how: [capital(event.reason), changes.length ? changes : " beside its number"], why: event.note, source: event.source, ids: [old.id, event.id] };
}

const DECIDED = { claim_retracted: "Taken back", claim_adopted: "Made the claim that counts" };

const decided = ({ event, type, why, source }, claim, name) =>
  ({ what: `${capital(describe(claim, name))}${claim.round ? `, round ${claim.round}` : ""}`, how: DECIDED[type], why, source, ids: [claim.id, event] });
