"""A database over its shards: definitions reach every shard whatever dies, grants are the policy's."""

from __future__ import annotations

import pyarrow as pa
import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.actors.family.database import DatabaseDO
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Denied, Invalid, NotFound
from thermocline.core.sharding import HOME

from ..conftest import FakeClock


@pytest.fixture
def shop(lake: LocalLake) -> LakeDatabase:
    return lake.create_database("acme", shards=3, key="p")


def tables(shop: LakeDatabase) -> list[list[str]]:
    return shop.shards.each(lambda shard: shard.table_names())


def test_a_definition_reaches_every_shard(lake: LocalLake, shop: LakeDatabase) -> None:
    assert shop.sql("CREATE TABLE sales (p VARCHAR, q BIGINT)").rows() == [(True,)]
    assert tables(shop) == [["sales"]] * 3
    with pytest.raises(Invalid, match="exists"):
        shop.sql("CREATE TABLE sales (p VARCHAR)")
    assert shop.sql("DROP TABLE sales").rows() == [(True,)]
    assert tables(shop) == [[]] * 3
    with pytest.raises(NotFound):
        shop.sql("DROP TABLE sales")
    assert lake.object(DatabaseDO, "acme").open_steps() == []


def test_a_definition_cut_short_is_finished_by_an_alarm(
    lake: LocalLake, shop: LakeDatabase, clock: FakeClock
) -> None:
    owner = lake.object(DatabaseDO, "acme")
    fields = [("p", pa.string())]
    owner.begin("create", {"name": "sales", "fields": fields})
    # As if the process had died after the home shard.
    shop.shards.tenancy.partition(HOME).create_table("sales", fields)
    assert owner.open_steps() == [{"kind": "create", "table": "sales"}]
    clock.advance(seconds=10)
    lake.objects().tick()
    assert tables(shop) == [["sales"]] * 3
    owner.begin("drop", {"name": "sales", "if_exists": False})
    shop.shards.tenancy.partition(HOME).drop_table("sales")
    clock.advance(seconds=10)
    lake.objects().tick()
    assert tables(shop) == [[]] * 3
    assert owner.open_steps() == []


def test_grants_are_those_of_the_policy(lake: LocalLake, shop: LakeDatabase) -> None:
    shop.append("sales", [{"p": "tea"}])
    assert shop.grant("ann", "select", "sales")
    assert not shop.grant("ann", "select", "sales")
    assert lake.database("acme", principal="ann").sql("SELECT p FROM sales").rows() == [("tea",)]
    shop.sql("GRANT manage ON DATABASE acme TO ann")
    assert [(g["who"], g["privilege"], g["table"]) for g in shop.grants()] == [
        ("ann", "manage", "*"),
        ("ann", "select", "sales"),
    ]
    assert lake.object(DatabaseDO, "acme").facts()["grants"] == shop.grants()
    assert shop.revoke("ann", "select", "sales")
    assert not shop.revoke("ann", "select", "sales")
    with pytest.raises(Denied):
        lake.database("acme", principal="ann").sql("SELECT p FROM sales")
    with pytest.raises(Invalid, match="no privilege `write`"):
        shop.grant("ann", "write")


def test_it_tells_its_catalog(lake: LocalLake, shop: LakeDatabase) -> None:
    shop.sql("CREATE TABLE sales (p VARCHAR, q BIGINT)")
    told = lake.object(DatabaseDO, "acme").facts()
    assert told["tables"] == [{"name": "sales", "columns": {"p": "VARCHAR", "q": "BIGINT"}}]
    assert len(told["shards"]["shards"]) == 3
