"""A process that dies at any instant loses nothing that it acknowledged and doubles nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from thermocline.tiers import crash
from thermocline.tiers.crash import POINTS, reach

from .child import Job
from .trial import Nursery, trial

SEED = 1
RANDOM_KILLS = 20


def test_a_whole_script_reaches_every_registered_point(nursery: Nursery, tmp_path: Path) -> None:
    log = trial(nursery, tmp_path, Job(SEED))
    assert set(log.points) == set(POINTS)


def test_an_unregistered_point_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash, "on_reach", lambda _: None)
    with pytest.raises(AssertionError, match="unregistered"):
        reach("flush.nowhere")


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS)
def test_killed_at(point: str, nursery: Nursery, tmp_path: Path) -> None:
    trial(nursery, tmp_path, Job(SEED, point=point))


@pytest.mark.long
@pytest.mark.parametrize("second", ["archive.listed", "archive.published", "archive.adopted"])
def test_killed_again_while_it_completes_an_archive(second: str, nursery: Nursery, tmp_path: Path) -> None:
    first = Job(SEED, point="archive.committed", nth=2)
    trial(nursery, tmp_path, first, again=Job(SEED, point=second))


@pytest.mark.long
@pytest.mark.parametrize("first", [p for p in POINTS if p.endswith(("published", "rewritten"))])
def test_killed_again_after_it_took_up_the_work(first: str, nursery: Nursery, tmp_path: Path) -> None:
    trial(nursery, tmp_path, Job(SEED, point=first), again=Job(SEED, point="expire.published"))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(RANDOM_KILLS))
def test_killed_at_a_random_instant(seed: int, nursery: Nursery, tmp_path: Path) -> None:
    trial(nursery, tmp_path, Job(seed), kill_after_s=random.Random(seed).uniform(0, 2))
