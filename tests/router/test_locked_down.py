"""One statement of an allowed kind, over this database's tables; the engine itself would refuse the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from thermocline.core.errors import Error, Invalid, NotFound
from thermocline.router.engine import Engine, EngineError

from .conftest import Shop


@pytest.mark.parametrize(
    "sql",
    """attach 'x.db'
detach x
copy sales to 'x.csv'
copy sales from 'x.csv'
pragma version
set threads = 1
reset threads
install httpfs
load httpfs
export database 'x'
import database 'x'
call pragma_version()
update sales set qty = 1
delete from sales
merge into sales using products on true when matched then delete
create view v as select 1
create or replace table t as select 1
create temp table t as select 1
create macro m() as 1
create type t as enum ('a')
alter table sales add column x int
drop view v
vacuum
checkpoint
begin
prepare p as select 1
execute p
deallocate p
truncate sales
show databases
show all tables
insert into sales select * from sales returning *
insert or replace into sales select * from sales
with x as (delete from sales returning *) select * from x
select 1; select 2
select 1; drop table sales
explain drop table sales""".splitlines(),
)
def test_a_statement_that_is_not_allowed_is_refused_with_a_hint(shop: Shop, sql: str) -> None:
    with pytest.raises(Invalid) as refused:
        shop.sql(sql)
    assert refused.value.hint
    assert shop.rows("select count(*) from sales") == [(60,)]


@pytest.mark.parametrize(
    "sql", ["", "   ", ";", "-- nothing", "/* nothing */", "selec 1", "select 'open", "select $$x"]
)
def test_what_is_no_statement_is_invalid(shop: Shop, sql: str) -> None:
    with pytest.raises(Invalid):
        shop.sql(sql)


@pytest.mark.parametrize(
    "name",
    [
        "'x.parquet'",
        '"/etc/passwd"',
        "information_schema.tables",
        "pg_catalog.pg_class",
        "sqlite_master",
        "duckdb_tables",
        "main.sales",
        "memory.main.sales",
        "other.sales",
        "temp.sales",
        "system.main.duckdb_views",
        "secret_frame",
        '"hot$sales"',
    ],
)
def test_only_tables_of_this_database_are_found(shop: Shop, name: str) -> None:
    secret_frame = shop.owner.states["sales"].rows
    with pytest.raises(NotFound):
        shop.sql(f"select * from {name}")
    assert secret_frame is not None


def test_one_trailing_semicolon_is_fine(shop: Shop) -> None:
    assert shop.rows("select 1; ;") == [(1,)]


def test_the_database_may_be_named(shop: Shop) -> None:
    assert shop.rows("select Acme.sales.qty from ACME.sales where acme.sales.qty = 8 limit 1") == [(8,)]
    assert shop.rows("select sum(s.qty) from acme.sales s join acme.products using (product)") == [(210,)]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/hostname')",
        "copy (select 1) to '/tmp/outside.csv'",
        "attach '/tmp/outside.db'",
        "install httpfs",
        "load httpfs",
        "set threads = 1",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set lock_configuration = false",
        "set python_enable_replacements = true",
        "select * from leaked",
    ],
)
def test_the_engine_itself_refuses_what_slips_through(tmp_path: Path, sql: str) -> None:
    leaked = {"a": [1]}
    engine = Engine(tmp_path)
    with engine.session() as session, pytest.raises(EngineError):
        session.run(sql)
    assert leaked


@pytest.mark.parametrize(
    "sql",
    [
        "select nope from sales",
        "select * from sales s where s.nope = 1",
        "select sum(doc) from sales",
        "select product::int from sales",
        "select error(product) from sales",
        "select qty from sales, products",
        "select a.x from sales a join sales b using (nope)",
        "select * from sales where moment > 'x'",
    ],
)
def test_errors_show_neither_files_nor_generated_names(shop: Shop, sql: str) -> None:
    with pytest.raises(Error) as failed:
        shop.sql(sql)
    told = str(failed.value) + failed.value.hint
    assert failed.value.hint
    assert not any(
        word in told for word in ("hot$", ".parquet", "read_parquet", "UNION", "LINE", str(shop.owner.folder))
    )


@pytest.mark.parametrize(
    ("sql", "near"),
    [
        ("select produkt from sales", "product"),
        ("select s.revenu from sales s", "revenue"),
        ("select * from slaes", "sales"),
        ("select * exclude (regio) from sales", "region"),
        ("select _sequ from sales", "_seq"),
        ("select slaes.qty from sales", "sales"),
    ],
)
def test_an_unknown_name_is_not_found_and_the_nearest_is_offered(shop: Shop, sql: str, near: str) -> None:
    with pytest.raises(NotFound) as missing:
        shop.sql(sql)
    assert near in missing.value.hint
