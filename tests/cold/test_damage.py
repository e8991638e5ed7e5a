"""Whatever of a cold table is missing or altered is named; a catalog that moved on is noticed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from thermocline.core.errors import Corrupt

from .lake import POLICY, SHARD, ColdLake, events, table

OF = table(n=pa.int64())


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [Path.unlink, cut, empty])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_every_metadata_file_is_verified(lake: ColdLake, damage: Callable[[Path], None], number: int) -> None:
    lake.archive(OF, events(OF, [1]))
    files, recorded = lake.files(OF), lake.recorded(OF)
    lake.cold.verify("acme", OF, recorded, files, shard=SHARD)
    key = recorded.metadata[number].key
    damage(lake.path(key))
    lake.open()
    with pytest.raises(Corrupt, match=re.escape(key)):
        lake.cold.verify("acme", OF, recorded, files, shard=SHARD)


def test_single_flipped_bits_of_metadata_are_noticed(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    files, recorded = lake.files(OF), lake.recorded(OF)
    dice = random.Random(7)
    for ref in recorded.metadata:
        path = lake.path(ref.key)
        whole = path.read_bytes()
        for _ in range(20):
            damaged = bytearray(whole)
            damaged[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
            path.write_bytes(damaged)
            with pytest.raises(Corrupt, match=re.escape(ref.key)):
                lake.cold.verify("acme", OF, recorded, files, shard=SHARD)
        path.write_bytes(whole)
    lake.cold.verify("acme", OF, recorded, files, shard=SHARD)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_damage_met_while_archiving_is_named_too(lake: ColdLake, number: int) -> None:
    for seq in range(1, 16):  # the sixteenth commit merges manifests, and so reads them
        lake.archive(OF, events(OF, [seq]))
    key = lake.recorded(OF).metadata[number].key
    empty(lake.path(key))
    lake.open()
    with pytest.raises(Corrupt, match=re.escape(key)):
        lake.archive(OF, events(OF, [16]))


def test_a_commit_that_no_manifest_records_is_noticed(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    files, recorded = lake.files(OF), lake.recorded(OF)
    lake.archive(OF, events(OF, [2]))
    with pytest.raises(Corrupt, match=re.escape(recorded.metadata[0].key)):
        lake.cold.verify("acme", OF, recorded, files, shard=SHARD)


def test_another_list_of_files_than_icebergs_is_noticed(lake: ColdLake) -> None:
    (file,) = lake.archive(OF, events(OF, [1])).added
    with pytest.raises(Corrupt, match=re.escape(file.key)):
        lake.cold.verify("acme", OF, lake.recorded(OF), [], shard=SHARD)


def test_a_missing_catalog_entry_is_corrupt(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    files, recorded = lake.files(OF), lake.recorded(OF)
    lake.cold.drop("acme", OF)
    with pytest.raises(Corrupt, match=r"no table acme\.sales"):
        lake.cold.verify("acme", OF, recorded, files, shard=SHARD)


def test_a_damaged_catalog_file_is_corrupt(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    lake.cold.close()
    (lake.root / "catalog.sqlite").write_bytes(b"this is no database, whatever its name says" * 30)
    with pytest.raises(Corrupt, match=r"catalog\.sqlite"):
        lake.cold.archived("acme", OF, SHARD)


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [Path.unlink, cut, flip_a_bit])
def test_a_damaged_data_file_is_named_before_it_is_rewritten(
    lake: ColdLake, damage: Callable[[Path], None]
) -> None:
    (file,) = lake.archive(OF, events(OF, [1])).added
    damage(lake.path(file.key))
    with pytest.raises(Corrupt, match=re.escape(file.key)):
        lake.cold.rewrite(
            "acme", OF, files=[file], change=lambda *_: None, shard=SHARD, epoch=1, policy=POLICY
        )
