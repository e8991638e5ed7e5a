"""What was acknowledged survives a power loss, whatever of the rest reached the disk."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from thermocline.tiers.crash import POINTS

from .child import Job
from .sqlite_vfs import library
from .trial import Nursery, trial

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(library() is None, reason="Python's sqlite3 has SQLite linked in statically"),
]

SEED = 100
RANDOM_LOSSES = 14


@pytest.mark.parametrize("point", POINTS)
def test_nothing_unsynced_survives(point: str, nursery: Nursery, tmp_path: Path) -> None:
    trial(nursery, tmp_path, Job(SEED, point=point, nth=2, shadow="shadow"))


@pytest.mark.parametrize("seed", range(RANDOM_LOSSES))
def test_any_part_of_what_is_unsynced_survives(seed: int, nursery: Nursery, tmp_path: Path) -> None:
    syncs = random.Random(seed).randint(1, 600)
    trial(nursery, tmp_path, Job(seed, syncs=syncs, shadow="shadow"), torn=seed)
