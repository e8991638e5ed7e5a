"""The events of a shop: 120 days, some late, made column by column from a seed; about 225 bytes as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

START_US = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp() * 1_000_000)
DAYS = 120
DAY_US = 86_400_000_000
LATE = 0.01

TYPES = np.array(["view", "cart", "order", "pay", "refund"])
REGIONS = np.array(["north", "south", "east", "west", "islands", "alps", "coast", "city"])
PAGES = np.array([f"/shop/{n}" for n in ("", "tea", "coffee", "cups", "offers", "basket", "checkout")])
STREAM_LENGTH = 20


def events(count: int, *, first: int = 0, of: int | None = None) -> pa.Table:
    """Events number `first` to `first + count` of a shop that has `of` of them in its 120 days."""
    rng = np.random.default_rng(first + 1)
    of = of or count
    numbers = np.arange(first, first + count, dtype=np.int64)
    times = START_US + numbers * (DAYS * DAY_US // of)
    late = rng.random(count) < LATE
    times = np.where(late, times - rng.integers(0, 3 * DAY_US, count), times)
    kinds = rng.choice(5, count, p=[0.6, 0.2, 0.1, 0.09, 0.01])
    quantity = rng.integers(1, 6, count)
    price = np.round(rng.gamma(2.0, 12.0, count), 2)
    return pa.table(
        {
            "_id": _texts("e", numbers),
            "_time": pa.array(times, pa.timestamp("us", tz="UTC")),
            "_stream": _texts("cart-", numbers // (STREAM_LENGTH * 50) * 50 + numbers % 50),
            "_type": _pick(TYPES, kinds),
            "region": _pick(REGIONS, rng.integers(0, len(REGIONS), count)),
            "user": pa.array(rng.zipf(1.3, count) % 200_000),
            "session": _texts("session-", rng.integers(0, of // 10 + 1, count)),
            "page": _pick(PAGES, rng.integers(0, len(PAGES), count)),
            "sku": _texts("sku-", rng.integers(0, 5_000, count)),
            "quantity": pa.array(quantity),
            "price": pa.array(price),
            "revenue": pa.array(np.where(kinds == 2, np.round(price * quantity, 2), 0.0)),
        }
    )


def chunks(count: int, size: int = 500_000, *, first: int = 0, of: int | None = None) -> Iterator[pa.Table]:
    """The same, `size` at a time."""
    for at in range(first, first + count, size):
        yield events(min(size, first + count - at), first=at, of=of or count)


def dicts(count: int, *, first: int = 0, ids: bool = True) -> list[dict[str, Any]]:
    """The same as a caller's dicts, streams are left to the call."""
    table = events(count, first=first, of=10_000_000).drop_columns(["_stream"] if ids else ["_stream", "_id"])
    rows: list[dict[str, Any]] = table.set_column(
        table.schema.get_field_index("_time"), "_time", table["_time"].cast(pa.string())
    ).to_pylist()
    return rows


def _texts(prefix: str, numbers: Any) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


def _pick(names: Any, at: Any) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(at.astype(np.int8)), names).cast(pa.string())


def clustered_vectors(rows: int, size: int, *, seed: int = 0, clusters: int = 50) -> npt.NDArray[np.float32]:
    """As models make them: in clusters, with most of the spread along few axes. The clusters are the same for
    each seed."""
    space, rng = np.random.default_rng(size), np.random.default_rng(seed)
    scale = 1 / np.sqrt(np.arange(1, size + 1))
    centres = space.standard_normal((clusters, size)) * scale
    rotation = np.linalg.qr(space.standard_normal((size, size)))[0].astype(np.float32)
    noise = 0.6 * rng.standard_normal((rows, size), np.float32) * scale.astype(np.float32)
    found: npt.NDArray[np.float32] = (
        centres[rng.integers(0, clusters, rows)].astype(np.float32) + noise
    ) @ rotation
    return found
