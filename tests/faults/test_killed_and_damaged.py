"""A lake whose process died, with a write-ahead log and without a seal, and damage on top of that."""

from __future__ import annotations

import random
import shutil
import struct
from pathlib import Path

import pytest

from thermocline.core.errors import Corrupt

from .damage import Damage, cut, flipped, removed
from .opening import DATABASE, Clock, opened

COMMITS = 12
FOLDER = f"databases/{DATABASE}"


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As it lies there after a kill: twelve commits, of one row each, in the log alone."""
    folder = tmp_path_factory.mktemp("dead")
    with opened(folder / "living", Clock()) as lake:
        for n in range(COMMITS):
            lake.database.append("t", [{"n": n, "text": "x" * 3_000}])
        shutil.copytree(folder / "living", folder / "dead")
    return folder / "dead"


def test_undamaged_it_is_complete(dead: Path, tmp_path: Path) -> None:
    assert _numbers(dead, tmp_path, "hot.sqlite-wal", lambda data: data) == list(range(COMMITS))


@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_bit_in_the_log_is_corrupt_unless_in_the_last_commit(
    seed: int, dead: Path, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    last_commit = _begin_of_the_last_commit((dead / FOLDER / "hot.sqlite-wal").read_bytes())
    for at in range(10):
        damage = flipped(rng.randrange(last_commit * 8))
        with pytest.raises(Corrupt, match=r"hot\.sqlite-wal"):
            _numbers(dead, tmp_path / str(at), "hot.sqlite-wal", damage)


def test_damage_to_the_last_commit_looks_like_a_power_loss_and_costs_no_more_than_it(
    dead: Path, tmp_path: Path
) -> None:
    size = (dead / FOLDER / "hot.sqlite-wal").stat().st_size
    found = _numbers(dead, tmp_path, "hot.sqlite-wal", flipped((size - 100) * 8))
    assert found == list(range(COMMITS - 1))


@pytest.mark.parametrize("damage", [removed, cut(0)], ids=["removed", "emptied"])
def test_a_missing_log_is_corrupt(damage: Damage, dead: Path, tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match=r"hot\.sqlite"):
        _numbers(dead, tmp_path, "hot.sqlite-wal", damage)


@pytest.mark.parametrize("damage", [removed, cut(0)], ids=["removed", "emptied"])
def test_a_missing_hot_file_is_corrupt(damage: Damage, dead: Path, tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match=r"hot\.sqlite"):
        _numbers(dead, tmp_path, "hot.sqlite", damage)


def _begin_of_the_last_commit(log: bytes) -> int:
    """The offset behind the last frame but one that ends a commit: such a frame tells the file's size."""
    header, frame = 32, 24 + 4096
    commits = [
        at + frame for at in range(header, len(log), frame) if struct.unpack_from(">I", log, at + 4)[0]
    ]
    assert commits[-1] == len(log)
    return commits[-2]


def _numbers(dead: Path, folder: Path, name: str, damage: Damage) -> list[int]:
    lake_path = folder / "lake"
    shutil.copytree(dead, lake_path)
    file = lake_path / FOLDER / name
    left = damage(file.read_bytes())
    if left is None:
        file.unlink()
    else:
        file.write_bytes(left)
    with opened(lake_path, Clock(1)) as lake:
        return [n for (n,) in lake.database.sql("select n from t order by n").rows()]
