"""A lake whose directory was moved takes its Iceberg tables along."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from thermocline.core.errors import Unavailable
from thermocline.core.manifest import ColdRef, DataFile

from .lake import POLICY, SHARD, ColdLake, events, table

OF = replace(table(n=pa.int64(), tags=pa.list_(pa.string())), clustering=("n",))


def filled(root: Path) -> tuple[list[DataFile], ColdRef, list[dict[str, object]]]:
    root.mkdir()
    lake = ColdLake(root)
    for seq in (1, 2, 3):
        lake.archive(OF, events(OF, [seq], times=[f"202{seq}-01-01"], n=pa.array([seq])))
    kept = lake.files(OF), lake.recorded(OF), rows(lake)
    lake.cold.close()
    return kept


def rows(lake: ColdLake) -> list[dict[str, object]]:
    found: list[dict[str, object]] = lake.alone().scan().to_arrow().sort_by("_seq").to_pylist()
    return found


def relocate(lake: ColdLake, files: list[DataFile], recorded: ColdRef) -> bool:
    return lake.cold.relocate(
        "acme", OF, files, recorded=recorded, shard=SHARD, seq=3, epoch=1, policy=POLICY
    )


def test_a_moved_lake_is_entered_at_its_new_place(tmp_path: Path) -> None:
    files, recorded, before = filled(tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    lake = ColdLake(tmp_path / "new")
    assert relocate(lake, files, recorded)
    assert lake.files(OF) == files
    assert rows(lake) == before
    assert lake.cold.archived("acme", OF, SHARD) == (3, 1)
    alone = lake.alone()
    assert alone.location().startswith(f"file://{tmp_path / 'new'}/")
    assert [str(field.transform) for field in alone.spec().fields] == ["year"]
    assert [field.source_id for field in alone.sort_order().fields] == [100, 1]
    lake.cold.verify("acme", OF, lake.recorded(OF), files, shard=SHARD)
    assert not relocate(lake, files, lake.recorded(OF))
    lake.archive(OF, events(OF, [4]))
    assert len(rows(lake)) == 4
    lake.cold.close()


def test_a_copy_never_touches_the_original(tmp_path: Path) -> None:
    files, recorded, _ = filled(tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "copy")
    copy = ColdLake(tmp_path / "copy")
    with pytest.raises(Unavailable, match="outside this lake"):
        copy.archive(OF, events(OF, [4]))
    assert relocate(copy, files, recorded)
    copy.archive(OF, events(OF, [4]))
    copy.cold.close()
    original = ColdLake(tmp_path / "old")
    assert len(rows(original)) == 3
    assert original.recorded(OF) == recorded
    original.cold.close()


def test_a_lake_in_its_place_is_left_alone(tmp_path: Path) -> None:
    files, recorded, _ = filled(tmp_path / "old")
    lake = ColdLake(tmp_path / "old")
    assert not relocate(lake, files, recorded)
    assert lake.recorded(OF) == recorded
    lake.cold.close()


def test_an_interrupted_relocation_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, recorded, before = filled(tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    lake = ColdLake(tmp_path / "new")
    with monkeypatch.context() as patched:
        patched.setattr("thermocline.tiers.cold.metadata.iceberg_file", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            relocate(lake, files, recorded)
    assert lake.cold.archived("acme", OF, SHARD) is None  # no mark without its files
    assert relocate(lake, files, recorded)
    assert rows(lake) == before
    lake.cold.close()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
