// A look at what lines would do, and their publication: of the very lines that were looked at.

import { h, replace } from "../dom.js";
import { send } from "../ledger.js";
import { plural } from "../words.js";
import { moved, notices } from "./outcome.js";
import { needed, publisher } from "./token.js";
import { sentence } from "./values.js";

const NDJSON = "application/x-ndjson";
const isTaken = ({ problem }) => !problem;

// In `root` is shown what was looked at. `published` is told what became of it.
export function lookingIn(root, { published, back }) {
  const clear = () => { root.hidden = true; replace(root); };
  return {
    clear,
    // What would become of lines: shown where some would be taken. `summary` says what they are. Returns what the ledger
    // told; null where no look is made here, or nobody gave a token.
    async look(lines, summary) {
      clear();
      if (!(await needed())) return null;
      try {
        const told = await dryRun(lines);
        const taken = told.results.filter(isTaken);
        if (taken.length) show(root, { told, lines: taken.map(({ line }) => lines[line - 1]), summary, published, back });
        return told;
      } catch (error) {
        if (error.slug !== "no-dry-run") throw error;
        showBlind(root, { lines, summary, published, back, why: error.message });
        return null;
      }
    },
  };
}

async function dryRun(lines) {
  try {
    return await send("/v1/events?dry_run=true", `${lines.join("\n")}\n`, NDJSON);
  } catch (error) {
    if (![401, 403].includes(error.status) || !(await needed(sentence(error.message)))) throw error;
    return send("/v1/events?dry_run=true", `${lines.join("\n")}\n`, NDJSON);
  }
}

function show(root, { told, lines, summary, published, back }) {
  const known = told.results.filter((each) => each.duplicate).length;
  const isNothingNew = known === lines.length;
  place(root, "Before it is published", [
    summary,
    known > 0 && h("p", { class: "says" }, isNothingNew ? "The ledger has it already, word for word: publishing it again changes nothing." : `${plural(known, "event")} of these the ledger has already, word for word.`),
    !isNothingNew && moved(told.moved),
    notices(told.notices),
    isNothingNew ? h("p", { class: "actions" }, h("button", { type: "button", click: back }, "Change it")) : ending(root, { lines, published, back, title: lines.length === 1 ? "Publish" : `Publish ${plural(lines.length, "event")}` }),
  ]);
}

function showBlind(root, { lines, summary, published, back, why }) {
  const sure = h("input", { type: "checkbox", id: "sure", change: ({ target }) => { root.querySelector("button.primary").disabled = !target.checked; } });
  place(root, "No look ahead here", [
    summary,
    h("p", {}, "What it would move cannot be shown: ", h("bdi", {}, sentence(why))),
    h("p", { class: "field sure" }, sure, h("label", { for: "sure" }, " I have read it through, and publish it without a look ahead")),
    ending(root, { lines, published, back, title: "Publish without a look ahead", isOff: true }),
  ]);
}

function place(root, title, content) {
  replace(root, h("h2", { id: "preview-title", tabindex: "-1" }, title), content);
  root.hidden = false;
  root.querySelector("h2").focus();
  root.scrollIntoView({ block: "start" });
}

function ending(root, { lines, published, back, title, isOff = false }) {
  const wrong = h("p", { class: "wrong", role: "alert" });
  const publish = async ({ target }) => {
    target.disabled = true;
    wrong.textContent = "";
    try {
      published(await send("/v1/events", `${lines.join("\n")}\n`, NDJSON));
    } catch (error) {
      wrong.textContent = sentence(error.message);
      target.disabled = false;
    }
  };
  return [
    h("p", { class: "entered" }, "It will be recorded as entered by ", h("code", {}, h("bdi", {}, publisher().entered_by)), "."),
    wrong,
    h("p", { class: "actions" }, h("button", { type: "button", class: "primary", click: publish, disabled: isOff }, title), h("button", { type: "button", click: back }, "Change it")),
  ];
}
