"""The policy in the object store: one document a version, written once; a damaged one opens nothing."""

from __future__ import annotations

import itertools
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake
from thermocline.core.access import Grant
from thermocline.core.errors import Conflict, Corrupt, Denied
from thermocline.core.policy_changes import granted
from thermocline.tiers.object_store import open_store
from thermocline.tiers.policies import PolicyStore


def two(tmp_path: Path) -> list[PolicyStore]:
    store = open_store(tmp_path / "objects")
    return [PolicyStore(store, lambda n: b"x" * n, shared=True) for _ in range(2)]


def test_two_that_change_it_at_once_both_succeed_one_after_the_other(tmp_path: Path) -> None:
    stores, start = two(tmp_path), threading.Barrier(2)

    def change(store: PolicyStore, name: str) -> None:
        start.wait()
        for n in range(5):
            store.change(partial(granted, grants=[Grant(f"{name}{n}", "select", "acme")]))

    threads = [threading.Thread(target=change, args=pair) for pair in zip(stores, ("a", "b"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fresh = two(tmp_path)[0].current()
    assert (fresh.version, len(fresh.grants)) == (10, 10)


def test_one_that_is_always_too_late_is_a_conflict(tmp_path: Path) -> None:
    mine, other = two(tmp_path)
    numbers = itertools.count()

    def late(policy: Any) -> Any:
        other.change(lambda p: granted(p, [Grant(f"o{next(numbers)}", "select", "acme")]))
        return granted(policy, [Grant("mine", "select", "acme")])

    with pytest.raises(Conflict, match="keeps changing"):
        mine.change(late)


def test_a_damaged_document_opens_nothing(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        shop = lake.database("acme")
        shop.append("orders", [{"id": 1}])
        shop.sql("GRANT SELECT ON orders TO priya")
        shop.sql("CREATE ROW ACCESS POLICY p ON orders USING (id > 5)")
    (newest,) = (tmp_path / "lake" / "objects" / "policy").glob("*2.json")
    newest.write_bytes(newest.read_bytes()[:-20])
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        for act in (
            lambda: lake.database("acme", principal="priya").sql("SELECT * FROM orders"),
            lambda: lake.database("acme", principal="priya").tables(),
            lambda: lake.database("acme").sql("SELECT * FROM orders"),
            lake.policy_text,
        ):
            with pytest.raises(Corrupt, match="damaged file: policy/"):
                act()


def test_a_lake_that_is_open_for_reading_holds_to_it(lake: LocalLake, shop: LakeDatabase) -> None:
    shop.sql("GRANT SELECT ON orders TO priya")
    shop.sql("CREATE ROW ACCESS POLICY p ON orders USING (customer_id = 7)")
    with thermocline.connect(lake.path, read_only=True) as reading:
        priya = reading.database("acme", principal="priya")
        assert priya.sql("SELECT count(*) FROM orders").rows() == [(3,)]
        with pytest.raises(Denied):
            priya.sql("SELECT * FROM customers")


def test_it_holds_over_several_shards(lake: LocalLake) -> None:
    shop = lake.create_database("spread", shards=4, key="customer_id")
    shop.append("orders", [{"id": n, "customer_id": n % 9, "secret": str(n)} for n in range(90)])
    shop.flush("orders")
    shop.append("orders", [{"id": n, "customer_id": n % 9, "secret": str(n)} for n in range(90, 120)])
    shop.sql("GRANT SELECT ON orders TO priya")
    shop.sql("CREATE ROW ACCESS POLICY p ON orders USING (customer_id IN (3, 5))")
    shop.sql("CREATE MASKING POLICY m ON orders (secret) USING null")
    priya = lake.database("spread", principal="priya")
    asked = "SELECT customer_id, count(*), count(secret) FROM orders GROUP BY 1 ORDER BY 1"
    assert priya.sql(asked).rows() == [(3, 13, 0), (5, 13, 0)]
    assert priya.sql("SELECT count(*) FROM orders WHERE customer_id = 4").rows() == [(0,)]
