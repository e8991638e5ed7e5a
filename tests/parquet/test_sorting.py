"""Rows are ordered by clustering columns, then by sequence."""

from __future__ import annotations

import pyarrow as pa
import pytest

from thermocline.tiers.parquet import sort_for

from .rows import events, one_of_each_type


def test_clustering_columns_come_first_and_sequence_breaks_ties() -> None:
    rows, _ = events({"city": pa.array(["b", "a", None, "a"]), "n": pa.array([1, 2, 3, 1])})
    assert sort_for(rows, ["city"])["_seq"].to_pylist() == [2, 4, 1, 3]
    assert sort_for(rows, ["city", "n"])["_seq"].to_pylist() == [4, 2, 1, 3]


def test_without_clustering_the_sequence_decides() -> None:
    rows, _ = events({"n": pa.array([1, 2, 3])})
    assert sort_for(rows.take([2, 0, 1]), [])["_seq"].to_pylist() == [1, 2, 3]
    assert sort_for(rows, []) is rows


@pytest.mark.parametrize("name", one_of_each_type(1))
def test_any_column_may_cluster(name: str) -> None:
    rows, _ = events(one_of_each_type(20))
    assert sorted(sort_for(rows, [name])["_seq"].to_pylist()) == list(range(1, 21))


def test_dictionary_columns_sort_by_value() -> None:
    rows, _ = events({"city": pa.array(["b", "a"])})
    rows = rows.set_column(13, "city", rows["city"].dictionary_encode())
    assert sort_for(rows, ["city"])["_seq"].to_pylist() == [2, 1]
