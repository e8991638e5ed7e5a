"""PRIMARY KEY and REFERENCES in CREATE TABLE and ALTER TABLE."""

from __future__ import annotations

import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.keys import NO_KEYS, Keys, Reference
from thermocline.router.statements import AlterKeys, CreateTable, read_statement

from .conftest import Shop

X = Reference(("x",), "t", ("y",))


@pytest.mark.parametrize(
    ("definition", "keys"),
    [
        ("x int primary key", Keys(("x",))),
        ("x int primary  key references t(y)", Keys(("x",), (X,))),
        ("x int references t (y) not enforced", Keys((), (X,))),
        ("x int constraint of_t references t (y)", Keys((), (X,))),
        ("x int references t", Keys((), (Reference(("x",), "t"),))),
        ("x int, primary key (x) not enforced", Keys(("x",))),
        ("x int, constraint pk primary key (x)", Keys(("x",))),
        ("x int, foreign key (x) references t (y)", Keys((), (X,))),
        ("x int, z int, foreign key (x, z) references t", Keys((), (Reference(("x", "z"), "t"),))),
        ('check int, "unique" int, constraint int', NO_KEYS),
        ("x struct(references int, primary int)", NO_KEYS),
    ],
)
def test_keys_are_read_beside_columns(definition: str, keys: Keys) -> None:
    statement = read_statement(f"create table u ({definition})")
    assert isinstance(statement, CreateTable)
    assert statement.keys == keys


def test_keys_are_added_to_a_table() -> None:
    assert read_statement("alter table u add primary key (a, b)") == AlterKeys("u", Keys(("a", "b")))
    told = read_statement("alter table u add constraint c foreign key (x) references t (y)")
    assert told == AlterKeys("u", Keys((), (X,)))


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("create table u (x int primary key, z int primary key)", Invalid, "one primary key"),
        ("create table u (x int primary key, primary key (x))", Invalid, "one primary key"),
        ("create table u (x int not null primary key)", Invalid, "NOT NULL"),
        ("create table u (x int primary key not null)", Invalid, "NOT NULL"),
        ("create table u (x int, unique (x))", Invalid, "UNIQUE"),
        ("create table u (x int, constraint c check (x > 1))", Invalid, "CHECK"),
        ("create table u (x int references t (y) on delete cascade)", Invalid, "ON"),
        ("create table u (x int, foreign key (x) references t (y) on update cascade)", Invalid, "ON"),
        ("create table u (x int, primary key (x, X))", Invalid, "twice"),
        (
            "create table u (x int, z int, foreign key (x, z) references products (qty))",
            Invalid,
            "x, z",
        ),
        ("create table u (x int, foreign key (x) references products (quantity))", NotFound, "quantity"),
        ("create table u (x int, foreign key (x) references u (z))", NotFound, "`z`"),
        ("create table u (x int, foreign key (x) references other.t (z))", NotFound, "other.t"),
        ("create table u (primary key (x))", Invalid, "columns"),
        ("alter table products add primary key (_id)", NotFound, "_id"),
        ("alter table nowhere add primary key (x)", NotFound, "nowhere"),
        ("alter table products add unique (qty)", Invalid, "UNIQUE"),
    ],
)
def test_what_is_no_key_is_refused_and_nothing_is_defined(
    fresh: Shop, sql: str, kind: type[Invalid], said: str
) -> None:
    with pytest.raises(kind, match=said) as caught:
        fresh.sql(sql)
    assert caught.value.hint
    assert "u" not in [name for (name,) in fresh.rows("show tables")]


def test_columns_that_are_referenced_are_spelled_as_their_table_does(fresh: Shop) -> None:
    fresh.sql("create table u (x int, foreign key (X) references acme.Products (QTY))")
    assert fresh.owner.table("u").references == (Reference(("x",), "Products", ("qty",)),)
