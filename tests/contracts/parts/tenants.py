"""The lake itself: its tenants, their names, and that they know nothing of each other."""

from __future__ import annotations

import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.protocols import Database, Lakehouse, Stream

from .base import Contract, refused


class Tenants(Contract):
    def test_it_is_what_the_protocols_say(self, lake: Lakehouse, shop: Database) -> None:
        assert isinstance(lake, Lakehouse)
        assert isinstance(shop, Database)
        assert isinstance(shop.stream("s"), Stream)

    def test_a_tenant_exists_from_its_first_write(self, lake: Lakehouse) -> None:
        fresh = lake.database("fresh")
        assert fresh.name == "fresh"
        assert fresh.tables() == []
        assert fresh.sql("select 1").rows() == [(1,)]
        assert fresh.stream("s").version == 0
        assert "fresh" not in lake.databases()
        fresh.append("t", [{"n": 1}])
        assert "fresh" in lake.databases()
        assert lake.databases() == sorted(lake.databases())

    def test_a_refused_write_makes_no_tenant(self, lake: Lakehouse) -> None:
        with refused(Invalid, "row 2"):
            lake.database("refused").append("t", [{"n": 1}, {"n": "one"}])
        assert "refused" not in lake.databases()

    def test_looking_at_nothing_finds_nothing(self, lake: Lakehouse) -> None:
        nobody = lake.database("nobody")
        with refused(NotFound, "sales"):
            nobody.sql("select * from sales")
        with refused(NotFound, "sales"):
            nobody.schema("sales")
        assert nobody.tiers().rows() == []
        assert nobody.flush().rows == 0
        assert nobody.verify().rows == 0
        assert "nobody" not in lake.databases()

    def test_tenants_do_not_see_each_other(self, lake: Lakehouse, sales: Database) -> None:
        other = lake.database("other")
        other.append("sales", [{"n": 100, "_id": "sale-1"}])
        assert other.sql("select n from sales").rows() == [(100,)]
        assert sales.sql("select max(n) from sales").rows() == [(5,)]
        with refused(NotFound):
            other.sql(f'select * from "{sales.name}".sales')

    @pytest.mark.parametrize("name", ["", "1st", "a b", "../x", "a/b", "x" * 64, "ä", ".."])
    def test_a_name_that_can_not_be_a_tenant_is_refused(self, lake: Lakehouse, name: str) -> None:
        with refused(Invalid, "letter"):
            lake.database(name).tables()
