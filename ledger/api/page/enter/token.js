// The token by which claims are published: asked for when it is needed, kept in this tab until it is closed, never in an address.

import { byId, h, replace } from "../dom.js";
import { read, useToken } from "../ledger.js";
import { capital } from "../words.js";
import { sentence } from "./values.js";

const KEY = "ledger.token";

let me = null;
let changed = () => {};

// As whom this tab publishes; null where nobody has said so yet.
export const publisher = () => me;

// Take up the token of this tab, if there is one that still holds. `told` is called whenever that changes.
export async function resume(told) {
  changed = told;
  const text = sessionStorage.getItem(KEY);
  if (text) await take(text).catch(() => forget());
  drawWho();
}

async function take(text) {
  useToken(text);
  try {
    me = await read("/v1/me");
  } catch (error) {
    useToken(null);
    throw error;
  }
  sessionStorage.setItem(KEY, text);
  drawWho();
  changed();
}

export function forget() {
  sessionStorage.removeItem(KEY);
  useToken(null);
  me = null;
  drawWho();
  changed();
}

function drawWho() {
  replace(
    byId("who"),
    me
      ? [h("span", {}, "Publishing as ", h("strong", {}, h("bdi", {}, me.name))), " ", h("button", { type: "button", class: "quiet", "data-key": "who", click: forget }, "Forget the token")]
      : h("button", { type: "button", class: "quiet", "data-key": "who", click: () => needed() }, "Give a token"),
  );
}

// As whom to publish: at once where it is known, else once somebody has given a token; null where nobody does.
export const needed = (why = null) => (me && !why ? Promise.resolve(me) : asked(why));

function asked(why) {
  const dialog = byId("token");
  const opener = document.activeElement;
  const field = h("input", { type: "password", id: "token-text", autocomplete: "off", spellcheck: "false", "aria-required": "true", "aria-describedby": "token-wrong token-help" });
  const wrong = h("p", { class: "wrong", id: "token-wrong", role: "alert" }, why ?? "");
  const { promise, resolve } = withResolvers();
  const submit = async (event) => {
    event.preventDefault();
    const problem = field.value.trim() ? await take(field.value.trim()).then(() => null, wordsOf) : "Give a token first.";
    if (!problem) return dialog.close();
    wrong.textContent = problem;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  };
  replace(
    dialog,
    h("form", { class: "token", submit },
      h("h2", { id: "token-title" }, "Who publishes?"),
      h("div", { class: "field" }, h("label", { for: "token-text" }, "Token"), field, wrong,
        h("p", { class: "help", id: "token-help" }, "Of role publish. Whoever keeps the ledger makes one: ", h("code", {}, "ledger token make NAME --role publish"), ". It stays in this tab until you close it.")),
      h("p", { class: "actions" }, h("button", { class: "primary" }, "Go on"), h("button", { type: "button", click: () => dialog.close() }, "Not now"))),
  );
  dialog.addEventListener("close", () => { resolve(me); opener?.focus(); }, { once: true });
  dialog.showModal();
  field.focus();
  return promise;
}

function withResolvers() {
  let resolve;
  const promise = new Promise((done) => { resolve = done; });
  return { promise, resolve };
}

function wordsOf(error) {
  if (error.status === 403) return "This token may not publish: it does not bear the role publish.";
  if (error.status === 401) return "This token is unknown, expired or revoked.";
  return sentence(capital(error.message));
}
