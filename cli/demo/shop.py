"""A shop with two tenants over 120 days: the same events at every run.

One order in a hundred is told only at the end, though it happened long before: a till that was offline.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from ...core.clock import iso, to_micros
from ...core.types import INSTANT, JSON
from .story import Arrival, Story

END = datetime(2025, 6, 30, tzinfo=UTC)
DAYS = 120
START = END - timedelta(days=DAYS)
TENANTS = {"acme": 0.7, "globex": 0.3}
TABLE = "orders"
QUESTION = (
    "select region, count(*) as orders, sum(revenue) as revenue "
    "from orders group by region order by revenue desc, region"
)
FEWEST_EVENTS = 100
LATE_ONE_IN = 100
ORDERS_PER_CART = 8

_SEED = 20250630
_DAY_US = 86_400_000_000
_PRODUCTS = {"tea": 450, "coffee": 620, "milk": 190, "honey": 875, "bread": 340, "cheese": 1290, "wine": 1650}
_REGIONS = ("north", "east", "south", "west", "overseas")
_DETAILS = tuple(
    f'{{"device": "{device}", "coupon": {coupon}, "address": {{"country": "{country}"}}}}'
    for device in ("phone", "laptop", "till")
    for coupon in ("null", '"SPRING"', '"FRIEND10"')
    for country in ("DE", "FR", "JP", "US")
)


def shop(events: int) -> Story:
    """The story of `events` orders over both tenants, late ones included."""
    counts = {"acme": round(events * TENANTS["acme"])}
    counts["globex"] = events - counts["acme"]
    orders = {tenant: make_orders(count, seed) for seed, (tenant, count) in enumerate(counts.items(), _SEED)}
    late = {tenant: np.arange(count) % LATE_ONE_IN == LATE_ONE_IN // 2 for tenant, count in counts.items()}
    on_time = {tenant: table.filter(pa.array(~late[tenant])) for tenant, table in orders.items()}
    middle = iso(to_micros(START + timedelta(days=DAYS / 2)))
    return Story(
        title=f"a shop with two tenants, {events:,} orders over {DAYS} days",
        table=TABLE,
        database="acme",
        databases=tuple(TENANTS),
        start=START,
        end=END,
        arrivals=_day_by_day(on_time),
        late=tuple(
            Arrival(tenant, table.filter(pa.array(late[tenant])), END + timedelta(hours=1))
            for tenant, table in orders.items()
        ),
        events=events,
        own_events=counts["acme"],
        question=QUESTION,
        counted="orders",
        recent=f"select count(*) as orders from orders where _time >= '{middle}'",
        english="how many orders and what total revenue were there in each region?",
        speaks=True,
    )


def make_orders(count: int, seed: int) -> pa.Table:
    """`count` orders in the order of their `_time`, more of them in the evening than at night."""
    random = np.random.Generator(np.random.PCG64(seed))
    product = random.integers(0, len(_PRODUCTS), count)
    quantity = random.integers(1, 6, count)
    cents = np.array(list(_PRODUCTS.values()))[product] * quantity
    return pa.table(
        {
            "_time": pa.array(_times(count, random), INSTANT),
            "_stream": _carts(count, random),
            "customer": pa.array(random.integers(1, max(count // 20, 10), count), pa.int64()),
            "region": _chosen(_REGIONS, np.minimum(random.geometric(0.35, count) - 1, len(_REGIONS) - 1)),
            "product": _chosen(tuple(_PRODUCTS), product),
            "quantity": pa.array(quantity, pa.int32()),
            "revenue": _decimal(cents),
            "details": _chosen(_DETAILS, random.integers(0, len(_DETAILS), count)).cast(JSON),
        }
    )


def _times(count: int, random: np.random.Generator) -> np.ndarray:
    day = random.integers(0, DAYS, count)
    hour = np.mod(random.normal(17.0, 4.0, count), 24.0) / 24
    return np.sort(to_micros(START) + ((day + hour) * _DAY_US).astype(np.int64))


def _carts(count: int, random: np.random.Generator) -> pa.Array:
    """A cart lives for a while: its orders stand near each other."""
    number = np.arange(count) // ORDERS_PER_CART + random.integers(0, 3, count)
    return pa.array([f"cart-{n}" for n in number.tolist()], pa.string())


def _chosen(names: tuple[str, ...], which: np.ndarray) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(which, pa.int32()), pa.array(names)).cast(pa.string())


def _decimal(cents: np.ndarray) -> pa.Array:
    """DECIMAL(10,2) of whole cents, without a detour over floats."""
    as_int = pa.array(cents, pa.int64()).cast(pa.decimal128(19, 0))
    buffers = as_int.cast(pa.decimal128(19, 0)).buffers()
    return pa.Array.from_buffers(pa.decimal128(19, 2), len(cents), buffers).cast(pa.decimal128(10, 2))


def _day_by_day(orders: dict[str, pa.Table]) -> Iterator[Arrival]:
    """Each tenant's orders of a day arrive together at its end."""
    cuts = {
        tenant: np.searchsorted(
            np.asarray(table["_time"].cast(pa.int64())), to_micros(START) + np.arange(DAYS + 1) * _DAY_US
        )
        for tenant, table in orders.items()
    }
    for day in range(DAYS):
        for tenant, table in orders.items():
            first, last = int(cuts[tenant][day]), int(cuts[tenant][day + 1])
            if last > first:
                yield Arrival(tenant, table.slice(first, last - first), START + timedelta(days=day + 1))
