"""New columns reach the Iceberg table with the first rows that have them, under our own ids."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyiceberg.types import LongType

from thermocline.core.errors import Conflict

from .lake import ColdLake, events, table, widened


def ids(lake: ColdLake) -> dict[str, int]:
    return {f.name: f.field_id for f in lake.alone().schema().fields if not f.name.startswith("_")}


def test_rows_before_a_new_column_are_null_in_it(lake: ColdLake) -> None:
    of = table(n=pa.int64())
    lake.archive(of, events(of, [1], n=pa.array([5])))
    wider = widened(of, 2, city=pa.string())
    lake.archive(wider, events(wider, [2], city=pa.array(["ulm"])))
    read = lake.alone().scan().to_arrow().sort_by("_seq")
    assert read.select(["n", "city"]).to_pylist() == [{"n": 5, "city": None}, {"n": None, "city": "ulm"}]
    assert len(lake.alone().snapshots()) == 2  # the column came within the commit


def test_iceberg_has_our_field_ids(lake: ColdLake) -> None:
    of = table(n=pa.int64(), tags=pa.list_(pa.string()))
    lake.archive(of, events(of, [1]))
    wider = widened(of, 2, city=pa.string())
    lake.archive(wider, events(wider, [2]))
    assert ids(lake) == {"n": 100, "tags": 101, "city": 102}
    assert lake.alone().schema().find_field("_time").field_id == 3


def test_a_column_is_absent_until_its_type_is_known(lake: ColdLake) -> None:
    of = table(n=pa.int64(), later=pa.null())
    lake.archive(of, events(of, [1]))
    assert ids(lake) == {"n": 100}
    known = widened(of, 2, later=pa.string())
    lake.archive(known, events(known, [2], later=pa.array(["now"])))
    assert ids(lake) == {"n": 100, "later": 101}


def test_columns_that_another_program_added_stay(lake: ColdLake) -> None:
    of = table(n=pa.int64())
    lake.archive(of, events(of, [1]))
    with lake.alone().update_schema() as update:
        update.add_column("foreign", LongType())
    lake.archive(of, events(of, [2]))
    assert lake.alone().scan().to_arrow()["foreign"].to_pylist() == [None, None]


def test_a_clash_with_another_programs_column_is_a_conflict(lake: ColdLake) -> None:
    of = table(n=pa.int64())
    lake.archive(of, events(of, [1]))
    with lake.alone().update_schema() as update:
        update.add_column("city", LongType())
    wider = widened(of, 2, town=pa.string())  # gets the id that the other program took
    with pytest.raises(Conflict, match="`town`"):
        lake.archive(wider, events(wider, [2]))
