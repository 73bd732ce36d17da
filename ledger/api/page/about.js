// The foot of the page: how much is shown, whose word it rests on, the permanent link, and how to read it.

import { byId, h, replace, whenSeen } from "./dom.js";
import { address, read } from "./ledger.js";
import { date, number, plural } from "./words.js";

let unwanted = () => {}; // takes back what is to be told at the foot

// The sources are asked for once the foot of the page comes into sight.
export function about(context, link) {
  unwanted();
  replace(byId("link"), permalink(link));
  byId("link").hidden = false;
  let isWanted = true;
  const unseen = whenSeen(byId("foot"), async () => {
    const metadata = await read(address(context.exchange, "", ".metadata.json", context.cut)).catch(() => null);
    if (metadata && isWanted) tellSources(context, metadata);
  });
  unwanted = () => {
    isWanted = false;
    unseen();
  };
}

export function closeAbout() {
  unwanted();
  byId("link").hidden = byId("about").hidden = true;
}

function tellSources(context, { sources, position, software, licence }) {
  replace(
    byId("about"),
    h("p", {}, `${number(context.step)} of ${plural(context.total, "event")}, from ${plural(sources.length, "source")}, at position ${position} of the log. ${software}.`),
    h("p", {}, h("bdi", {}, licence)),
    h("details", { "data-key": "sources" }, h("summary", {}, sources.length === 1 ? "The one source" : `All ${plural(sources.length, "source")}`), h("ul", { class: "sources" }, sources.map(source))),
    h("details", { "data-key": "reading" }, h("summary", {}, "How to read this page"),
      h("p", {}, "A figure is the sum of the claims that count, one for each thing that happened. Press a figure to see them. Where claims about the same thing differ, the figure has a range. “About” and “at least” are the source’s own hedges. “Not recorded”, and a dash in a table, mean that no claim says anything: that is not zero."),
      h("p", {}, "The slider goes through the ledger event by event, in the order in which they were recorded. Dates read it in another way: what had happened by a day as it is known now, what was published by then, what this ledger had recorded by then. They can be combined."),
      h("p", {}, "Captives and prisoners are the ledger’s two words for people held on the two sides, and are counted by the same rules. Colours tell the sides apart and mean nothing else.")),
  );
  byId("about").hidden = false;
}

function permalink(link) {
  const copied = h("span", { role: "status" });
  const copy = async () => {
    await navigator.clipboard.writeText(link);
    copied.textContent = " Copied.";
  };
  return h("p", { class: "permalink" }, "Permanent link to what is shown: ", h("a", { href: link }, link), " ",
    navigator.clipboard && h("button", { type: "button", class: "quiet", "data-key": "copy", click: copy }, "Copy"), copied);
}

const source = ({ publisher, events, published }) =>
  h("li", {}, h("bdi", {}, publisher), ` · ${plural(events, "event")}${published ? ` · ${days(published)}` : ""}`);

const days = ([first, last]) => (first === last ? date(first) : `${date(first)} – ${date(last)}`);
