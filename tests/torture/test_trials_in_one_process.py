"""Trials of a lake in one process keep every promise, one of each kind; a lake that was robbed is caught."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import thermocline
from thermocline.torture.check import problems
from thermocline.torture.embedded import FAULTS, trial
from thermocline.torture.history import Attempt
from thermocline.torture.workload import Load, look, run

SEEDS = {random.Random(seed).choice(FAULTS): seed for seed in range(20)}


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_a_trial_keeps_every_promise(fault: str) -> None:
    told = trial(SEEDS[fault])
    assert told.fault == fault
    assert told.problems == ()
    assert told.acknowledged > 0


def test_without_faults_everything_is_acknowledged_at_the_first_try(tmp_path: Path) -> None:
    load = Load("calm", clients=2, operations=30, reads=True)
    history: list[Attempt] = []
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        lake.create_database("calm")
        run(lake, load, 7, history.append)
        found = look(lake, load, history)
    assert len(history) == 60
    assert {(attempt.told, attempt.tries) for attempt in history} == {("yes", 1)}
    assert {attempt.kind for attempt in history} == set(load.kinds)
    assert problems(history, found) == []


def test_a_lake_that_was_robbed_is_caught(tmp_path: Path) -> None:
    load = Load("robbed", clients=2, operations=30)
    history: list[Attempt] = []
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        lake.create_database("robbed")
        run(lake, load, 7, history.append)
        lake.database("robbed").sql("DROP TABLE events")
        told = problems(history, look(lake, load, history))
    assert told
    assert all("was acknowledged and is lost" in line for line in told)
