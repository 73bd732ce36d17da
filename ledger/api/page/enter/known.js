// What is in the ledger already, offered while somebody writes: exchanges, and of one its rounds, occurrences, parties, publishers.

import { byId, h, replace } from "../dom.js";
import { describe } from "../events.js";
import { events, read } from "../ledger.js";
import { naming } from "../context.js";
import { capital, human, moment } from "../words.js";

const OFFERED = 500;

let opened = Promise.resolve([]);
let shown = null;
let kinds = new Map();

// Of which kind a publisher was said to be last.
export const kindOf = (publisher) => kinds.get(publisher) ?? null;

export function offerExchanges() {
  opened = exchangesThatThereAre();
}

async function exchangesThatThereAre() {
  const { exchanges, processes } = await read("/v1/exchanges").catch(() => ({ exchanges: [], processes: [] }));
  offer("exchange", [...exchanges.map(({ exchange, title }) => [exchange, title]), ...processes.map(({ exchange }) => [exchange, "a process"])]);
  return exchanges.map(({ exchange }) => exchange);
}

// Of an exchange, once. Returns how its parties are called.
export async function offerOf(exchange) {
  if (!exchange || shown === exchange) return;
  shown = exchange;
  const isOpened = (await opened).includes(exchange);
  const { records } = isOpened ? await events(exchange).catch(() => ({ records: [] })) : { records: [] };
  if (shown !== exchange) return;
  const name = naming(records);
  const all = records.map(({ event }) => event).reverse();
  kinds = new Map(all.toReversed().filter(({ source }) => source).map(({ source }) => [source.publisher, source.kind]));
  offer("round", all.filter(({ round }) => round).map(({ round }) => [String(round)]));
  offer("occurrence", all.filter(({ occurrence }) => occurrence).map((event) => [event.occurrence, `${describe(event, name)}, ${moment(event.occurred)}`]));
  offer("party", [...all.filter(({ type }) => type === "party_registered").map(({ party, name: called }) => [party, called]), ...parties(all).map((party) => [party, capital(human(party))])]);
  offer("publisher", [...kinds.keys()].map((publisher) => [publisher]));
}

const parties = (all) => all.flatMap(({ by, to, facilitators = [], party, participants = [] }) => [by, to, party, ...facilitators, ...participants]).filter(Boolean);

function offer(what, found) {
  const names = new Map(found.toReversed());
  const options = [...names].toReversed().slice(0, OFFERED).map(([value, label]) => h("option", { value, label: label ?? null }));
  replace(byId(`known-${what}`), options);
}
