"""pyiceberg through an object store: all it does to a table works, is durable, and is plain Iceberg."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.io import load_file_io
from pyiceberg.table import Table

from thermocline.core.errors import Invalid, NotFound, Unavailable
from thermocline.tiers.cold.file_io import StoreFileIO, forget_store, register_store
from thermocline.tiers.local_cache import LocalFiles
from thermocline.tiers.local_objects import LocalObjects
from thermocline.tiers.object_store import ObjectStore, open_store

ROWS = pa.table({"id": pa.array(range(1000), pa.int64()), "kind": ["sold", "seen"] * 500})


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """Options of `open_store` for a server that lives as long as this module, with a bucket `lake`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys).create_bucket(Bucket="lake")
    yield {
        "endpoint": f"http://{host}:{port}",
        "access_key_id": "test",
        "secret_access_key": "test",
        "region": "us-east-1",
    }
    server.stop()


@pytest.fixture(params=["memory", "local", "s3"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> ObjectStore:
    if kind == "local":
        return open_store(tmp_path / "a lake" / "objects")
    if kind == "memory":
        return open_store(f"memory://{tmp_path.name}", cache=tmp_path / "cache")
    return open_store(f"s3://lake/{tmp_path.name}", cache=tmp_path / "cache", **request.getfixturevalue("s3"))


def catalog_on(store: ObjectStore, tmp_path: Path) -> Catalog:
    where = {"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog.sqlite", "warehouse": store.url}
    return load_catalog("test", **where, **StoreFileIO.properties(store))


@pytest.fixture
def catalog(store: ObjectStore, tmp_path: Path) -> Iterator[Catalog]:
    opened = catalog_on(store, tmp_path)
    opened.create_namespace("shop")
    yield opened
    opened.close()


@pytest.fixture
def table(catalog: Catalog) -> Table:
    created = catalog.create_table("shop.orders", schema=ROWS.schema)
    created.append(ROWS)
    return created


def ids(found: pa.Table) -> list[int]:
    return sorted(found["id"].to_pylist())


def test_rows_come_back(table: Table, catalog: Catalog, store: ObjectStore) -> None:
    table.append(ROWS.slice(0, 10))
    loaded = catalog.load_table("shop.orders")
    assert isinstance(loaded.io, StoreFileIO)
    assert loaded.scan().to_arrow().num_rows == 1010
    assert ids(loaded.scan(row_filter="id >= 995", selected_fields=("id",)).to_arrow()) == list(
        range(995, 1000)
    )
    planned = [task.file for task in loaded.scan().plan_files()]
    assert len(planned) == 2
    for file in planned:
        key = store.key_of(file.file_path)
        assert store.size(key) == file.file_size_in_bytes
        assert pq.read_table(store.local_path(key)).num_rows == file.record_count


def test_deleting_rows_rewrites_files(table: Table) -> None:
    table.delete("id < 900")
    assert ids(table.scan().to_arrow()) == list(range(900, 1000))


def test_overwriting_replaces(table: Table) -> None:
    table.overwrite(ROWS.slice(0, 3))
    assert ids(table.scan().to_arrow()) == [0, 1, 2]


def test_a_prewritten_file_can_be_added(table: Table, store: ObjectStore) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(ROWS.slice(0, 7), sink)
    store.put("elsewhere/file.parquet", sink.getvalue())
    table.add_files([store.location("elsewhere/file.parquet")])
    assert table.scan().to_arrow().num_rows == 1007


def test_snapshots_expire_and_the_schema_evolves(table: Table) -> None:
    first = table.metadata.current_snapshot_id
    assert first is not None
    table.append(ROWS.slice(0, 1))
    table.maintenance.expire_snapshots().by_id(first).commit()
    assert [s.snapshot_id for s in table.metadata.snapshots] == [table.metadata.current_snapshot_id]
    with table.update_schema() as update:
        from pyiceberg.types import StringType

        update.add_column("note", StringType())
    assert table.scan().to_arrow().column_names == ["id", "kind", "note"]


@pytest.mark.usefixtures("table")
def test_purging_a_table_leaves_no_file(catalog: Catalog, store: ObjectStore) -> None:
    assert store.list("shop")
    catalog.purge_table("shop.orders")
    assert store.list("") == []


@pytest.mark.parametrize("kind", ["local", "s3"], indirect=True)
@pytest.mark.usefixtures("table")
def test_a_catalog_without_our_io_reads_and_writes_the_same_table(
    store: ObjectStore, catalog: Catalog, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    properties = {"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog.sqlite", "warehouse": store.url}
    if store.url.startswith("s3"):
        given = request.getfixturevalue("s3")
        properties |= {f"s3.{name.replace('_', '-')}": value for name, value in given.items()}
    plain = load_catalog("test", **properties)
    foreign = plain.load_table("shop.orders")
    assert not isinstance(foreign.io, StoreFileIO)
    assert ids(foreign.scan().to_arrow()) == list(range(1000))
    foreign.append(ROWS.slice(0, 5))
    assert catalog.load_table("shop.orders").scan().to_arrow().num_rows == 1005
    plain.close()


def test_a_stream_is_a_file(store: ObjectStore) -> None:
    fresh = load_file_io(dict(StoreFileIO.properties(store)))
    at = store.location("a/file")
    output = fresh.new_output(at)
    assert not output.exists()
    with output.create() as stream:
        stream.write(b"01234")
        stream.write(b"56789")
        assert stream.tell() == 10
        assert not output.exists(), "nobody sees half a file"
    assert len(output) == len(fresh.new_input(at)) == 10
    with fresh.new_input(at).open() as stream:
        assert stream.read(3) == b"012"
        assert stream.seek(-2, os.SEEK_END) == 8
        assert stream.read(100) == b"89"
        stream.seek(4)
        assert stream.read() == b"456789"
    with pytest.raises(FileExistsError):
        output.create()
    with output.create(overwrite=True) as stream:
        stream.write(b"new")
    assert store.get("a/file") == b"new"
    fresh.delete(at)
    assert not fresh.new_input(at).exists()
    for broken in (lambda: fresh.new_input(at).open(), lambda: len(fresh.new_input(at))):
        with pytest.raises(FileNotFoundError, match="a/file"):
            broken()


def test_of_two_writers_of_one_file_the_second_fails(store: ObjectStore) -> None:
    fresh = load_file_io(dict(StoreFileIO.properties(store)))
    first, second = (fresh.new_output(store.location("f")).create() for _ in range(2))
    first.write(b"first")
    second.write(b"second")
    first.close()
    with pytest.raises(FileExistsError):
        second.close()
    assert store.get("f") == b"first"


def test_a_file_whose_writer_failed_is_not_there(store: ObjectStore) -> None:
    fresh = load_file_io(dict(StoreFileIO.properties(store)))
    with suppress(ZeroDivisionError), fresh.new_output(store.location("f")).create() as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert store.list("") == []


def test_other_places_are_refused(store: ObjectStore) -> None:
    fresh = load_file_io(dict(StoreFileIO.properties(store)))
    for call in (fresh.new_input, fresh.new_output, fresh.delete):
        with pytest.raises(Invalid, match="/etc/passwd"):
            call("file:///etc/passwd")


def test_files_are_durable_before_the_catalog_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    seen = LocalFiles(fsync=lambda fd: synced.add(os.fstat(fd).st_ino))
    store = LocalObjects(tmp_path / "objects", seen)
    catalog = catalog_on(store, tmp_path)
    catalog.create_namespace("shop")
    table = catalog.create_table("shop.orders", schema=ROWS.schema)
    commit = type(catalog).commit_table
    at_commit: list[set[int]] = []

    def committing(*arguments: object) -> object:
        files = {p.stat().st_ino for p in tmp_path.rglob("objects/shop/**/*") if p.is_file()}
        at_commit.append(files - synced)
        return commit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(catalog), "commit_table", committing)
    table.append(ROWS)
    files = {p.stat().st_ino for p in tmp_path.rglob("objects/shop/**/*") if p.is_file()}
    assert at_commit == [set()]
    assert len(files) == 5, "two metadata files, a manifest list, a manifest, the data"
    assert files <= synced
    catalog.close()


def test_clearing_up_after_a_commit_does_not_undo_it(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = StoreFileIO(dict(StoreFileIO.properties(store)))

    def silent(_: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(store, "delete", silent)
    with pytest.raises(OSError, match="no answer"):
        fresh.delete(store.location("f"))


def test_a_store_is_registered_once_and_only_while_it_lives(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    key = register_store(store)
    assert register_store(store) == key
    assert register_store(open_store(tmp_path)) != key
    kept = StoreFileIO({"thermocline.store": key})
    forget_store(key)
    with pytest.raises(NotFound, match=key):
        StoreFileIO({"thermocline.store": key})
    assert not kept.new_input(store.location("k")).exists()
    key = register_store(store)
    del store, kept
    with pytest.raises(NotFound):
        StoreFileIO({"thermocline.store": key})
