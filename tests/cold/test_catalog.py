"""The catalog is an ordinary one: shared, closed, named, and loaded no sooner than needed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.sql import SqlCatalog, SqlCatalogBaseTable
from sqlalchemy.exc import OperationalError

from thermocline.core.errors import Unavailable
from thermocline.tiers.cold.iceberg import IcebergCold
from thermocline.tiers.object_store import ObjectStore, open_store

from .lake import POLICY, SHARD, ColdLake, events, table

OF = table(n=pa.int64())


def open_files(root: Path) -> list[str]:
    targets = (os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd"))
    return [target for target in targets if target.startswith(str(root))]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_close_leaves_no_file_open(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    lake.cold.close()
    assert open_files(lake.root) == []


def test_a_closed_tier_opens_again_when_asked(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    lake.cold.close()
    assert lake.cold.archived("acme", OF, SHARD) == (1, 1)


def test_two_lakes_in_one_process_keep_apart(tmp_path: Path) -> None:
    lakes = [ColdLake(tmp_path / name) for name in ("one", "two")]
    for seq, lake in enumerate(lakes, start=1):
        lake.root.mkdir()
        lake.archive(OF, events(OF, [seq]))
    assert [lake.alone().scan().to_arrow()["_seq"].to_pylist() for lake in lakes] == [[1], [2]]
    for lake in lakes:
        lake.cold.close()


def test_tables_are_found_under_database_and_table(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    catalog = load_catalog("thermocline", **lake.catalog)
    assert catalog.list_tables("acme") == [("acme", "sales")]
    catalog.close()


def test_files_lie_below_the_tables_folder_in_the_store(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    folders = {info.key.split("/")[4] for info in lake.store.list("")}
    assert {info.key.rsplit("/cold/")[0] for info in lake.store.list("")} == {"tables/acme/sales"}
    assert folders == {"data", "metadata"}


def test_any_catalog_that_pyiceberg_knows_will_do(lake: ColdLake) -> None:
    memory = IcebergCold(lake.store, {"py-catalog-impl": "pyiceberg.catalog.memory.InMemoryCatalog"})
    memory.archive(
        "acme", OF, events(OF, [1]), shard=SHARD, after=0, seq=1, epoch=1, shared=False, policy=POLICY
    )
    assert memory.archived("acme", OF, SHARD) == (1, 1)
    memory.close()


class Recording:
    """A store that remembers what was put through it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.keys: list[str] = []

    def put(self, key: str, data: Any, *, create_only: bool = False) -> None:
        self._store.put(key, data, create_only=create_only)
        self.keys.append(key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_every_file_is_written_through_the_store_which_makes_it_durable(lake: ColdLake) -> None:
    recording = Recording(lake.store)
    lake.cold = IcebergCold(cast(ObjectStore, recording), lake.catalog)
    lake.archive(OF, events(OF, [1]))
    assert sorted(recording.keys) == [info.key for info in lake.store.list("")]


def test_a_lake_in_another_kind_of_store(lake: ColdLake) -> None:
    memory = IcebergCold(open_store("memory://test-catalog"), lake.catalog)
    for seq in (1, 2):
        memory.archive(
            "acme",
            OF,
            events(OF, [seq]),
            shard=SHARD,
            after=seq - 1,
            seq=seq,
            epoch=1,
            shared=False,
            policy=POLICY,
        )
    assert [file.rows for file in memory.data_files("acme", OF, shard=SHARD, known={})] == [1, 1]
    memory.close()


def test_a_locked_catalog_is_unavailable(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    lake.cold.close()
    lake.cold = type(lake.cold)(lake.store, {**lake.catalog, "uri": lake.catalog["uri"] + "?timeout=0"})
    with sqlite3.connect(lake.root / "catalog.sqlite", isolation_level=None) as holder:
        holder.execute("begin exclusive")
        with pytest.raises(Unavailable, match="does not answer"):
            lake.archive(OF, events(OF, [2]))
        holder.execute("rollback")
    holder.close()
    lake.archive(OF, events(OF, [2]))


def test_a_catalog_that_another_process_makes_at_the_same_time(
    lake: ColdLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = list(SqlCatalogBaseTable.metadata.sorted_tables)

    def create_after_another(catalog: SqlCatalog) -> None:
        """Whichever table it wants to make next, the other was just before it."""
        table = tables.pop()
        table.create(catalog.engine)
        raise OperationalError("create", None, Exception(f"table {table.name} already exists"))

    monkeypatch.setattr(SqlCatalog, "create_tables", create_after_another)
    lake.archive(OF, events(OF, [1]))
    assert lake.alone().scan().to_arrow().num_rows == 1


def test_pyiceberg_is_not_imported_before_the_first_use() -> None:
    code = "import sys, thermocline.tiers.cold.iceberg; assert 'pyiceberg' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
