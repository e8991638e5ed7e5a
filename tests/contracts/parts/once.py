"""Nothing twice: event ids, expected versions, and appends from many sides at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from thermocline.core.errors import Conflict, Invalid
from thermocline.core.protocols import Database
from thermocline.core.results import Appended

from .base import ROWS, Contract, count, refused

PLACES: dict[str, Callable[[Database], object]] = {
    "hot": lambda _: None,
    "warm": lambda shop: shop.flush("sales"),
    "cold": lambda shop: shop.archive("sales"),
}
places = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)


class Once(Contract):
    @places
    def test_the_same_event_again_is_a_duplicate(
        self, sales: Database, place: Callable[[Database], object]
    ) -> None:
        place(sales)
        assert sales.append("sales", ROWS) == Appended(None, None, rows=0, duplicates=5)
        assert count(sales, "sales") == 5

    @places
    def test_one_id_with_another_body_is_a_conflict(
        self, sales: Database, place: Callable[[Database], object]
    ) -> None:
        place(sales)
        with refused(Conflict, "sale-2"):
            sales.append("sales", [{"_id": "new", "n": 9}, {**ROWS[1], "revenue": 99.0}])
        assert count(sales, "sales") == 5

    def test_new_events_among_old_ones_are_written(self, sales: Database) -> None:
        done = sales.append("sales", [*ROWS, {"_id": "sale-6", "n": 6}])
        assert (done.rows, done.duplicates) == (1, 5)
        assert done.first_seq == done.last_seq
        assert count(sales, "sales") == 6

    def test_an_event_twice_in_one_batch_is_one(self, shop: Database) -> None:
        done = shop.append("sales", [ROWS[0], ROWS[0]])
        assert (done.rows, done.duplicates) == (1, 1)

    def test_one_id_with_two_bodies_in_one_batch_is_a_conflict(self, shop: Database) -> None:
        with refused(Conflict, "sale-1"):
            shop.append("sales", [ROWS[0], {**ROWS[0], "n": 99}])
        assert shop.tables() == []

    def test_ids_belong_to_a_source_and_a_table(self, shop: Database) -> None:
        shop.append("sales", [{"_id": "1", "_source": "a", "n": 1}, {"_id": "1", "_source": "b", "n": 2}])
        shop.append("returns", [{"_id": "1", "_source": "a", "n": 3}])
        assert (count(shop, "sales"), count(shop, "returns")) == (2, 1)

    def test_a_conflict_in_one_table_keeps_all_of_them_out(self, sales: Database) -> None:
        with refused(Conflict, "sale-1"):
            sales.append_many({"orders": [{"order": 1}], "sales": [{"_id": "sale-1", "n": 99}]})
        assert sales.tables() == ["sales"]

    # -- expected versions -------------------------------------------------------------------------

    def test_an_append_to_a_stream_gives_its_version(self, shop: Database) -> None:
        assert shop.append("cart", [{"add": "tea"}, {"add": "milk"}], stream="cart-7").version == 2
        assert shop.append("cart", [{"add": "salt"}], stream="cart-7", expected_version=2).version == 3

    def test_zero_expects_a_new_stream(self, shop: Database) -> None:
        assert shop.append("cart", [{"add": "tea"}], stream="cart-7", expected_version=0).version == 1
        with refused(Conflict, "cart-7", "expected=`0`", "actual=`1`"):
            shop.append("cart", [{"add": "tea"}], stream="cart-7", expected_version=0)
        assert count(shop, "cart") == 1

    @pytest.mark.parametrize("step", ["flush", "archive"])
    def test_a_wrong_version_is_a_conflict_wherever_the_stream_lies(self, shop: Database, step: str) -> None:
        shop.append("cart", [{"add": "tea"}] * 3, stream="cart-7")
        getattr(shop, step)("cart")
        with refused(Conflict, "cart-7", "expected=`11`", "actual=`3`"):
            shop.append("cart", [{"add": "milk"}], stream="cart-7", expected_version=11)
        assert shop.append("cart", [{"add": "milk"}], stream="cart-7", expected_version=3).version == 4

    def test_a_retry_of_a_success_is_no_conflict(self, shop: Database) -> None:
        event = {"_id": "e", "add": "tea"}
        first = shop.append("cart", [event], stream="cart-7", expected_version=0)
        again = shop.append("cart", [event], stream="cart-7", expected_version=0)
        assert (first.rows, again.rows, again.duplicates, again.version) == (1, 0, 1, 1)

    def test_an_expected_version_needs_a_stream(self, shop: Database) -> None:
        with refused(Invalid, "stream"):
            shop.append("cart", [{"add": "tea"}], expected_version=0)

    def test_a_negative_version_is_refused(self, shop: Database) -> None:
        with refused(Invalid):
            shop.append("cart", [{"add": "tea"}], stream="cart-7", expected_version=-1)

    # -- many at once ------------------------------------------------------------------------------

    def test_sixteen_threads_lose_nothing(self, shop: Database) -> None:
        def write(writer: int) -> list[int | None]:
            return [shop.append("t", [{"writer": writer, "n": n}]).last_seq for n in range(10)]

        with ThreadPoolExecutor(16) as pool:
            seqs = [seq for written in pool.map(write, range(16)) for seq in written]
        assert len(set(seqs)) == 160
        counts = "count(*), count(distinct (writer, n)), count(distinct _seq)"
        assert shop.sql(f"select {counts} from t").rows() == [(160, 160, 160)]

    def test_sixty_four_tasks_lose_nothing(self, shop: Database) -> None:
        async def write() -> list[Appended]:
            return await asyncio.gather(*(shop.append_async("t", [{"n": n}]) for n in range(64)))

        done = asyncio.run(write())
        assert sum(appended.rows for appended in done) == 64
        assert len({appended.first_seq for appended in done}) == 64
        assert shop.sql("select count(distinct n) from t").rows() == [(64,)]

    def test_appends_of_several_event_loops_work_one_after_another(self, shop: Database) -> None:
        async def write(n: int) -> Appended:
            return await shop.append_async("t", [{"n": n}])

        assert [asyncio.run(write(n)).rows for n in range(3)] == [1, 1, 1]

    def test_an_asynchronous_append_raises_like_another(self, sales: Database) -> None:
        async def write() -> Appended:
            return await sales.append_async("sales", [{"_id": "sale-1", "n": 99}])

        with refused(Conflict, "sale-1"):
            asyncio.run(write())

    def test_of_many_with_one_expected_version_one_wins(self, shop: Database) -> None:
        def write(writer: int) -> int:
            try:
                return shop.append("cart", [{"by": writer}], stream="cart-7", expected_version=0).rows
            except Conflict:
                return 0

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(write, range(8))) == 1
        assert shop.stream("cart-7").version == 1

    def test_what_is_acknowledged_is_visible(self, shop: Database) -> None:
        for n in range(1, 21):
            shop.append("t", [{"n": n}])
            assert shop.sql("select max(n) from t").rows() == [(n,)]
