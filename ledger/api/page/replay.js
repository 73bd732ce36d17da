// The way through time: a slider whose steps are events, and dates by three clocks. The page shows what was known then.

import { DATES } from "./context.js";
import { byId, h, svg } from "./dom.js";
import { describe } from "./events.js";
import { percent } from "./parts.js";
import { moment, number } from "./words.js";

const PLAY_MS = 220;
const APART = 0.05; // of the whole track, between two numbers of rounds
const KINDS = { captives_released: "captives", prisoners_released: "prisoners" };
const CLOCKS = {
  occurred_by: ["Happened by", "What had happened by the end of this day, as it is known now"],
  published_by: ["Published by", "What the public could know by the end of this day"],
  recorded_by: ["Recorded by", "What this ledger had recorded by the end of this day"],
};

// `toStep` and `toDates` are told where to go; they answer with a promise that is kept once the page shows it.
export function replay(root, { toStep, toDates, toLatest }) {
  let records = [];
  let name = (party) => party;
  let playing = false;
  const slider = h("input", { type: "range", id: "step", min: 1, step: 1, input: () => go(slider.valueAsNumber), "aria-label": "As known after event", "aria-describedby": "replay-hint" });
  const said = h("output", { for: "step", class: "said" });
  const back = h("button", { type: "button", "aria-label": "One event back", click: () => go(slider.valueAsNumber - 1) }, "‹");
  const on = h("button", { type: "button", "aria-label": "One event on", click: () => go(slider.valueAsNumber + 1) }, "›");
  const play = h("button", { type: "button", class: "play", click: toggle }, "Replay");
  const latest = h("button", { type: "button", class: "small", click: () => toLatest() }, "Latest");
  const marks = svg("svg", { class: "marks", width: "100%", height: 16, "aria-hidden": "true" });
  const calendar = dates((chosen) => toDates(chosen));
  root.replaceChildren(
    calendar.form,
    h("div", { class: "controls" }, play, h("div", { class: "track" }, marks, slider), back, on, h("p", { class: "at" }, h("label", { for: "step" }, "As known after event "), said), latest, calendar.opener),
    h("p", { class: "unseen", id: "replay-hint" }, "Each step is one event, in the order in which the ledger recorded it. The page shows what was known after it."),
  );

  function go(step) {
    const target = Math.min(Math.max(1, step), records.length);
    slider.value = target;
    tell(target);
    return toStep(target);
  }

  async function toggle() {
    playing = !playing;
    play.textContent = playing ? "Stop" : "Replay";
    if (playing && slider.valueAsNumber >= records.length) await go(1);
    while (playing && slider.valueAsNumber < records.length) {
      await Promise.all([go(slider.valueAsNumber + 1), new Promise((resolve) => setTimeout(resolve, PLAY_MS))]);
    }
    playing = false;
    play.textContent = "Replay";
  }

  function tell(step) {
    const { event } = records[step - 1];
    const text = `${moment(event.occurred)}, ${describe(event, name)}${event.round ? `, round ${event.round}` : ""}`;
    const place = `${number(step)} of ${number(records.length)}`;
    said.replaceChildren(h("b", {}, place), " ", h("bdi", {}, text));
    slider.setAttribute("aria-valuetext", `${place}: ${text}`);
    const isLatest = step === records.length;
    latest.hidden = isLatest && !calendar.isSet();
    on.disabled = isLatest;
    back.disabled = step === 1;
    root.classList.toggle("earlier", !latest.hidden);
  }

  function draw() {
    const of = (index) => percent(index, Math.max(1, records.length - 1));
    const rounds = new Set();
    let labelled = -Infinity; // where the last number of a round stands, so that none covers another
    const exchanges = new Set(records.map(({ event }) => event.exchange));
    function isApart(index) {
      const isFar = index - labelled >= APART * records.length;
      if (isFar) labelled = index;
      return isFar;
    }
    marks.replaceChildren(...records.flatMap(({ event }, index) => {
      const kind = event.part || event.status === "planned" ? undefined : KINDS[event.type];
      const isFirst = exchanges.size === 1 && event.round && KINDS[event.type] && !rounds.has(event.round);
      if (isFirst) rounds.add(event.round);
      return [
        svg("line", { class: kind ?? "other", x1: of(index), x2: of(index), y1: kind ? 10 : 13, y2: 16 }),
        ...(isFirst && isApart(index) ? [svg("text", { x: of(index), y: 8, "text-anchor": "middle" }, event.round)] : []),
      ];
    }));
  }

  return {
    stop() { playing = false; },
    show(found, step, chosen, named) {
      records = found;
      name = named;
      root.hidden = records.length < 2;
      byId("page").classList.toggle("with-replay", !root.hidden);
      if (!records.length) return;
      calendar.show(chosen);
      slider.max = records.length;
      slider.value = step;
      draw();
      tell(step);
    },
  };
}

// -- dates -----------------------------------------------------------------------------------------

// A date for each clock, beside the slider. Whoever has chosen one finds them open.
function dates(chosen) {
  const fields = new Map(DATES.map((clock) => [clock, h("input", { type: "date", id: `date-${clock}`, "aria-describedby": `hint-${clock}`, change: tell })]));
  const clear = h("button", { type: "button", class: "small", click: () => chosen({}) }, "Clear dates");
  const form = h(
    "form",
    { class: "dates", id: "dates", hidden: true, submit: (event) => event.preventDefault() },
    DATES.map((clock) => {
      const [label, hint] = CLOCKS[clock];
      return h("p", { title: hint }, h("label", { for: `date-${clock}` }, label), fields.get(clock), h("span", { class: "unseen", id: `hint-${clock}` }, hint));
    }),
    clear,
  );
  const opener = h("button", { type: "button", class: "small", "aria-expanded": "false", "aria-controls": "dates", click: () => open(form.hidden) }, "Dates");

  function open(isOpen) {
    form.hidden = !isOpen;
    opener.setAttribute("aria-expanded", isOpen);
  }

  // A field that is not filled yet is empty, and a year is typed digit by digit.
  function tell() {
    chosen(Object.fromEntries([...fields].filter(([, { value }]) => value && value >= "1000").map(([clock, { value }]) => [clock, value])));
  }

  const isSet = () => [...fields.values()].some(({ value }) => value);

  return {
    form,
    opener,
    isSet,
    show(wanted) {
      for (const [clock, field] of fields) {
        const day = (wanted[clock] ?? "").slice(0, 10);
        if (field.value !== day && field !== document.activeElement) field.value = day;
      }
      clear.hidden = !isSet();
      if (isSet()) open(true);
    },
  };
}
