"""Most of the contract over `ray://`, run by `test_ray_client.py` in a process that is just such a client."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import thermocline
from thermocline.actors.cluster.options import ClusterOptions
from thermocline.core.errors import Invalid, Unavailable
from thermocline.core.protocols import Cancel, Lakehouse

from ..contracts.parts.agents import Agents
from ..contracts.parts.appending import Appending
from ..contracts.parts.asking import Asking
from ..contracts.parts.files import Files
from ..contracts.parts.modelling import Modelling
from ..contracts.parts.objects import Objects
from ..contracts.parts.once import Once
from ..contracts.parts.querying import Querying
from ..contracts.parts.spreading import Spreading
from ..contracts.parts.streams import Streams
from ..contracts.parts.time_travel import TimeTravel
from .conftest import SharedClock


class TestOverRayClient(
    Appending, Once, Querying, TimeTravel, Streams, Files, Spreading, Objects, Asking, Modelling, Agents
):
    @pytest.fixture(scope="class")
    @classmethod
    def clock(cls, tmp_path_factory: pytest.TempPathFactory) -> SharedClock:  # type: ignore[override]
        from ray import cloudpickle

        cloudpickle.register_pickle_by_value(sys.modules[SharedClock.__module__])
        return SharedClock(tmp_path_factory.mktemp("clock") / "now")

    @pytest.fixture(scope="class")
    @classmethod
    def lake(cls, clock: SharedClock) -> Iterator[Lakehouse]:  # type: ignore[override]
        address, options = os.environ["RAY_CLIENT"], ClusterOptions(sink=False, seats=2)
        with thermocline.connect(address, cluster=options, clock=clock) as lake:
            yield lake

    def test_a_stream_arrives_in_pieces(self, lake: Lakehouse) -> None:
        answer = lake.database("pieces").sql("select * from range(2000000)", stream=True)
        sizes = [batch.num_rows for batch in answer.batches()]
        assert sum(sizes) == 2_000_000
        assert len(sizes) > 3

    def test_a_stream_can_be_left(self, lake: Lakehouse) -> None:
        database = lake.database("pieces")
        assert next(database.sql("select * from range(2000000)", stream=True).batches()).num_rows
        assert database.sql("select 1").rows() == [(1,)]

    def test_a_stream_can_be_left_in_the_thread_that_brings_replies(self, lake: Lakehouse) -> None:
        import ray

        database = lake.database("pieces")
        batches = database.sql("select * from range(2000000)", stream=True).batches()
        assert next(batches).num_rows
        left = ray.put(1).future()
        # The garbage collector runs in whatever thread it likes, so in this one too.
        left.add_done_callback(lambda _: batches.close())
        assert database.sql("select 1").rows() == [(1,)]

    def test_a_cancelled_query_ends_in_the_cluster(self, lake: Lakehouse) -> None:
        cancel = Cancel()
        cancel()
        with pytest.raises(Unavailable, match="cancelled"):
            lake.database("pieces").sql("select count(*) from range(100000000000)", cancel=cancel)

    def test_nothing_of_the_lake_is_on_this_side(self, lake: Lakehouse) -> None:
        database = lake.database("there")
        database.append("sales", [{"n": 1}])
        database.flush()
        answer = database.sql("select n from sales")
        assert answer.rows() == [(1,)]
        answer.certificate.verify()
        assert not hasattr(lake, "store")

    def test_a_query_outlives_the_process_that_ran_it(self, lake: Lakehouse) -> None:
        import ray

        database = lake.database("outlived")
        database.append("sales", [{"n": 1}])
        assert database.sql("select n from sales").rows() == [(1,)]
        ray.kill(lake.compute._actor, no_restart=False)
        assert database.sql("select n from sales").rows() == [(1,)]

    def test_two_lakes_share_the_connection(self, lake: Lakehouse) -> None:
        with thermocline.connect(os.environ["RAY_CLIENT"]) as other:
            other.database("shared").append("sales", [{"n": 1}])
        assert lake.database("shared").sql("select count(*) from sales").rows() == [(1,)]

    def test_another_cluster_needs_another_process(self, lake: Lakehouse) -> None:
        with pytest.raises(Invalid, match="connected to ray://") as refused:
            thermocline.connect("ray://127.0.0.1:9")
        assert refused.value.hint == "use a process for each cluster"
        assert lake.databases()

    def test_hosts_and_lags_are_seen_from_afar(self, lake: Lakehouse) -> None:
        lake.database("seen").append("sales", [{"n": 1}])
        found = lake.top()
        assert {host["state"] for host in found["hosts"]} == {"serving", "spare"}
        (row,) = [row for row in found["lag"] if row["database"] == "seen"]
        assert (row["table"], row["flush_events"]) == ("sales", 1)

    def test_an_agent_of_another_kind_knows_the_catalog(self, lake: Lakehouse) -> None:
        from thermocline.agent.mcp.known import Catalogs, verified

        shop = lake.database("known")
        shop.append("orders", [{"id": n, "revenue": 1.5 * n} for n in range(9)])
        shop.apply_model("verified: [{question: our best, sql: select max(revenue) from orders}]\n")
        shop.sql("grant select on orders to vik")
        for who in (None, "vik"):
            database = lake.database("known", principal=who)
            schema = Catalogs(lambda: datetime.now(UTC)).of(database, who)
            assert [table.name for table in schema.catalog.tables] == ["orders"]
        told = verified(shop, schema.catalog)
        assert [each.question for each in told] == ["our best"]

    def test_daft_scans_on_the_clusters_nodes(self, lake: Lakehouse) -> None:
        pytest.importorskip("daft")
        database = lake.database("scanned")
        database.append("sales", [{"product": f"p{n % 3}", "qty": n} for n in range(300)])
        database.flush()
        sql = "select product, sum(qty) as s from sales group by product order by product"
        answer = database.sql(sql, engine="daft")
        assert answer.engine == "daft"
        assert answer.rows() == database.sql(sql).rows()
        told = database.explain(sql, engine="daft").splitlines()[-1]
        assert told == "engine: Daft on Ray groups sales; DuckDB does the rest"
