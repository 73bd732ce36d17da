"""The rules by which sums of the tidy table are the figures of the ledger, as views in SQL that SQLite and DuckDB read.

docs/data.md says them in words. A test holds them to the tallies.
"""

from typing import NamedTuple


class SqlView(NamedTuple):
    """A view of the tables: what it is called, what it is for, and the query."""

    name: str
    title: str
    description: str
    sql: str


COUNTED = SqlView(
    "counted",
    "Claims that count",
    "The rows of claims that some figure has in it, and no others: these can be summed.",
    """\
SELECT exchange, round, side, figure, counted_best, counted_low, counted_high, counted_hedged, category, nationality,
       vital, deal_scope, holder, destination, occurred, publisher, published, why, as_stated, occurrence, event
FROM claims
WHERE counts""",
)
_TOTAL = """\
       CASE WHEN count(counted_best) = count(*) THEN sum(counted_best) END AS best,
       sum(counted_low) AS low,
       CASE WHEN count(counted_high) = count(*) THEN sum(counted_high) END AS high,
       max(counted_hedged) AS hedged"""
TOTALS = SqlView(
    "totals",
    "Totals, summed",
    "The sum of the claims that count, for each figure that is a plain total. It has no best as soon as one claim has "
    "none, and no high as soon as one has none.",
    f"""\
SELECT exchange, figure,
{_TOTAL}
FROM claims
WHERE counts AND figure IS NOT NULL
GROUP BY exchange, figure""",
)
ROUND_TOTALS = SqlView(
    "round_totals",
    "Totals of rounds, summed",
    "The same by round.",
    f"""\
SELECT exchange, round, figure,
{_TOTAL}
FROM claims
WHERE counts AND figure IS NOT NULL AND round IS NOT NULL
GROUP BY exchange, round, figure""",
)
_SIGNED = """\
         CASE WHEN count(best) = count(*) THEN sum(sign * best) END AS best,
         CASE WHEN count(CASE WHEN sign < 0 AND high IS NULL THEN 1 END) = 0
              THEN sum(CASE WHEN sign > 0 THEN low ELSE -high END) END AS low,
         CASE WHEN count(CASE WHEN sign > 0 AND high IS NULL THEN 1 END) = 0
              THEN sum(CASE WHEN sign > 0 THEN high ELSE -low END) END AS high,
         max(hedged) AS hedged"""
CLASSES = SqlView(
    "classes",
    "Classes of the released, summed",
    "In the deal, outside it, and unsaid; nationals and others. People of whom nobody says it may belong to a class: "
    "it has then no best, and they add to its high.",
    f"""\
WITH classed AS (
  SELECT exchange, side, 'unsaid' AS open, deal_sign AS sign,
         CASE deal_scope WHEN 'inside' THEN 'deal' WHEN 'unsaid' THEN 'unsaid' ELSE 'outside' END AS class,
         counted_best AS best, counted_low AS low, counted_high AS high, counted_hedged AS hedged
  FROM claims WHERE counts AND deal_sign <> 0
  UNION ALL
  SELECT exchange, side, 'unclassified', 1, nationality_class,
         counted_best, counted_low, counted_high, counted_hedged
  FROM claims WHERE counts AND figure = side || '.released' AND nationality_class IS NOT NULL
), summed AS (
  SELECT exchange, side, open, class,
{_SIGNED}
  FROM classed GROUP BY exchange, side, open, class
), asked AS (
  SELECT DISTINCT exchange, side, summed.open, names.class FROM summed
  JOIN (SELECT 'deal' AS class, 'unsaid' AS open UNION ALL SELECT 'outside', 'unsaid' UNION ALL
        SELECT 'unsaid', 'unsaid' UNION ALL SELECT 'nationals', 'unclassified' UNION ALL
        SELECT 'others', 'unclassified') AS names ON names.open = summed.open
)
SELECT asked.exchange, asked.side || '.' || asked.class AS figure,
       CASE WHEN perhaps.class IS NOT NULL AND (perhaps.high IS NULL OR perhaps.high > 0) THEN NULL
            WHEN own.class IS NULL THEN 0 ELSE own.best END AS best,
       CASE WHEN own.low > 0 THEN own.low ELSE 0 END AS low,
       CASE WHEN own.class IS NULL THEN 0 ELSE own.high END +
       CASE WHEN perhaps.class IS NULL OR perhaps.high <= 0 THEN 0 ELSE perhaps.high END AS high,
       CASE WHEN own.hedged OR perhaps.hedged THEN true ELSE false END AS hedged
FROM asked
LEFT JOIN summed AS own ON own.exchange = asked.exchange AND own.side = asked.side AND own.class = asked.class
LEFT JOIN summed AS perhaps ON perhaps.exchange = asked.exchange AND perhaps.side = asked.side
                           AND perhaps.class = asked.open AND asked.class <> asked.open""",
)
STOCKS = SqlView(
    "stocks",
    "Stocks, summed",
    "How many are held, how many remains are held, and how many are not identified. What may be in a list already "
    "changes the stock by none of it to all; adjustments are added to each end.",
    f"""\
WITH moved AS (
  SELECT exchange, side || '.held' AS figure, held_sign AS sign,
         CASE WHEN held_open THEN NULL ELSE counted_best END AS best,
         CASE WHEN held_open THEN 0 ELSE counted_low END AS low, counted_high AS high, counted_hedged AS hedged
  FROM claims WHERE counts AND held_sign <> 0
  UNION ALL
  SELECT exchange, side || '.remains.held', remains_held_sign,
         counted_best, counted_low, counted_high, counted_hedged
  FROM claims WHERE counts AND remains_held_sign <> 0
  UNION ALL
  SELECT exchange, side || '.remains.unidentified', unidentified_sign,
         counted_best, counted_low, counted_high, counted_hedged
  FROM claims WHERE counts AND unidentified_sign <> 0
), summed AS (
  SELECT exchange, figure,
{_SIGNED}
  FROM moved GROUP BY exchange, figure
), adjusted AS (
  SELECT exchange, figure, sum(best) AS best, sum(low) AS low, sum(high) AS high FROM adjustments
  GROUP BY exchange, figure
)
SELECT summed.exchange, summed.figure,
       summed.best + coalesce(adjusted.best, 0) AS best,
       CASE WHEN summed.low + coalesce(adjusted.low, 0) > 0 THEN summed.low + coalesce(adjusted.low, 0)
            ELSE 0 END AS low,
       summed.high + coalesce(adjusted.high, 0) AS high,
       summed.hedged
FROM summed LEFT JOIN adjusted ON adjusted.exchange = summed.exchange AND adjusted.figure = summed.figure""",
)
DIFFERENCES = SqlView(
    "differences",
    "Sums that differ from tallies",
    "Every figure of the tallies that is known and that the rules above sum to something else: none.",
    """\
SELECT tallies.exchange, tallies.figure, tallies.best AS tally_best, summed.best AS summed_best,
       tallies.low AS tally_low, summed.low AS summed_low, tallies.high AS tally_high, summed.high AS summed_high
FROM tallies
JOIN (SELECT * FROM totals UNION ALL SELECT * FROM classes UNION ALL SELECT * FROM stocks) AS summed
  ON summed.exchange = tallies.exchange AND summed.figure = tallies.figure
WHERE tallies.low IS NOT NULL
  AND (coalesce(tallies.best, -1) <> coalesce(summed.best, -1) OR tallies.low <> summed.low
       OR coalesce(tallies.high, -1) <> coalesce(summed.high, -1) OR tallies.hedged <> summed.hedged)""",
)
VIEWS = (COUNTED, TOTALS, ROUND_TOTALS, CLASSES, STOCKS, DIFFERENCES)
"""In the order in which one can be read from another."""
