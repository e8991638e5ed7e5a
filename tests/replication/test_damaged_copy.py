"""What a disk does to a closed replicated file is made good from its log; a local file has nobody to ask."""

from __future__ import annotations

from pathlib import Path

import pytest

import thermocline
from thermocline.core.errors import Corrupt


def _closed_lake(folder: Path, durability: str) -> Path:
    with thermocline.connect(folder, background=False) as lake:
        lake.create_database("acme", durability=durability)
        lake.database("acme").append("sales", [{"n": n} for n in range(100)])
    return folder / "databases" / "acme" / "hot.sqlite"


def _flip_a_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("harm", [_flip_a_bit, Path.unlink])
def test_a_replicated_file_is_restored_from_its_log(tmp_path: Path, harm: object) -> None:
    assert callable(harm)
    harm(_closed_lake(tmp_path, "replicated"))
    with thermocline.connect(tmp_path, background=False) as lake:
        shop = lake.database("acme")
        assert shop.sql("SELECT count(*), sum(n) FROM sales").rows() == [(100, 4950)]
        shop.append("sales", [{"n": 100}])
        assert shop.verify().tables == 1


@pytest.mark.parametrize("harm", [_flip_a_bit, Path.unlink])
def test_a_local_file_is_refused(tmp_path: Path, harm: object) -> None:
    assert callable(harm)
    harm(_closed_lake(tmp_path, "local"))
    with thermocline.connect(tmp_path, background=False) as lake, pytest.raises(Corrupt, match="sqlite"):
        lake.database("acme").sql("SELECT count(*) FROM sales")
