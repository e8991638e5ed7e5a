"""Questions asked in the middle of a step, at each of its commit points, and while results still stream."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from thermocline.core.results import Result
from thermocline.tiers import crash

from ..below import shard_of
from .compare import difference
from .world import SHARD, Asked, Point, World

SEEDS = range(4)


class Interleaved:
    """Asks a question at every commit point that is reached, in a thread of its own.

    At some points the shard is locked and the question waits, so its answer is of what it then finds: the
    certificate tells.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.points: set[str] = set()
        self.problems: list[Exception] = []
        self._answers: list[tuple[int, Asked]] = []
        self._threads: list[threading.Thread] = []

    def __call__(self, point: str) -> None:
        self.points.add(point)
        if threading.current_thread() in self._threads:
            return
        now = self.world.now()
        query = self.world.question(now, stars=False)  # the step may widen a table
        thread = threading.Thread(target=self._ask, args=(query, now))
        self._threads.append(thread)
        thread.start()
        thread.join(None if self._shard_is_free() else 0)

    def _shard_is_free(self) -> bool:
        return not shard_of(self.world.db).lock._is_owned()

    def _ask(self, query: Any, now: Point) -> None:
        try:
            self._answers.append((now.seq, self.world.ask(query, now)))
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.problems.append(error)

    def compare(self) -> None:
        """Once the step is over and the oracle has caught up."""
        for thread in self._threads:
            thread.join()
        for problem in self.problems:
            raise problem
        for known, asked in self._answers:
            seen = {part[SHARD].fresh_to for part in asked.result.certificate.tables.values()}
            (seq,) = seen
            assert seq >= known, "an acknowledged event is missing"
            point = Point(None, seq, self.world.clock(), asked.point.tables)
            self.world.compare(Asked(asked.query, point, asked.result))
        self._answers.clear()
        self._threads.clear()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_question_in_the_middle_of_a_step(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed, tmp_path / "lake", segment_rows=2_000_000)
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


@pytest.mark.parametrize("seed", SEEDS)
def test_a_result_that_streams_while_its_events_move(seed: int, tmp_path: Path) -> None:
    world = World(seed, tmp_path / "lake")
    for _ in range(3):
        world.append_some()
    table = world.tables[0]
    steps: list[Callable[[], object]] = [world.db.flush, world.append_some, world.db.archive, world.db.expire]
    for step in steps:
        now = world.now()
        world.oracle.at(world.tables, now.seq, now.instant)
        expected = world.oracle.ask(f"SELECT _seq, k FROM {table.name} ORDER BY _seq", None)
        opened = world.db.sql(f"SELECT _seq, k FROM {table.name} ORDER BY _seq", stream=True)
        step()
        assert difference(Result.rows(opened), expected, ordered=True) is None
        opened.certificate.verify()
    world.close()
