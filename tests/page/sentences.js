// What the page says of generated counts: every sentence with a number, of none, of one, of many, hedged and ranging.
// Evaluated in the page by test_drawing.py, with [counts, qualifiers, one event of each kind].
async ([counts, qualifiers, kinds]) => {
  const words = await import("/words.js");
  const events = await import("/events.js");
  const { FIGURES, LEGS } = await import("/figures.js");

  const value = { best: null, low: 0, high: null, hedged: false, exact: false };
  const valuesOf = (n) => [
    { ...value, best: n, low: n, high: n, exact: true },
    { ...value, best: n, low: n, high: n, hedged: true },
    { ...value, best: n, low: n, high: n + 1 },
    { ...value, low: n, high: n + 1, hedged: true },
    { ...value, low: n, hedged: true },
    { ...value, high: n, hedged: true },
  ];
  const ofValue = (each) => [
    ...words.SIDES.flatMap((side) => Object.keys(FIGURES).map((name) => words.countedAs(side, name, each))),
    ...["captive", "prisoner", "day"].map((noun) => `${words.counted(each, noun)} ${words.does(each, "was", "were")}`),
    ...Object.keys(LEGS).map((leg) => words.brought(leg, words.estimate(each))),
  ];

  const SCOPES = ["released", "deal", "nationals", "remains.returned", "returned"];
  const ofRatio = (above, below) => SCOPES.flatMap((scope) => {
    const ratio = { fraction: `${above}/${below}`, numerator: `prisoners.${scope}`, denominator: `captives.${scope}` };
    return [words.divided(ratio), words.perOne(ratio)];
  });

  const less = (n) => Math.max(0, n - 1);
  const BOUNDS = {
    over: (n) => ({ low: n + 1 }), at_least: (n) => ({ low: n }), up_to: (n) => ({ high: n }),
    nearly: (n) => ({ high: less(n) }), under: (n) => ({ high: less(n) }), several: () => ({}), unknown: () => ({}),
  };
  const ofEvent = (event, n, qualifier) => {
    const count = { qualifier, ...(BOUNDS[qualifier]?.(n) ?? { best: n }) };
    const told = put(event, { count, amount: count, hours: n });
    return [events.describe(told), events.matter(told)];
  };
  const put = (part, wanted) => {
    if (Array.isArray(part)) return part.map((each) => put(each, wanted));
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, wanted[key] ?? put(each, wanted)]));
  };

  return [
    ...counts.flatMap(valuesOf).flatMap(ofValue),
    ...counts.flatMap((above) => counts.flatMap((below) => ofRatio(above, below))),
    ...counts.flatMap((n) => qualifiers.flatMap((qualifier) => kinds.flatMap((event) => ofEvent(event, n, qualifier)))),
  ];
}
