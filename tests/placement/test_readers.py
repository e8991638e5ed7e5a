"""Readers that never stop, while events are appended and moved: each answer is that of one exact prefix."""

from __future__ import annotations

import threading
from pathlib import Path
from random import Random

import pytest

from .queries import Query
from .world import Asked, Point, World

READERS = 2


class Reader(threading.Thread):
    """Asks what every table can answer at every moment, and keeps the answers."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__()
        self._world = world
        self._rng = Random(seed)
        self.answers: list[Asked] = []
        self.problem: Exception | None = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            while not self.done.is_set():
                self.answers.append(self._ask())
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.problem = error

    def _ask(self) -> Asked:
        a, b = (self._rng.choice(self._world.tables).name for _ in range(2))
        text = self._rng.choice(
            [
                f"SELECT count(*), sum(_seq), count(DISTINCT k), max(_recorded_at) FROM {a}",
                f"SELECT k, count(*), sum(_seq) FROM {a} GROUP BY k",
                f"SELECT a.k, count(*) FROM {a} a JOIN {b} b ON a.k = b.k GROUP BY a.k",
                f"SELECT _seq FROM {a} ORDER BY _seq DESC LIMIT 5",
                f"SELECT _stream, max(_position) FROM {a} WHERE _stream IS NOT NULL GROUP BY _stream",
            ]
        )
        return self._world.ask(_query(text, a, b), self._world.now())


def _query(text: str, a: str, b: str) -> Query:
    return Query(text, None, tuple(sorted({a, b} if " b ON " in text else {a})))


@pytest.mark.long
@pytest.mark.parametrize(("seed", "shards"), [(0, 1), (1, 1), (0, 4)])
def test_every_answer_is_an_exact_prefix(seed: int, shards: int, tmp_path: Path) -> None:
    """Over several shards: of what each of them took."""
    world = World(seed, tmp_path / "lake", shards=shards, ttl=False, history=True)
    world.check(1)
    readers = [Reader(world, seed * READERS + i) for i in range(READERS)]
    for reader in readers:
        reader.start()
    for _ in range(12):
        world.append_some() if world.rng.random() < 0.5 else world.step()
    for reader in readers:
        reader.done.set()
        reader.join()
        if reader.problem is not None:
            raise reader.problem
    for asked in [asked for reader in readers for asked in reader.answers]:
        cut = world.cut_of(asked.result.certificate)
        assert all(world.is_commit(shard, at.seq) for shard, at in cut.items()), "half of a commit was seen"
        world.compare(Asked(asked.query, Point(None, cut, asked.point.tables), asked.result))
    world.close()
