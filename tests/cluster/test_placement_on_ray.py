"""Placement changes no answer where the shards lie in several hosts, and move from one to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..placement.run import run
from ..placement.world import World
from .spread_lake import SHARDS, move, on_ray, still_clock

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_head")]

SEEDS = range(3)


def disturb(world: World) -> None:
    if world.rng.random() < 0.3:
        world.reopen()
        return
    for shard in world.shards:
        move(world.lake, shard, seat := world.rng.randrange(2))
        world.log.append(f"move {shard} to seat {seat}")


@pytest.mark.parametrize("seed", SEEDS)
def test_any_placement_gives_the_oracles_answers(seed: int, tmp_path: Path) -> None:
    tally = run(seed, shards=SHARDS, opened=on_ray, clock=still_clock(tmp_path), disturb=disturb)
    assert tally.cases >= 60
    assert tally.placements >= 5
