"""One world from its seed to its end: appends and steps in any order, and questions after each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .world import Open, World, in_process

ACTIONS = 9
QUESTIONS = 7
FIRST_QUESTIONS = 3


@dataclass(frozen=True)
class Tally:
    placements: int
    cases: int


def run(
    seed: int,
    *,
    shards: int = 1,
    opened: Open = in_process,
    clock: Any = None,
    disturb: Callable[[World], None] = World.reopen,
) -> Tally:
    """Raises `AssertionError` with the story of the first answer that is not the oracle's.

    `disturb`: what is done now and then that is neither an append nor a step.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = World(seed, Path(folder) / "lake", shards=shards, opened=opened, clock=clock)
        try:
            world.check(FIRST_QUESTIONS)
            for _ in range(ACTIONS):
                dice = world.rng.random()
                if dice < 0.4:
                    world.append_some()
                elif dice < 0.9:
                    world.step()
                elif dice < 0.95 and world.spread.several:
                    world.split()
                else:
                    disturb(world)
                world.check(QUESTIONS)
                world.remember()
            world.verify()
        finally:
            world.close()
        return Tally(len(world.layouts), world.cases)
