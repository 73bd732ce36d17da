"""Whoever asks for much waits, and nobody else does."""

import asyncio

import pytest

from ledger.api.http.problems import HttpProblem
from ledger.api.state.fair_turns import FairTurns


class Asked:
    """Questions of several clients, in the order in which they had their turn."""

    def __init__(self, at_once: int = 1, waiting_max: int = 100, waiting_each: int = 50) -> None:
        self.turns = FairTurns(at_once, waiting_max, waiting_each)
        self.began: list[tuple[str, int]] = []
        self.holding: set[str] = set()
        self.go_on = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def ask(self, client: str, *costs: int) -> list["asyncio.Task[None]"]:
        tasks = [asyncio.create_task(self._hold(client, cost)) for cost in costs]
        self._tasks += tasks
        await asyncio.sleep(0.001)
        return tasks

    async def _hold(self, client: str, cost: int) -> None:
        async with self.turns.turn(client, cost):
            assert client not in self.holding
            self.holding.add(client)
            self.began.append((client, cost))
            await self.go_on.wait()
            self.holding.discard(client)

    async def end(self) -> list[tuple[str, int]]:
        self.go_on.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return self.began


async def test_a_client_never_holds_two_turns_and_its_cheapest_question_is_next() -> None:
    asked = Asked(at_once=2)
    await asked.ask("a", 500, 300, 100)
    assert asked.began == [("a", 500)]
    await asked.ask("b", 10)  # there is always a turn for another one
    assert asked.began == [("a", 500), ("b", 10)]
    assert await asked.end() == [("a", 500), ("b", 10), ("a", 100), ("a", 300)]


async def test_who_comes_later_and_asks_for_little_is_next() -> None:
    asked = Asked()
    await asked.ask("a", *[1000] * 20)
    await asked.ask("b", *[1000] * 20)
    await asked.ask("c", 10, 10)
    assert (await asked.end())[:4] == [("a", 1000), ("c", 10), ("c", 10), ("b", 1000)]


async def test_two_who_ask_for_much_get_the_same() -> None:
    asked = Asked()
    await asked.ask("a", *[1000] * 10)
    await asked.ask("b", *[100] * 40)
    given = {"a": 0, "b": 0}
    for client, cost in (await asked.end())[:33]:
        given[client] += cost
    assert abs(given["a"] - given["b"]) <= 1000


async def test_nobody_saves_turns_up() -> None:
    asked = Asked()
    asked.go_on.set()
    await asked.ask("a", *[1000] * 20)
    asked.go_on.clear()
    await asked.ask("a", *[1000] * 4)
    await asked.ask("new", *[1000] * 4)
    order = [client for client, _ in (await asked.end())[20:]]
    assert order == ["a", *["new", "a"] * 3, "new"]


@pytest.mark.parametrize(("waiting_max", "waiting_each", "why"), [(2, 50, "at once"), (50, 2, "by this address")])
async def test_what_waits_is_bounded_for_all_and_for_each(waiting_max: int, waiting_each: int, why: str) -> None:
    asked = Asked(1, waiting_max, waiting_each)
    await asked.ask("a", 1, 1, 1)
    [late] = await asked.ask("a", 1)
    with pytest.raises(HttpProblem, match=why) as refused:
        await late
    assert (refused.value.slug, refused.value.more) == ("too-many", {"reason": "folds"})
    [other] = await asked.ask("b", 1)
    await asked.end()
    assert (other.exception() is None) == (waiting_max == 50)


async def test_who_goes_away_while_waiting_keeps_nobody_out() -> None:
    asked = Asked()
    await asked.ask("a", 1)
    [gone] = await asked.ask("b", 1)
    gone.cancel()
    await asked.ask("c", 1)
    assert await asked.end() == [("a", 1), ("c", 1)]
    await asked.ask("b", 2)
    assert asked.began[-1] == ("b", 2)
