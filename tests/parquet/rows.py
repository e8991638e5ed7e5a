"""Rows as the hot tier hands them to a file: envelope and payload, with a schema to match."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

import pyarrow as pa

from thermocline.core.schema import ENVELOPE, Schema, new_schema
from thermocline.core.types import INSTANT, JSON, UUID, vector

DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01


def one_of_each_type(count: int) -> dict[str, pa.Array]:
    """A column of every type, each value different from row to row where the type allows, every 7th null."""

    def column(type: pa.DataType, values: Sequence[Any], storage: pa.DataType | None = None) -> pa.Array:
        with_nulls = [None if at % 7 == 3 else value for at, value in enumerate(values)]
        return pa.array(with_nulls, storage or type).cast(type)

    n = range(count)
    return {
        "bool": column(pa.bool_(), [i % 2 == 0 for i in n]),
        "int": column(pa.int32(), [i - 50 for i in n]),
        "bigint": column(pa.int64(), [2**60 + i for i in n]),
        "float": column(pa.float32(), [i / 8 for i in n]),
        "double": column(pa.float64(), [i / 3 for i in n]),
        "dec9": column(pa.decimal128(9, 2), [Decimal(i) / 4 for i in n]),
        "dec38": column(pa.decimal128(38, 5), [Decimal(10**30 + i) for i in n]),
        "text": column(pa.string(), [f"é{i:05d}" for i in n]),
        "blob": column(pa.binary(), [b"\xff%d" % i for i in n]),
        "date": column(pa.date32(), [date.fromordinal(730_000 + i) for i in n]),
        "time": column(pa.time64("us"), [time(i % 24, i % 60) for i in n]),
        "ts": column(pa.timestamp("us"), [START_US + i for i in n], pa.int64()),
        "tstz": column(INSTANT, [START_US + i for i in n], pa.int64()),
        "json": column(JSON, [f'{{"n":{i}}}' for i in n], pa.string()),
        "uuid": column(UUID, [uuid.UUID(int=i * 7919).bytes for i in n], pa.binary(16)),
        "vector": column(vector(3), [[i / 8, 0.5, -i] for i in n]),
        "list": column(pa.list_(pa.int64()), [[i, None] for i in n]),
        "struct": column(
            pa.struct([("a", pa.int64()), ("b.c", pa.list_(pa.string()))]), [{"a": i} for i in n]
        ),
        "jsons": column(pa.list_(JSON), [["1", None]] * count, pa.list_(pa.string())),
        "dotted.name": column(pa.int64(), list(n)),
        'odd "name"': column(pa.int64(), list(n)),
    }


def events(
    payload: dict[str, pa.Array], *, first_seq: int = 1, times_us: Sequence[int] | None = None
) -> tuple[pa.Table, Schema]:
    """A table of as many events as the payload's columns are long, and its schema."""
    count = len(next(iter(payload.values())))
    seqs = range(first_seq, first_seq + count)
    envelope = {
        "_seq": pa.array(seqs, pa.int64()),
        "_id": pa.array([f"id-{seq:08d}" for seq in seqs]),
        "_time": pa.array(times_us or [START_US + seq for seq in seqs], INSTANT),
        "_recorded_at": pa.array([START_US + seq for seq in seqs], INSTANT),
        "_stream": pa.array([f"cart-{seq * 7919 % 1000}" for seq in seqs]),
        "_schema_version": pa.array([1] * count, pa.int32()),
    }
    columns = {f.name: envelope.get(f.name, pa.nulls(count, f.type)) for f in ENVELOPE}
    schema = new_schema([(name, column.type) for name, column in payload.items()])
    return pa.table({**columns, **payload}, schema=schema.stored), schema
