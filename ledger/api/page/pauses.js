// The clock of each pause: what was planned, what was added, when it ended.

import { h, svg } from "./dom.js";
import { downloads, evidence, heading, missing, percent } from "./parts.js";
import { moment, number, plural } from "./words.js";

const HOUR_MS = 3_600_000;

export function pauses(context) {
  if (!context.pauses.length) return null;
  const top = heading("pauses-title", "The clock of pauses", downloads(context, "pauses", "the pauses"));
  return [top, context.pauses.map((each) => pause(each, context))];
}

function pause(view, context) {
  const planned = view.planned_hours, total = (planned ?? 0) + view.extended_hours;
  const lasted = view.calm_hours;
  return h(
    "div",
    { class: "pause" },
    h("p", { class: "clock" }, h("span", { class: "number" }, lasted === null ? left(view) : `${number(lasted)} h`), h("span", {}, meaning(view))),
    planned !== null && drawn(view, total),
    h(
      "dl",
      { class: "facts" },
      fact("Started", moment(view.started)),
      fact("Planned", planned === null ? missing() : plural(planned, "hour")),
      view.extensions.map((each, index) =>
        fact(`Extension ${index + 1}`, `${plural(each.hours, "hour")}, announced ${moment(each.announced)}${each.effective ? `, effective ${moment(each.effective)}` : ""}`),
      ),
      fact("Due to end", moment(view.ends)),
      fact("Ended", view.ended ? moment(view.ended) : "no end is recorded"),
      fact("Said to be broken", broken(view, context)),
    ),
    evidence(view.events, `the pause ${view.pause}`),
  );
}

// Who says it of whom, and whether it is disputed: the ledger itself says nothing of it.
function broken({ events: ids }, { events, claims, name }) {
  const said = ids.map((id) => events.get(id)?.event).filter((event) => event?.type === "pause_violated");
  if (!said.length) return "no claim";
  const disputed = (id) => claims.some(({ claims: all, disputes }) => disputes > 0 && all.some(({ event }) => event === id));
  return said.map((event) => h("span", { class: "said-so" }, `by ${name(event.alleged_by)}, of ${name(event.by)}${disputed(event.id) ? " (disputed)" : ""}`));
}

const fact = (name, text) => h("div", {}, h("dt", {}, name), h("dd", {}, text));

function meaning({ calm_hours: hours, extensions, ended, ends }) {
  if (hours !== null) return `of pause, ${days(hours)}${extensions.length ? `, extended ${["once", "twice"][extensions.length - 1] ?? `${extensions.length} times`}` : ""}`;
  if (ended) return "between a start and an end that are not known to the hour";
  return ends ? `due to end ${moment(ends)}; no end is recorded` : "no end is recorded";
}

const days = (hours) => (hours % 24 === 0 ? plural(hours / 24, "day") : `about ${plural(Math.round(hours / 2.4) / 10, "day")}`);

const at = (value) => (value && /T.*(Z|[+-]\d\d:\d\d)$/.test(value.at) ? Date.parse(value.at) : null);

// The hours that are left, where the end is still to come.
function left({ ends, ended }) {
  const due = at(ends);
  const hours = due === null || ended ? -1 : (due - Date.now()) / HOUR_MS;
  return hours > 0 ? `${number(Math.ceil(hours))} h left` : "Hours unknown";
}

function drawn({ planned_hours: planned, extensions, calm_hours: lasted }, total) {
  const most = Math.max(total, lasted ?? 0, 1);
  let from = planned;
  const added = extensions.map((each, index) => {
    const part = segment(`added${index % 2}`, from, each.hours, most, `+${number(each.hours)} h`);
    from += each.hours;
    return part;
  });
  const marks = Array.from({ length: Math.floor(most / 24) + 1 }, (_, day) => day * 24);
  const every = Math.max(1, Math.ceil(marks.length / 10));
  return svg(
    "svg",
    { class: "hours", width: "100%", height: 58, role: "img", "aria-label": `${plural(planned, "hour")} planned${extensions.map((each) => `, ${number(each.hours)} added`).join("")}${lasted === null ? "" : `; lasted ${plural(lasted, "hour")}`}` },
    segment("planned", 0, planned, most, `${number(planned)} h planned`),
    added,
    lasted !== null && svg("line", { class: "end", x1: percent(lasted, most), x2: percent(lasted, most), y1: 2, y2: 38 }),
    marks.filter((_, day) => day % every === 0).map((hours) => [
      svg("line", { class: "tick", x1: percent(hours, most), x2: percent(hours, most), y1: 34, y2: 39 }),
      svg("text", { class: "tick", x: percent(hours, most), y: 53, "text-anchor": hours === 0 ? "start" : hours / most > 0.97 ? "end" : "middle" }, hours === 0 ? "start" : `day ${hours / 24}`),
    ]),
  );
}

function segment(kind, from, hours, most, text) {
  return [
    svg("rect", { class: kind, x: percent(from, most), y: 6, width: percent(hours, most), height: 28 }),
    hours / most > 0.1 && svg("svg", { x: percent(from, most), y: 6, width: percent(hours, most), height: 28 }, svg("text", { class: `on ${kind}`, x: 8, y: 19 }, text)),
  ];
}
