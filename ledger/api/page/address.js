// Where things are found: on this server, which may stand below a path, and on its pages.

const BASE = new URL(".", import.meta.url).pathname;

// A path of the API or of a page, as this server has to be asked for it.
export const here = (path) => BASE + path.replace(/^\//, "");

const query = (parameters) => (`${parameters}` ? `?${parameters}` : "").replaceAll("%3A", ":").replaceAll("%2C", ",");

// The page of an exchange or a process, or of a thing in it: a figure, a round, a claim, a chart.
export function pageOf(subject, parameters = "", kind = "", item = "") {
  const steps = ["exchanges", subject, kind, item].filter(Boolean);
  return here(steps.map((step) => encodeURIComponent(step).replaceAll("%3A", ":")).join("/")) + query(parameters);
}

// What an address is of: `subject` is null on the front page; `kind` and `item` name what opens on the page of a subject.
export function placeOf({ pathname }) {
  const [of, subject = null, kind = null, item = null] = pathname.slice(BASE.length).split("/").map(decodeURIComponent);
  return of === "exchanges" ? { subject, kind, item } : { subject: null, kind: null, item: null };
}
