"""JSON that loses nothing: every value comes back as what it was."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermocline.core.errors import KINDS, Error, Invalid, Unavailable
from thermocline.core.wire import dump, dump_rows, error_body, error_of, load

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=5, minutes=30))))
    | st.dates()
    | st.times()
    | st.uuids()
)
NAMES = st.text() | st.sampled_from(["$decimal", "$object", "$", "$x"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


class Colour(IntEnum):
    RED = 1


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=3))
def test_rows_come_back_as_they_were(rows: list[dict[str, Any]]) -> None:
    assert load(dump_rows(rows), tagged=True) == rows


def test_nan_comes_back() -> None:
    (value,) = load(dump([float("nan")]), tagged=True)
    assert math.isnan(value)


def test_it_is_json() -> None:
    assert json.loads(dump([{"n": 2**70, "d": Decimal("1.10"), "x": {"$y": 1}}])) == [
        {"n": 2**70, "d": {"$decimal": "1.10"}, "x": {"$object": {"$y": 1}}}
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, 2), [1, 2]),
        (OrderedDict(a=1), {"a": 1}),
        (Colour.RED, 1),
        (np.int64(2**53 + 1), 2**53 + 1),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.array([1, 2]), [1, 2]),
        (bytearray(b"x"), b"x"),
        (pd.Timestamp("2026-11-01T10:00:00.000001Z"), datetime(2026, 11, 1, 10, 0, 0, 1, UTC)),
        (pd.NaT, None),
    ],
    ids=repr,
)
def test_what_looks_like_a_python_value_becomes_one(value: Any, expected: Any) -> None:
    assert load(dump(value), tagged=True) == expected


@pytest.mark.parametrize(
    "value", [object, {1, 2}, 1j, "\ud800", {1: 2}, np.datetime64("2026-11-01")], ids=repr
)
def test_what_has_no_column_type_is_refused_with_its_row_and_field(value: Any) -> None:
    with pytest.raises(Invalid, match="row 2, field `v`"):
        dump_rows([{"v": 1}, {"v": value}])


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(Invalid):
        dump(loop)


@pytest.mark.parametrize(
    "text",
    [
        b'{"$x": 1}',
        b'{"$uuid": "5"}',
        b'{"$bytes": 5}',
        b'{"$date": null}',
        b'{"$object": 5}',
        b'{"$decimal": "x"}',
    ],
)
def test_a_wrong_tag_is_refused(text: bytes) -> None:
    with pytest.raises(Invalid):
        load(text, tagged=True)


def test_in_plain_json_a_tag_means_nothing() -> None:
    assert load(b'{"$decimal": "1"}') == {"$decimal": "1"}


@pytest.mark.parametrize("digits", [16, 19, 20, 40])
def test_plain_integers_keep_all_digits(digits: int) -> None:
    number = int("9" * digits)
    assert load(f'[{number}, -{number}, "{number}"]'.encode()) == [number, -number, str(number)]


@pytest.mark.parametrize("text", [b"[1,\n2,]", b'[1,\n"\xff"]', b"[1,\nNaN]", b"[11111111111111111111,\n2,]"])
def test_malformed_json_says_where(text: bytes) -> None:
    with pytest.raises(Invalid, match=r"line [12]|NaN"):
        load(text)


@pytest.mark.parametrize("kind", KINDS.values())
def test_errors_arrive_as_what_they_were(kind: type[Error]) -> None:
    arrived = error_of(json.loads(dump(error_body(kind("it broke", hint="mend it")))))
    assert type(arrived) is kind
    assert (arrived.message, arrived.hint, arrived.retryable) == ("it broke", "mend it", kind.retryable)


@pytest.mark.parametrize("body", [None, "<html>", [], {"error": "no"}, {"error": {"kind": "Odd"}}], ids=repr)
def test_what_no_lake_sent_is_unavailable(body: Any) -> None:
    assert type(error_of(body)) is Unavailable
