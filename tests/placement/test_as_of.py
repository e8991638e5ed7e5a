"""A point in the past gives the same answer before and after all that may happen to its events."""

from __future__ import annotations

from pathlib import Path

import pytest

from .past import FORMS, has_a_form_in_sql, stays_as_it_was
from .world import World

WORLDS = [(100, 1), (102, 1), (101, 4)]
"""(seed, shards)"""


@pytest.mark.long
@pytest.mark.parametrize(("seed", "shards"), WORLDS)
def test_the_past_stays_as_it_was(seed: int, shards: int, tmp_path: Path) -> None:
    world = World(seed, tmp_path / "lake", shards=shards, history=True)
    stays_as_it_was(world)
    world.close()


@pytest.mark.parametrize("shards", [1, 4])
@pytest.mark.parametrize("form", FORMS)
def test_the_forms_of_sql_mean_the_same_as_the_argument(form: str, shards: int, tmp_path: Path) -> None:
    world = World(7, tmp_path / "lake", shards=shards, history=True, ttl=False)
    has_a_form_in_sql(world, form)
    world.close()
