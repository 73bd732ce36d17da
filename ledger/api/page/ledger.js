// The ledger over HTTP: views at a cut, events page by page, and what is new as Server-Sent Events.

import { here } from "./address.js";

const PAGE = 1000;
const EVENTS_MAX = 50_000;
const WAIT_MS = [1000, 2000, 5000, 10_000];
const SILENCE_MS = 60_000;

let token = null;

export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail);
    Object.assign(this, { status, title });
  }
}

export const useToken = (text) => { token = text; };
export const hasToken = () => token !== null;

const headers = (accept) => ({ accept, ...(token && { authorization: `Bearer ${token}` }) });

async function reach(path, options) {
  try {
    return await fetch(here(path), { credentials: "omit", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The ledger does not answer", "The server cannot be reached. Is it still running?");
  }
}

const problemOf = (status, told) => new Problem(status, told.title ?? `The server answered ${status}`, told.detail ?? "It does not say why.");

async function ask(path, accept, signal) {
  const answer = await reach(path, { headers: headers(accept), signal });
  if (answer.ok) return answer;
  throw problemOf(answer.status, await answer.json().catch(() => ({})));
}

// What became of something that is sent. Where nothing of it is taken, the answer is a problem, which may tell of its
// lines (`results`).
export async function send(path, body, type) {
  const answer = await reach(path, { method: "POST", headers: { ...headers("application/json"), "content-type": type }, body });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok && !told.results) throw Object.assign(problemOf(answer.status, told), { slug: told.type?.split(":").at(-1) });
  return { status: answer.status, ...told };
}

export const address = (exchange, view = "", ending = "", cut = "") =>
  `/v1/exchanges/${encodeURIComponent(exchange)}${view && `/${view}`}${ending}${cut && `?${cut}`}`;

export async function read(path, signal) {
  return (await ask(path, "application/json", signal)).json();
}

export async function readAt(path, signal) {
  const answer = await ask(path, "application/json", signal);
  return { body: await answer.json(), position: answer.headers.get("ledger-position") };
}

export const text = async (path, signal) => (await ask(path, "text/plain, */*", signal)).text();

export const blob = async (path) => (await ask(path, "*/*")).blob();

// The events of an exchange after a position, in the order of the log.
export async function events(exchange, after = null) {
  const records = [];
  let reached = after;
  while (records.length < EVENTS_MAX) {
    const from = reached ? `&after=${reached}` : "";
    const page = await read(`/v1/events?exchange=${encodeURIComponent(exchange)}&limit=${PAGE}${from}`);
    records.push(...page.records);
    reached = page.reached;
    if (!page.more) break;
  }
  return { records, reached };
}

// Follow a stream from a position on, or from its beginning, until it is stopped by what this returns. `told` gets what comes, `state` whether it
// is connected; `lost` reads all anew where the position is gone, and says from where to go on.
export function follow(stream, since, { told, state, lost }) {
  const stopped = new AbortController();
  run(stream, since, { told, state, lost }, stopped.signal);
  return () => stopped.abort();
}

async function run(stream, since, { told, state, lost }, stopped) {
  let last = since;
  for (let failures = 0; !stopped.aborted; failures += 1) {
    try {
      const patience = impatient(stopped);
      const answer = await ask(last ? `${stream}${stream.includes("?") ? "&" : "?"}since=${last}` : stream, "text/event-stream", patience.signal);
      state(true);
      failures = 0;
      for await (const { id, data } of frames(answer.body, patience.more)) {
        if (stopped.aborted) return;
        last = id ?? last;
        if (data) told(JSON.parse(data));
      }
    } catch (error) {
      if (stopped.aborted) return;
      if (error.status === 410) last = await lost().catch(() => last);
    }
    if (stopped.aborted) return;
    state(false);
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS[Math.min(failures, WAIT_MS.length - 1)]));
  }
}

// Gives up on a stream that shows no sign of life, as one does whose network has gone away without a word.
function impatient(stopped) {
  const controller = new AbortController();
  stopped.addEventListener("abort", () => controller.abort(), { signal: controller.signal });
  let waiting;
  const more = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => controller.abort(), SILENCE_MS);
  };
  more();
  return { signal: controller.signal, more };
}

// EventSource cannot show a token, nor tell a position that is gone from a server that is down; so this reads frames.
async function* frames(body, more) {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    more();
    rest += value;
    const parts = rest.split("\n\n");
    rest = parts.pop();
    for (const part of parts) yield frame(part);
  }
}

function frame(text) {
  const found = {};
  for (const line of text.split("\n")) {
    const [, name, value] = /^(id|data): ?(.*)$/.exec(line) ?? [];
    if (name) found[name] = value;
  }
  return found;
}
