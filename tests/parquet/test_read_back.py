"""What was written is read again and compared before anything is trimmed."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from thermocline.core.errors import Corrupt
from thermocline.core.ids import checksum
from thermocline.tiers.parquet import check_read_back, encode, footer_rows

from .rows import events

ROWS, SCHEMA = events({"v": pa.array([1, 2, 3])})
DATA = encode(ROWS, SCHEMA, row_group_rows=10).to_pybytes()


def test_an_intact_file_passes() -> None:
    check_read_back(DATA, checksum(DATA), 3, "k", (1, 3))


def test_a_single_flipped_bit_does_not() -> None:
    damaged = bytearray(DATA)
    damaged[40] ^= 1
    with pytest.raises(Corrupt, match="k does not read back"):
        check_read_back(bytes(damaged), checksum(DATA), 3, "k")


def test_another_count_or_range_of_rows_does_not() -> None:
    with pytest.raises(Corrupt, match="3 rows"):
        check_read_back(DATA, checksum(DATA), 4, "k")
    with pytest.raises(Corrupt, match=r"\(1, 3\), not 3 in \(1, 4\)"):
        check_read_back(DATA, checksum(DATA), 3, "k", (1, 4))


def test_the_footer_states_the_rows(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(DATA)
    assert footer_rows(DATA, "k") == footer_rows(tmp_path / "f", "k") == 3


def test_a_cut_or_missing_file_is_corrupt_by_name(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match=r"damaged file: k"):
        footer_rows(DATA[:-1], "k")
    with pytest.raises(Corrupt, match=r"missing file: k"):
        footer_rows(tmp_path / "none", "k")
