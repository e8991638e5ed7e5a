"""A segment remembers its ids, so a retry a year later is recognised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from thermocline.core.errors import Corrupt
from thermocline.core.ids import fingerprints
from thermocline.tiers.fingerprints import (
    FingerprintFile,
    encode_fingerprints,
    hash_ids,
    merge_fingerprints,
)


def sidecar(*ids: str, source: str | None = None) -> bytes:
    return encode_fingerprints(
        pa.chunked_array([pa.array(ids, pa.string())]),
        pa.chunked_array([pa.array([source] * len(ids), pa.string())]),
    )


def opened(folder: Path, data: bytes) -> FingerprintFile:
    (folder / "f.ids").write_bytes(data)
    return FingerprintFile(folder / "f.ids", "warm/f.ids")


def asked(*ids: str, source: str | None = None) -> np.ndarray:
    return np.array(fingerprints([source] * len(ids), ids), dtype=np.uint64)


def test_the_ids_of_a_segment_are_found_and_no_others(tmp_path: Path) -> None:
    file = opened(tmp_path, sidecar("b", "a", "c", "a"))
    assert file.contains(asked("a", "x", "c", "b")).tolist() == [True, False, True, True]
    assert len(file) == 3


def test_the_same_id_from_another_source_is_another(tmp_path: Path) -> None:
    file = opened(tmp_path, sidecar("a", source="till-1"))
    assert file.contains(asked("a", source="till-1")).tolist() == [True]
    assert file.contains(asked("a")).tolist() == [False]


def test_every_row_has_the_print_that_appends_look_up() -> None:
    ids, sources = pa.chunked_array([["a", "b"]]), pa.chunked_array([[None, "s"]])
    assert hash_ids(ids, sources).tolist() == fingerprints([None, "s"], ["a", "b"])


def test_merged_sidecars_know_the_ids_of_all(tmp_path: Path) -> None:
    file = opened(tmp_path, merge_fingerprints([sidecar("a", "b"), sidecar("b", "c")]))
    assert file.contains(asked("a", "b", "c", "d")).tolist() == [True, True, True, False]


def test_an_empty_segment_has_none(tmp_path: Path) -> None:
    assert opened(tmp_path, sidecar()).contains(asked("a")).tolist() == [False]


def test_damage_anywhere_is_corrupt_by_name(tmp_path: Path) -> None:
    data = sidecar("a", "b", "c")
    for bit in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Corrupt, match=r"warm/f\.ids"):
            opened(tmp_path, bytes(damaged))
    for length in range(len(data)):
        with pytest.raises(Corrupt, match=r"warm/f\.ids"):
            opened(tmp_path, data[:length])


def test_a_missing_sidecar_is_corrupt_by_name(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match=r"warm/f\.ids"):
        FingerprintFile(tmp_path / "none", "warm/f.ids")
