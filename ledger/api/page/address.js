// Where things are found: on this server, which may stand below a path, and on its pages.

const BASE = new URL(".", import.meta.url).pathname;
const KINDS = { figure: "figures", round: "rounds", claim: "claims", chart: "charts" };

// A path of the API or of a page, as this server has to be asked for it.
export const here = (path) => BASE + path.replace(/^\//, "");

// The path of an address that this server itself has written, as `here` takes it.
export function inside(address) {
  const { pathname, search } = new URL(address, location.href);
  return (pathname.startsWith(BASE) ? pathname.slice(BASE.length - 1) : pathname) + search;
}

const step = (text) => encodeURIComponent(text).replaceAll("%3A", ":");
const query = (parameters) => (`${parameters}` ? `?${parameters}`.replaceAll("%3A", ":").replaceAll("%2C", ",") : "");

export const frontPage = () => here("/");

// All changes, or what one event changed.
export const changesPage = (event = null) => here(event ? `/changes/${step(event)}` : "/changes");

// The page of an exchange or a process, at a cut; or of a thing in it, as `figures` and `captives.released`.
export const pageOf = (subject, parameters = "", kind = null, item = null) =>
  here(["exchanges", subject, ...(item ? [kind, item] : [])].map((each) => step(`${each}`)).join("/")) + query(parameters);

// What an address is of: `page` is null where it is no page of this server; `kind` and `item` name what opens on it.
export function placeOf({ origin, pathname, search = "" }) {
  const nowhere = { page: null, subject: null, kind: null, item: null, parameters: new URLSearchParams(search) };
  if (origin !== location.origin || !pathname.startsWith(BASE)) return nowhere;
  const [of, subject = null, kind = null, item = null, ...more] = pathname.slice(BASE.length).split("/").map(decodeURIComponent);
  if (of === "" && subject === null) return { ...nowhere, page: "front" };
  if (of === "changes" && kind === null) return { ...nowhere, page: "changes", item: subject };
  const isThere = subject && !more.length && (kind === null || (item && Object.values(KINDS).includes(kind)));
  return of === "exchanges" && isThere ? { ...nowhere, page: "exchange", subject, kind, item } : nowhere;
}

// Give every figure, round, claim and chart below an element its own address, which can be copied and opened elsewhere.
export function linkThings(root, subject, parameters) {
  for (const [name, kind] of Object.entries(KINDS)) {
    for (const link of root.querySelectorAll(`a[data-${name}]`)) link.href = pageOf(link.dataset.of ?? subject, parameters, kind, link.dataset[name]);
  }
}
