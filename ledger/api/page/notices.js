// What stands in place of the figures where there are none: an empty ledger, a problem, a token that is missing.

import { frontPage, here } from "./address.js";
import { byId, entitle, h, replace } from "./dom.js";
import { hasToken, useToken } from "./ledger.js";
import { capital } from "./words.js";

function notice(...content) {
  byId("boot")?.remove();
  for (const each of ["front", "page", "replay", "changes", "about", "link", "contents"]) byId(each).hidden = true;
  byId("main").removeAttribute("aria-busy");
  replace(byId("problem"), content);
  byId("problem").hidden = false;
}

// Scripts have drawn the page: what the server wrote for others goes, and so does a notice.
export function closeNotice() {
  byId("boot")?.remove();
  byId("problem").hidden = true;
}

export function showEmpty() {
  entitle();
  notice(
    h("h1", {}, "This ledger is empty"),
    h("p", {}, "No event is recorded yet. The page will show the first exchange as soon as there is one."),
    h("dl", { class: "ways" },
      h("div", {}, h("dt", {}, "To look at the bundled history"), h("dd", {}, h("code", {}, "ledger demo"))),
      h("div", {}, h("dt", {}, "To record your own"), h("dd", {}, h("code", {}, "ledger publish FILE"), ", or POST to ", h("code", {}, "/v1/events")))),
  );
}

// `again` begins anew; `subject` is the exchange that was looked for, where one was.
export function showProblem(error, again, subject) {
  if (error.status === 401 || error.status === 403) return askToken(error, again);
  if (error.status === 404) return showUnknown(error, subject);
  console.warn(error);
  const isOurs = error.status === undefined;
  return notice(
    h("h1", {}, isOurs ? "This page made a mistake" : error.title),
    h("p", {}, h("bdi", {}, capital(error.message))),
    isOurs && h("p", {}, "The figures themselves are not concerned: they can be had as ", h("a", { href: here("/v1/exchanges.csv") }, "CSV"), " and ", h("a", { href: here("/v1/exchanges") }, "JSON"), "."),
    h("p", { class: "actions" }, h("button", { type: "button", click: again }, "Try again"), subject && h("a", { href: frontPage() }, "All exchanges")),
  );
}

const showUnknown = (error, subject) => notice(
  h("h1", {}, subject ? "There is no such exchange in this ledger" : "There is no such thing in this ledger"),
  h("p", {}, subject ? ["Nothing is recorded under ", h("code", {}, h("bdi", {}, subject)), "."] : h("bdi", {}, capital(error.message))),
  h("p", { class: "actions" }, h("a", { href: frontPage() }, "All exchanges of this ledger")),
);

function askToken(error, again) {
  const field = h("input", { type: "password", id: "token", autocomplete: "off", required: true, spellcheck: "false" });
  notice(
    h("h1", {}, "This ledger is read with a token"),
    h("p", { role: "status" }, hasToken() ? [h("bdi", {}, capital(error.message)), "."] : "Its figures are shown to those who have one."),
    h("form", { submit: (event) => { event.preventDefault(); useToken(field.value.trim()); again(); } },
      h("label", { for: "token" }, "Token"), field, h("button", {}, "Read")),
    h("p", { class: "none" }, "Whoever keeps the ledger makes tokens: ", h("code", {}, "ledger token make NAME --role read"), ". Yours stays in this page, until you leave it."),
  );
}
