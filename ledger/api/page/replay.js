// The slider through time: each step is one event, and the page shows what was known after it.

import { byId, h, svg } from "./dom.js";
import { percent } from "./parts.js";
import { describe, moment, number } from "./words.js";

const PLAY_MS = 220;
const KINDS = { captives_released: "own", prisoners_released: "prisoner" };

// `moved` is told the step; it answers with a promise that is kept once the page shows it.
export function replay(root, moved) {
  let records = [];
  let name = (party) => party;
  let playing = false;
  const slider = h("input", { type: "range", id: "step", min: 1, step: 1, input: () => go(slider.valueAsNumber), "aria-describedby": "replay-hint" });
  const said = h("output", { for: "step", class: "said" });
  const back = h("button", { type: "button", "aria-label": "One event back", click: () => go(slider.valueAsNumber - 1) }, "‹");
  const on = h("button", { type: "button", "aria-label": "One event on", click: () => go(slider.valueAsNumber + 1) }, "›");
  const play = h("button", { type: "button", class: "play", click: toggle }, "Replay");
  const latest = h("button", { type: "button", class: "latest", click: () => go(records.length) }, "Latest");
  const marks = svg("svg", { class: "marks", width: "100%", height: 21, "aria-hidden": "true" });
  root.replaceChildren(
    h("div", { class: "line" }, h("label", { for: "step" }, "As known after event"), said, latest),
    h("div", { class: "controls" }, play, back, h("div", { class: "track" }, marks, slider), on),
    h("p", { class: "unseen", id: "replay-hint" }, "Each step is one event, in the order in which the ledger recorded it. The page shows what was known after it."),
  );

  function go(step) {
    const target = Math.min(Math.max(1, step), records.length);
    slider.value = target;
    tell(target);
    return moved(target);
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
    const text = `${number(step)} of ${number(records.length)}: ${moment(event.occurred)}, ${describe(event, name)}${event.round ? `, round ${event.round}` : ""}`;
    said.replaceChildren(h("b", {}, `${number(step)} of ${number(records.length)}`), " ", h("bdi", {}, text.slice(text.indexOf(": ") + 2)));
    slider.setAttribute("aria-valuetext", text);
    const isLatest = step === records.length;
    latest.hidden = isLatest;
    on.disabled = isLatest;
    back.disabled = step === 1;
    root.classList.toggle("earlier", !isLatest);
  }

  function draw() {
    const of = (index) => percent(index, Math.max(1, records.length - 1));
    const rounds = new Set();
    marks.replaceChildren(...records.flatMap(({ event }, index) => {
      const kind = event.part || event.status === "planned" ? undefined : KINDS[event.type];
      const isFirst = event.round && KINDS[event.type] && !rounds.has(event.round);
      if (isFirst) rounds.add(event.round);
      return [
        svg("line", { class: kind ?? "other", x1: of(index), x2: of(index), y1: kind ? 11 : 16, y2: 21 }),
        ...(isFirst ? [svg("text", { x: of(index), y: 8, "text-anchor": "middle" }, event.round)] : []),
      ];
    }));
  }

  return {
    stop() { playing = false; },
    show(found, step, named) {
      records = found;
      name = named;
      root.hidden = records.length < 2;
      byId("page").classList.toggle("with-replay", !root.hidden);
      if (!records.length) return;
      slider.max = records.length;
      slider.value = step;
      draw();
      tell(step);
    },
  };
}
