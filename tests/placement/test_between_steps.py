"""Questions asked in the middle of a step, at each of its commit points, and while results still stream."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from thermocline.core.results import Result
from thermocline.tiers import crash

from ..below import shard_of
from .compare import difference
from .world import Asked, Point, World

WORLDS = [(0, 1), (1, 1), (3, 1), (1, 4)]
"""(seed, shards)"""

MOST = {1: 1_000, 4: 3}
"""How often a step is asked at the same commit point, by shards: several reach each of them many times."""


class Interleaved:
    """Asks a question at every commit point that is reached, in a thread of its own.

    At some points the shard is locked and the question waits, so its answer is of what it then finds: the
    certificate tells.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.points: set[str] = set()
        self._asked: Counter[str] = Counter()
        self.problems: list[Exception] = []
        self._answers: list[Asked] = []
        self._threads: list[threading.Thread] = []
        self._asking = threading.Lock()

    def __call__(self, point: str) -> None:
        self.points.add(point)
        if threading.current_thread() in self._threads:
            return
        with self._asking:
            self._asked[point] += 1
            if self._asked[point] > MOST[self.world.spread.shards]:
                return
            now = self.world.now()
            query = self.world.question(now, stars=False)  # the step may widen a table
            thread = threading.Thread(target=self._ask, args=(query, now))
            self._threads.append(thread)
        thread.start()
        thread.join(0 if self._is_locked() else None)

    def _is_locked(self) -> bool:
        """Whether this thread keeps a shard from answering."""
        return any(shard_of(self.world.db, name).lock._is_owned() for name in self.world.shards)

    def _ask(self, query: Any, now: Point) -> None:
        try:
            self._answers.append(self.world.ask(query, now))
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.problems.append(error)

    def compare(self) -> None:
        """Once the step is over and the oracle has caught up."""
        for thread in self._threads:
            thread.join()
        for problem in self.problems:
            raise problem
        for asked in self._answers:
            cut = self.world.cut_of(asked.result.certificate)
            known = asked.point.cut.items()
            assert all(cut[shard].seq >= at.seq for shard, at in known), "an acknowledged event is missing"
            self.world.compare(Asked(asked.query, Point(None, cut, asked.point.tables), asked.result))
        self._asked.clear()
        self._answers.clear()
        self._threads.clear()


@pytest.mark.long
@pytest.mark.parametrize(("seed", "shards"), WORLDS)
def test_a_question_in_the_middle_of_a_step(
    seed: int, shards: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed, tmp_path / "lake", shards=shards, segment_rows=2_000_000)
    between = Interleaved(world)
    world.check(1)
    monkeypatch.setattr(crash, "on_reach", between)
    for act in [world.db.flush, world.append_some, world.db.flush, world.db.compact, world.db.archive] * 2:
        act()
        between.compare()
    world.append_some()
    between.compare()
    world.db.expire()
    between.compare()
    world.close()
    assert {p.partition(".")[0] for p in between.points} >= {"append", "flush", "compact", "archive"}
    assert world.cases >= 40


@pytest.mark.parametrize(("seed", "shards"), WORLDS)
def test_a_result_that_streams_while_its_events_move(seed: int, shards: int, tmp_path: Path) -> None:
    world = World(seed, tmp_path / "lake", shards=shards)
    for _ in range(3):
        world.append_some()
    table = world.tables[0]
    steps: list[Callable[[], object]] = [world.db.flush, world.append_some, world.db.archive, world.db.expire]
    for step in steps:
        world.oracle.at(world.tables, world.now().cut)
        sql = f"SELECT _seq, k FROM {table.name} ORDER BY {', '.join(world.spread.order)}"
        expected = world.oracle.ask(sql, None)
        opened = world.db.sql(sql, stream=True)
        step()
        assert difference(Result.rows(opened), expected, ordered=True) is None
        opened.certificate.verify()
    world.close()
