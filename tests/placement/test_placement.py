"""Placement changes no answer: generated events, placements and questions against one oracle."""

from __future__ import annotations

import os

import pytest

from .run import run

FIRST_SEED = int(os.environ.get("THERMOCLINE_SEED", "0"))
WORLDS = 20


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + WORLDS))
def test_any_placement_gives_the_oracles_answers(seed: int) -> None:
    tally = run(seed)
    # Together 1,000 cases in 100 placements and more.
    assert tally.cases >= 1_000 / WORLDS
    assert tally.placements >= 100 / WORLDS
