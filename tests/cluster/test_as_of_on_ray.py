"""AS OF over four shards in two hosts: the past stays as it was, whatever its events go through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..placement.past import FORMS, has_a_form_in_sql, stays_as_it_was
from ..placement.world import World
from .spread_lake import SHARDS, on_ray, still_clock

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_head")]


def _world(seed: int, folder: Path, **fixed: Any) -> World:
    clock = still_clock(folder)
    return World(seed, folder / "lake", shards=SHARDS, opened=on_ray, clock=clock, history=True, **fixed)


def test_the_past_stays_as_it_was(tmp_path: Path) -> None:
    world = _world(101, tmp_path)
    stays_as_it_was(world, steps=7)
    world.close()


def test_a_form_of_sql_means_the_same_as_the_argument(tmp_path: Path) -> None:
    world = _world(7, tmp_path, ttl=False)
    has_a_form_in_sql(world, FORMS[0])
    world.close()
