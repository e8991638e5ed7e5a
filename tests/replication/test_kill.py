"""Whatever process dies at whatever instant, its disk with it: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from thermocline.tiers.crash import OBJECT_POINTS, POINTS, REPLICATED_POINTS

from ..faults.child import Job
from ..faults.sqlite_vfs import library
from ..faults.trial import Nursery, trial

SEED = 3
RESTORING = tuple(point for point in REPLICATED_POINTS if point.startswith("recovery."))
OWNING = tuple(point for point in REPLICATED_POINTS if point not in RESTORING)
RANDOM_KILLS = 8
RANDOM_LOSSES = 5


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as warm:
        yield warm


def test_a_whole_script_reaches_every_point_of_an_owner(nursery: Nursery, tmp_path: Path) -> None:
    log = trial(nursery, tmp_path, Job(SEED, replicated=True), lose_disk=True)
    assert set(log.points) == {*POINTS, *OWNING, *OBJECT_POINTS}


@pytest.mark.long
@pytest.mark.parametrize("point", [*POINTS, *OWNING])
def test_killed_at_and_the_disk_lost(point: str, nursery: Nursery, tmp_path: Path) -> None:
    trial(nursery, tmp_path, Job(SEED, replicated=True, point=point), lose_disk=True)


@pytest.mark.long
@pytest.mark.parametrize("point", OWNING)
@pytest.mark.parametrize("nth", [1, 5])
def test_killed_at_and_the_disk_kept(point: str, nth: int, nursery: Nursery, tmp_path: Path) -> None:
    nth = 1 if point in ("replica.sealed", "replica.slots_deleted") else nth
    trial(nursery, tmp_path, Job(SEED, replicated=True, point=point, nth=nth))


@pytest.mark.long
@pytest.mark.parametrize("point", [*RESTORING, "replica.sealed", "replica.committed", "replica.shipped"])
def test_killed_again_while_it_restores(point: str, nursery: Nursery, tmp_path: Path) -> None:
    first = Job(SEED, replicated=True, point="flush.published", nth=2)
    trial(nursery, tmp_path, first, again=Job(SEED, point=point), lose_disk=True)


@pytest.mark.long
@pytest.mark.skipif(library() is None, reason="Python's sqlite3 has SQLite linked in statically")
@pytest.mark.parametrize("seed", range(RANDOM_LOSSES))
@pytest.mark.parametrize("torn", [True, False])
def test_the_power_fails(seed: int, torn: bool, nursery: Nursery, tmp_path: Path) -> None:
    job = Job(seed, replicated=True, syncs=random.Random(seed).randint(1, 900), shadow="shadow")
    trial(nursery, tmp_path, job, torn=seed if torn else None)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(RANDOM_KILLS))
def test_killed_at_a_random_instant_and_the_disk_lost(seed: int, nursery: Nursery, tmp_path: Path) -> None:
    after = random.Random(seed).uniform(0, 3)
    trial(nursery, tmp_path, Job(seed, replicated=True), kill_after_s=after, lose_disk=True)
