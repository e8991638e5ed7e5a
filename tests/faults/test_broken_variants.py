"""Each way to be wrong is caught by the very trial that the right code passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from thermocline.core.errors import Corrupt, Error

from .child import Job
from .play import read_log
from .script import script
from .sqlite_vfs import library
from .trial import Nursery, survive, trial

pytestmark = pytest.mark.long

SEED = 7
KILLED = {
    "trim_before_publish": Job(SEED, point="flush.trimmed"),
    "archive_without_mark": Job(SEED, point="archive.committed"),
    "no_intent": Job(SEED, point="expire.rewritten", nth=3),
    "version_before_duplicates": Job(SEED),
    "no_duplicates_known": Job(SEED, point="append.visible", nth=20),
    "acknowledged_too_early": Job(SEED, point="append.rows_written"),
}
WITHOUT_POWER = {
    "no_fsync": Job(SEED, point="flush.trimmed", nth=2, shadow="shadow"),
    "synchronous_off": Job(SEED, point="append.visible", nth=6, shadow="shadow"),
    "catalog_without_folder_sync": Job(SEED, point="archive.adopted", shadow="shadow"),
}


@pytest.mark.parametrize("variant", KILLED)
def test_a_kill_catches(variant: str, nursery: Nursery, tmp_path: Path) -> None:
    _caught(nursery, tmp_path, KILLED[variant], variant)


@pytest.mark.skipif(library() is None, reason="Python's sqlite3 has SQLite linked in statically")
@pytest.mark.parametrize("variant", WITHOUT_POWER)
def test_a_power_loss_catches(variant: str, nursery: Nursery, tmp_path: Path) -> None:
    _caught(nursery, tmp_path, WITHOUT_POWER[variant], variant)


def test_reading_back_stops_a_bad_segment_before_it_is_published(nursery: Nursery, tmp_path: Path) -> None:
    job = Job(SEED, lake=str(tmp_path / "lake"), log=str(tmp_path / "log"), variant="bad_store")
    assert nursery.run(job) == 1
    log = read_log(tmp_path / "log")
    assert "read back" in log.error
    survive(tmp_path / "lake", script(job.seed, job.rounds), log)


def test_without_reading_back_a_bad_segment_is_published(nursery: Nursery, tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match=r"damaged file: .*/warm/"):
        trial(nursery, tmp_path, Job(SEED, variant="no_read_back", point="flush.trimmed", nth=4))


def _caught(nursery: Nursery, folder: Path, job: Job, variant: str) -> None:
    for name in ("right", "wrong"):
        (folder / name).mkdir()
    trial(nursery, folder / "right", job)
    with pytest.raises((AssertionError, Error)) as caught:
        trial(nursery, folder / "wrong", replace(job, variant=variant))
    assert "was not reached" not in str(caught.value), "the variant never came to where it should die"
