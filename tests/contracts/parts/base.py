"""What all parts of the contract stand on: a lake, a fresh tenant for each test, a clock that tests move."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from thermocline.core.errors import Error
from thermocline.core.protocols import Database, Lakehouse

from ...conftest import FakeClock

_numbers = itertools.count(1)

ROWS = [
    {"_id": f"sale-{n}", "product": product, "revenue": n * 1.5, "n": n}
    for n, product in enumerate(["tea", "milk", "tea", "salt", "tea"], start=1)
]


class Contract:
    """A subclass gives the fixture `lake`, on `clock`, in which nothing moves by itself."""

    @pytest.fixture(scope="class")
    @classmethod
    def clock(cls) -> FakeClock:
        return FakeClock()

    @pytest.fixture(scope="class")
    @classmethod
    def lake(cls, clock: FakeClock) -> Iterator[Lakehouse]:
        raise NotImplementedError

    @pytest.fixture
    def shop(self, lake: Lakehouse) -> Database:
        """A tenant that nobody has written to."""
        return lake.database(f"shop-{next(_numbers)}")

    @pytest.fixture
    def sales(self, shop: Database) -> Database:
        """The tenant with `ROWS` in its table `sales`."""
        shop.append("sales", ROWS)
        return shop


@contextmanager
def refused(kind: type[Error], *texts: str) -> Iterator[pytest.ExceptionInfo[Error]]:
    """The block raises exactly that kind, with a hint, and says each of `texts`."""
    with pytest.raises(Error) as caught:
        yield caught
    error = caught.value
    assert type(error) is kind, f"{error.kind}: {error.message}"
    assert error.hint, f"no hint: {error.message}"
    assert error.retryable == kind.retryable
    for text in texts:
        assert text.lower() in f"{error.message} {error.hint}".lower()


def count(database: Database, table: str, **options: Any) -> int:
    ((rows,),) = database.sql(f'select count(*) from "{table}"', **options).rows()
    return int(rows)


def to_tiers(database: Database, table: str) -> None:
    """The table's rows spread over the three tiers: the first third cold, the second warm, the rest hot."""
    seqs = [row[0] for row in database.sql(f'select _seq from "{table}" order by _seq').rows()]
    database.archive(table, up_to=seqs[len(seqs) // 3 - 1])
    database.flush(table, up_to=seqs[2 * len(seqs) // 3 - 1])
