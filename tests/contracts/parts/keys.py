"""Keys: told of a table, read by every door, never enforced."""

from __future__ import annotations

import itertools

import pytest

from thermocline.core.errors import Denied, Invalid, NotFound
from thermocline.core.keys import NO_KEYS, Keys, Reference
from thermocline.core.protocols import Database, Lakehouse

from .base import Contract, count, refused

_names = (f"keyed-{n}" for n in itertools.count(1))

CUSTOMERS = "create table customers (id bigint primary key, name varchar)"
ORDERS = (
    "create table orders (id bigint, line int, customer_id bigint references customers (id), "
    "primary key (id, line))"
)


class TellingKeys(Contract):
    def test_a_table_tells_the_keys_it_was_defined_with(self, shop: Database) -> None:
        shop.sql(CUSTOMERS)
        answer = shop.sql(ORDERS)
        assert answer.dicts() == [{"created": True, "keys_enforced": False}]
        assert shop.keys("customers") == Keys(("id",))
        reference = Reference(("customer_id",), "customers", ("id",))
        assert shop.keys("Orders") == Keys(("id", "line"), (reference,))

    def test_rows_that_break_a_key_are_taken(self, shop: Database) -> None:
        shop.sql(CUSTOMERS)
        shop.sql(ORDERS)
        shop.append("orders", [{"id": 1, "customer_id": 99}] * 2)
        assert count(shop, "orders") == 2

    def test_a_reference_without_columns_means_the_primary_key(self, shop: Database) -> None:
        shop.sql("create table orders (customer_id bigint references Customers)")
        assert shop.keys("orders").references == (Reference(("customer_id",), "Customers"),)
        shop.sql(CUSTOMERS)
        assert shop.keys("orders").references == (Reference(("customer_id",), "customers", ("id",)),)

    def test_keys_are_told_of_a_table_that_came_from_appends(self, sales: Database) -> None:
        assert sales.keys("sales") == NO_KEYS
        assert sales.sql("alter table sales add primary key (N)").dicts() == [
            {"changed": True, "keys_enforced": False}
        ]
        sales.sql("alter table sales add foreign key (product) references products (name)")
        told = Keys(("n",), (Reference(("product",), "products", ("name",)),))
        assert sales.keys("sales") == told
        assert not sales.sql("alter table sales add primary key (n)").dicts()[0]["changed"]
        sales.append("sales", [{"n": 9, "gift": True}])
        sales.archive("sales")
        assert sales.keys("sales") == told

    def test_what_is_told_again_takes_its_place(self, sales: Database) -> None:
        sales.sql("alter table sales add primary key (product)")
        sales.sql("alter table sales add primary key (n)")
        sales.sql("alter table sales add foreign key (product) references a (x)")
        sales.sql("alter table sales add foreign key (product) references b (x)")
        assert sales.keys("sales") == Keys(("n",), (Reference(("product",), "b", ("x",)),))

    def test_keys_of_several_shards_outlive_new_columns_and_a_split(self, lake: Lakehouse) -> None:
        database = lake.create_database(next(_names), shards=2, key="id")
        database.sql(CUSTOMERS)
        database.sql(ORDERS)
        told = database.keys("orders")
        database.append("orders", [{"id": n, "note": "new"} for n in range(20)])
        database.split(database.shard_map().names[0])
        database.append("orders", [{"id": n, "more": "new"} for n in range(20, 40)])
        database.sql("alter table orders add foreign key (note) references notes (text)")
        assert database.keys("orders") == Keys(
            told.primary_key, (*told.references, Reference(("note",), "notes", ("text",)))
        )

    def test_columns_that_are_not_there_are_no_key(self, shop: Database) -> None:
        shop.sql(CUSTOMERS)
        for statement in (
            "create table t (a int, primary key (b))",
            "create table t (a int, foreign key (b) references customers (id))",
            "create table t (a int references customers (nope))",
            "alter table customers add primary key (nope)",
        ):
            with refused(NotFound, "no column"):
                shop.sql(statement)
        assert shop.tables() == ["customers"]

    @pytest.mark.parametrize("constraint", ["not null", "unique", "check (a > 1)", "default 1"])
    def test_what_would_have_to_be_enforced_is_refused(self, shop: Database, constraint: str) -> None:
        with refused(Invalid, "not be enforced", "leave"):
            shop.sql(f"create table t (a int {constraint})")

    def test_keys_of_no_table_are_not_found(self, shop: Database) -> None:
        with refused(NotFound, "sales"):
            shop.keys("sales")

    def test_a_principal_is_told_the_keys_of_what_it_sees(self, lake: Lakehouse) -> None:
        name = next(_names)
        shop = lake.database(name)
        shop.sql("create table customers (id bigint primary key, mail varchar)")
        shop.sql("create table secrets (id bigint primary key)")
        shop.sql(
            "create table orders (id bigint primary key, customer_id bigint references customers,"
            " mail varchar references customers (mail), secret bigint references secrets)"
        )
        shop.sql("grant select on orders to rosa")
        shop.sql("grant select (id) on customers to rosa")
        rosa = lake.database(name, principal="rosa")
        assert rosa.keys("orders") == Keys(("id",), (Reference(("customer_id",), "customers", ("id",)),))
        with refused(Denied, "secrets"):
            rosa.keys("secrets")

    def test_a_principal_learns_nothing_of_hidden_columns_by_naming_them(self, lake: Lakehouse) -> None:
        name = next(_names)
        shop = lake.database(name)
        shop.sql("create table secrets (id bigint)")
        shop.sql("create table staff (id bigint, wage bigint)")
        shop.sql(f'grant create, manage on database "{name}" to rosa')
        shop.sql("grant select (id) on staff to rosa")
        rosa = lake.database(name, principal="rosa")
        rosa.sql("create table a (x bigint references secrets (id))")
        rosa.sql("create table b (x bigint references secrets (no_such))")
        for column in ("wage", "no_such"):
            with refused(NotFound, f"no column `{column}`", "id"):
                rosa.sql(f"create table c (x bigint references staff ({column}))")
            with refused(NotFound, f"no column `{column}`", "id"):
                rosa.sql(f"alter table staff add primary key ({column})")
