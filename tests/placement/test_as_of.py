"""A point in the past gives the same answer before and after all that may happen to its events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .compare import difference
from .world import Asked, World

POINTS = 12


@pytest.mark.parametrize("seed", range(100, 108))
def test_the_past_stays_as_it_was(seed: int, tmp_path: Path) -> None:
    world = World(seed, tmp_path / "lake", history=True)
    for _ in range(3):
        world.append_some()
        world.remember()
    world.check(1)
    asked = _ask_about_the_past(world)
    steps: list[Callable[[], object]] = [
        world.db.flush,
        world.append_some,
        world.db.archive,
        world.append_some,
        lambda: world.db.flush(up_to=world.seq - 3),
        world.reopen,
        world.append_some,
        lambda: world.db.flush(),
        lambda: world.db.compact(),
        lambda: world.db.archive(up_to=world.seq - 2),
        lambda: world.db.expire(),
    ]
    for step in steps:
        step()
        world.check(1)
        world.remember()
        for before in asked:
            again = world.ask(before.query, before.point)
            ordered = before.query.ordered
            assert difference(again.result.rows(), before.result.rows(), ordered=ordered) is None
            world.compare(again)
        asked += _ask_about_the_past(world)[:2]
    world.close()


def _ask_about_the_past(world: World) -> list[Asked]:
    chosen = world.rng.sample(world.points()[1:], min(POINTS, len(world.points()) - 1))
    return [world.ask(world.question(point), point) for point in chosen]
