"""Envelope fields: what a row may give, and where `_time` comes from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.schema import new_schema
from thermocline.core.types import INSTANT
from thermocline.tiers.intake.normalise import normalise

TEN = 1793527200000000
SCHEMAS = [None, new_schema([("a", pa.int64())])]


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("_id", "x", "x"),
        ("_id", 2**70, str(2**70)),
        ("_id", UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ("_stream", "cart-7", "cart-7"),
        ("_time", "2026-11-01T10:00:00Z", TEN),
        ("_time", "2026-11-01 12:00+02:00", TEN),
        ("_time", "2026/11/1 10:00", TEN),
        ("_time", "2026-11-01T10:00:00.123456789Z", TEN + 123456),
        ("_time", datetime(2026, 11, 1, 10, tzinfo=UTC), TEN),
        ("_time", datetime(2026, 11, 1, 10), TEN),
        ("_time", date(2026, 11, 1), TEN - 36_000_000_000),
        ("_tier_hint", "cold", "cold"),
        ("_ttl_seconds", 60, 60),
        ("_ttl_seconds", timedelta(minutes=1), 60),
    ],
)
@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("copies", [1, 30])
def test_a_given_field_is_kept(name: str, value: Any, stored: Any, schema: Any, copies: int) -> None:
    rows = [{"a": 1, name: value}] * copies
    assert normalise(rows, schema).envelope == {name: [stored] * copies}
    assert normalise([*rows, {"a": 1}], schema).envelope == {name: [stored] * copies + [None]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_id", True),
        ("_id", ""),
        ("_id", 1.5),
        ("_stream", 7),
        ("_stream", ""),
        ("_type", "\udc00"),
        ("_time", 1793527200),
        ("_time", "soon"),
        ("_tier_hint", "lukewarm"),
        ("_tier_hint", []),
        ("_ttl_seconds", 0),
        ("_ttl_seconds", 1.5),
        ("_ttl_seconds", True),
        ("_ttl_seconds", 10**15),
        ("_ttl_seconds", timedelta(seconds=1.5)),
    ],
)
@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_value_the_field_does_not_take_is_refused(name: str, value: Any, schema: Any) -> None:
    with pytest.raises(Invalid, match=f"^row 2, field `{name}`"):
        normalise([{"a": 1}, {"a": 1, name: value}], schema)
    with pytest.raises(Invalid, match=f"^row 1, field `{name}`"):
        normalise([{"a": 1, name: value}], schema)


@pytest.mark.parametrize("name", ["_seq", "_recorded_at", "_position", "_tier", "_strem", "_TIME"])
def test_other_names_with_an_underscore_are_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(Invalid, match=f"`{name}`") as caught:
        normalise([{name: 1}], None)
    assert "`_" in caught.value.hint


def test_a_field_that_no_row_gives_is_left_out() -> None:
    assert normalise([{"_id": None, "a": 1}], None).envelope == {}


@pytest.mark.parametrize(
    "values",
    [
        ["2001/01/01 00:47", None],
        [datetime(2001, 1, 1, 0, 47), None],
        [datetime(2001, 1, 1, 0, 47, tzinfo=UTC), None],
        ["2001-01-01T00:47", *[None] * 30],
    ],
)
def test_a_column_named_as_event_time_gives_the_time(values: list[Any]) -> None:
    batch = normalise([{"Date": value} for value in values], None, event_time="date")
    assert batch.envelope["_time"] == [978310020000000, *[None] * (len(values) - 1)]
    assert len(batch.payload["Date"]) == len(values)


def test_a_time_given_outright_wins() -> None:
    rows = [{"date": "2001-01-01", "_time": "2026-11-01T10:00:00Z"}, {"date": "1970-01-02"}]
    assert normalise(rows, None, event_time="date").envelope["_time"] == [TEN, 86_400_000_000]


def test_an_event_time_column_absent_from_one_batch_gives_none() -> None:
    schema = new_schema([("date", INSTANT), ("a", pa.int64())])
    assert "_time" not in normalise([{"a": 1}], schema, event_time="date").envelope


def test_an_unknown_event_time_column_is_not_found() -> None:
    with pytest.raises(NotFound, match="`dat`") as caught:
        normalise([{"date": "2001-01-01"}], None, event_time="dat")
    assert "`date`" in caught.value.hint


@pytest.mark.parametrize("bad", ["soon", 5, True])
def test_an_event_time_that_is_no_instant_is_refused(bad: Any) -> None:
    with pytest.raises(Invalid, match=r"^row 2, field `date`"):
        normalise([{"date": None}, {"date": bad}], None, event_time="date")
