"""Placement changes no answer: generated events, placements and questions against one oracle."""

from __future__ import annotations

import os

import pytest

from .run import run

FIRST_SEED = int(os.environ.get("THERMOCLINE_SEED", "0"))
GROUPS = 4
WORLDS = 4
"""In each group. All together come to 1,000 cases in 100 placements and more."""

SPREAD_WORLDS = 4
"""Over several shards; the more come with `make torture`."""


@pytest.mark.long
@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + GROUPS * WORLDS, WORLDS))
def test_any_placement_gives_the_oracles_answers(first: int) -> None:
    tallies = [run(seed) for seed in range(first, first + WORLDS)]
    assert sum(tally.cases for tally in tallies) >= 1_000 / GROUPS
    assert sum(tally.placements for tally in tallies) >= 100 / GROUPS


@pytest.mark.long
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SPREAD_WORLDS))
def test_nor_does_any_spread_over_shards(seed: int) -> None:
    tally = run(seed, shards=4)
    assert tally.cases >= 60
    assert tally.placements >= 5
