"""Durable objects through every door: calls, storage, errors with their type, once, listing and export."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

import thermocline
from thermocline.core.errors import Invalid, NotFound
from thermocline.core.protocols import Database, Lakehouse

from .base import Contract, refused


class TooMuch(Exception):
    pass


class Basket(thermocline.DurableObject):
    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS items (name TEXT)")

    def add(self, item: str, times: int = 1) -> int:
        for _ in range(times):
            self.storage.exec("INSERT INTO items VALUES (?)", item)
        return self.count()

    def count(self) -> int:
        return int(self.storage.exec("SELECT count(*) FROM items").one()[0])

    def fail(self, item: str) -> None:
        self.add(item)
        raise ValueError("no", item)

    def overflow(self) -> None:
        raise TooMuch("too much")

    def refuse(self) -> None:
        raise NotFound("no such thing", hint="look elsewhere")

    def mark(self) -> str:
        return self.storage.bookmark()

    def back(self, bookmark: str) -> str:
        return self.storage.restore(bookmark)

    def remember(self, key: str, value: object) -> object:
        self.storage.put(key, value)
        return self.storage.get(key)

    def log(self, database: str, n: int) -> int:
        shop = self.ctx.lake.database(database)
        shop.append("seen", [{"n": n}])
        return int(shop.sql("select count(*) from seen").rows()[0][0])

    def pass_on(self, other: str, item: str) -> int:
        return int(self.ctx.lake.object(Basket, other).add(item))


OFFERED = (Basket,)


class Objects(Contract):
    def test_an_object_keeps_what_it_was_told(self, lake: Lakehouse, shop: Database) -> None:
        basket = lake.object(Basket, f"{shop.name}/kept")
        assert basket.add("tea") == 1
        assert basket.add("milk", times=2) == 3
        assert lake.object(Basket, f"{shop.name}/kept").count() == 3
        assert lake.object(Basket, f"{shop.name}/other").count() == 0

    def test_a_random_object_is_nobody_elses(self, lake: Lakehouse) -> None:
        one, other = lake.object(Basket), lake.object(Basket)
        assert one.id.hex != other.id.hex
        one.add("tea")
        assert (one.count(), other.count()) == (1, 0)

    def test_a_turn_that_raises_leaves_nothing_and_its_error_arrives(self, lake: Lakehouse) -> None:
        basket = lake.object(Basket)
        with pytest.raises(ValueError, match="no") as caught:
            basket.fail("tea")
        assert caught.value.args == ("no", "tea")
        with pytest.raises(TooMuch, match="too much"):
            basket.overflow()
        with refused(NotFound, "no such thing", "elsewhere"):
            basket.refuse()
        assert basket.count() == 0

    def test_a_named_operation_happens_once(self, lake: Lakehouse) -> None:
        basket = lake.object(Basket)
        assert [basket.add.once("order-17")("tea") for _ in range(3)] == [1, 1, 1]
        assert basket.add("tea") == 2

    def test_it_goes_back_and_forth_in_time(self, lake: Lakehouse) -> None:
        basket = lake.object(Basket)
        basket.add("tea")
        mark = basket.mark()
        basket.add("milk")
        undo = basket.back(mark)
        assert basket.count() == 1
        basket.back(undo)
        assert basket.count() == 2

    def test_values_of_all_kinds_come_back(self, lake: Lakehouse) -> None:
        basket = lake.object(Basket)
        for value in (None, True, 3, 2.5, "tea", b"\0\1", [1, "a"], {"k": [None]}):
            assert basket.remember("k", value) == value

    def test_an_object_appends_to_and_asks_tables(self, lake: Lakehouse, shop: Database) -> None:
        basket = lake.object(Basket)
        assert [basket.log(shop.name, n) for n in (1, 2)] == [1, 2]
        assert shop.sql("select sum(n) from seen").rows() == [(3,)]

    def test_objects_call_each_other(self, lake: Lakehouse, shop: Database) -> None:
        assert lake.object(Basket).pass_on(f"{shop.name}/second", "tea") == 1
        assert lake.object(Basket, f"{shop.name}/second").count() == 1

    def test_many_callers_lose_no_update(self, lake: Lakehouse) -> None:
        basket = lake.object(Basket)
        threads = [threading.Thread(target=lambda: [basket.add("x") for _ in range(10)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert basket.count() == 80

    def test_they_are_listed_exported_and_deleted(
        self, lake: Lakehouse, shop: Database, tmp_path: Path
    ) -> None:
        basket = lake.object(Basket, f"{shop.name}/listed")
        with refused(NotFound):
            lake.objects().inspect(basket)
        basket.add("tea")
        (facts,) = [f for f in lake.objects() if f.id.name == f"{shop.name}/listed"]
        assert lake.objects().inspect(basket).seq == facts.seq >= 1
        file = lake.objects().export(basket, tmp_path / "basket.sqlite")
        with sqlite3.connect(file) as exported:
            assert exported.execute("SELECT name FROM items").fetchall() == [("tea",)]
        exported.close()
        lake.objects().delete(basket)
        assert f"{shop.name}/listed" not in [f.id.name for f in lake.objects()]
        assert basket.count() == 0

    def test_a_message_that_is_too_large_is_refused(self, lake: Lakehouse) -> None:
        with refused(Invalid, "bytes"):
            lake.object(Basket).add("x" * (33 << 20))
