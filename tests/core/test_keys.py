"""What is told of a table's keys, kept with its definition."""

from __future__ import annotations

import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid
from thermocline.core.keys import NO_KEYS, Keys, Reference, completed, corrected, spelled
from thermocline.core.schema import Table, followed, new_schema

KEYS = Keys(("id",), (Reference(("customer",), "customers", ("id",)), Reference(("id",), "ids")))
TABLE = Table("orders", "orders", (new_schema([("id", pa.int64()), ("customer", pa.int64())]),))


def test_a_definition_keeps_its_keys() -> None:
    assert Table.from_dict(TABLE.with_keys(KEYS).to_dict()).keys == KEYS


def test_a_definition_of_before_there_were_keys_has_none() -> None:
    old = {k: v for k, v in TABLE.to_dict().items() if k not in ("primary_key", "references")}
    assert Table.from_dict(old) == TABLE
    assert Table.from_dict(old).keys == NO_KEYS


def test_another_shard_takes_keys_over() -> None:
    assert followed(TABLE.with_keys(KEYS), None, 7).keys == KEYS


def test_what_is_told_of_the_same_columns_takes_the_place() -> None:
    told = Keys((), (Reference(("id",), "others", ("n",)),))
    assert corrected(KEYS, told) == Keys(("id",), (KEYS.references[0], told.references[0]))


def test_as_many_columns_stand_on_both_sides() -> None:
    with pytest.raises(Invalid, match="customers"):
        spelled(Keys((), (Reference(("id",), "customers", ("a", "b")),)), ["id"])


def test_a_primary_key_of_another_width_completes_nothing() -> None:
    assert completed(KEYS, lambda name: (name, ("a", "b"))) == KEYS
