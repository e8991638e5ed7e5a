"""What every object store promises, held by memory, a directory and S3 (moto on a loopback port)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest
from moto.server import DomainDispatcherApplication, ThreadedMotoServer

from thermocline.core.errors import Conflict, Invalid, NotFound, Unavailable
from thermocline.tiers.object_store import ObjectStore, open_store

ODD_KEYS = [
    "a b/c d",
    "day=2026-11-01/file.parquet",
    "é/日本/ü",
    "percent%20/%2F%zz",
    "hash#1/q?x=1&y=2+3",
    "glob/*[0]?",
    "quote/'\"`{}|^<>\\",
    "dots/...x/.hidden",
    "tmp/x.part",
    "#12",
    "n" * 255,
]
NOT_KEYS = ["", "/a", "a/", "a//b", ".", "a/../b", "../a", "a/.", "a\nb", "a\0b", "n" * 256, ".parts/x"]


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """Options of `open_store` for a server that lives as long as this module, with a bucket `lake`."""
    turn = threading.Lock()
    answer = DomainDispatcherApplication.__call__

    def in_turn(self: DomainDispatcherApplication, environ: Any, start_response: Any) -> Any:
        with turn:  # S3 decides a create-only put atomically, moto only if asked one request at a time
            return answer(self, environ, start_response)

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DomainDispatcherApplication, "__call__", in_turn)
        server.start()
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        names = {"access_key_id": "test", "secret_access_key": "test", "region": "us-east-1"}
        boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        ).create_bucket(Bucket="lake")
        yield {"endpoint": endpoint, **names}
        server.stop()


@pytest.fixture(params=["memory", "local", "s3"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], ObjectStore]:
    """Opens the same, initially empty store at each call."""
    name = "".join(c for c in tmp_path.name if c.isalnum())
    if request.param == "local":
        return lambda: open_store(tmp_path / "objects")
    if request.param == "memory":
        return lambda: open_store(f"memory://{name}{id(tmp_path)}", cache=tmp_path / "cache")
    options = request.getfixturevalue("s3")
    return lambda: open_store(f"s3://lake/{name}", cache=tmp_path / "cache", **options)


@pytest.fixture
def store(opened: Callable[[], ObjectStore]) -> ObjectStore:
    return opened()


class TestEveryStore:
    def test_what_was_put_is_got(self, opened: Callable[[], ObjectStore]) -> None:
        opened().put("a/b", b"hello")
        assert opened().get("a/b") == b"hello"
        assert opened().size("a/b") == 5

    @pytest.mark.parametrize(
        "data",
        [b"", b"bytes", memoryview(b"a view")[2:], memoryview(bytearray(b"mutable")), pa.py_buffer(b"arrow")],
        ids=["empty", "bytes", "view", "bytearray", "arrow"],
    )
    def test_anything_with_a_buffer_can_be_put(self, store: ObjectStore, data: Any) -> None:
        for create_only in (True, False):
            store.put("k", data, create_only=create_only)
            assert store.get("k") == bytes(data)
            assert store.size("k") == len(bytes(data))

    def test_what_was_put_does_not_change_with_its_buffer(self, store: ObjectStore) -> None:
        data = bytearray(b"before")
        store.put("k", memoryview(data))
        data[:] = b"after!"
        assert store.get("k") == b"before"

    def test_a_put_replaces(self, store: ObjectStore) -> None:
        store.put("k", b"a long first version")
        store.put("k", b"second")
        assert store.get("k") == b"second"

    def test_a_create_only_put_does_not(self, store: ObjectStore) -> None:
        store.put("a/k", b"first", create_only=True)
        with pytest.raises(Conflict, match="a/k"):
            store.put("a/k", b"second", create_only=True)
        assert store.get("a/k") == b"first"

    def test_a_deleted_key_can_be_created_again(self, store: ObjectStore) -> None:
        store.put("k", b"1", create_only=True)
        store.delete(["k"])
        store.put("k", b"2", create_only=True)
        assert store.get("k") == b"2"

    def test_of_sixteen_creators_one_wins(self, store: ObjectStore) -> None:
        together = threading.Barrier(16)

        def create(number: int) -> bool:
            together.wait()
            try:
                store.put("new/folder/41.json", b"%d" % number * 1000, create_only=True)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            won = list(pool.map(create, range(16)))
        assert won.count(True) == 1
        assert store.get("new/folder/41.json") == b"%d" % won.index(True) * 1000

    @pytest.mark.parametrize("call", ["get", "size", "local_path", "get_range"])
    def test_a_missing_key_is_not_found_by_name(self, store: ObjectStore, call: str) -> None:
        store.put("a/b/c", b"x")
        arguments = (0, 1) if call == "get_range" else ()
        for key in ("no/such", "a/b", "a/b/c/d"):
            with pytest.raises(NotFound, match=key):
                getattr(store, call)(key, *arguments)

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [(0, 4, b"0123"), (3, 4, b"3456"), (8, 100, b"89"), (10, 1, b""), (50, 5, b""), (5, 0, b"")],
    )
    def test_a_range_is_a_slice(self, store: ObjectStore, start: int, length: int, expected: bytes) -> None:
        store.put("k", b"0123456789")
        assert store.get_range("k", start, length) == expected

    @pytest.mark.parametrize(("start", "length"), [(-1, 2), (0, -1)])
    def test_a_range_is_not_negative(self, store: ObjectStore, start: int, length: int) -> None:
        store.put("k", b"0123456789")
        with pytest.raises(Invalid):
            store.get_range("k", start, length)

    def test_a_listing_is_sorted_and_complete(self, store: ObjectStore) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)
        for key in ("b/2", "b/10", "a", "b/c/d", "b-/x", "c"):
            store.put(key, b"x" * len(key))
        assert [i.key for i in store.list("")] == ["a", "b-/x", "b/10", "b/2", "b/c/d", "c"]
        infos = store.list("b/")
        assert [(i.key, i.size) for i in infos] == [("b/10", 4), ("b/2", 3), ("b/c/d", 5)]
        assert all(before < i.modified < datetime.now(UTC) + timedelta(seconds=2) for i in infos)

    def test_a_prefix_is_a_folder(self, store: ObjectStore) -> None:
        # Expiry deletes what it lists: the folder `orders` must not take `orders2` with it.
        for key in ("t/orders/1", "t/orders2/1", "t/orders"[:-1]):
            store.put(key, b"")
        assert [i.key for i in store.list("t/orders")] == ["t/orders/1"]
        assert store.list("t/orders/") == store.list("t/orders")
        assert store.list("nothing/here") == []

    def test_a_listing_of_more_than_one_page(self, store: ObjectStore) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: store.put(f"many/{n:04}", b""), range(1005)))
        assert [i.key for i in store.list("many")] == [f"many/{n:04}" for n in range(1005)]
        store.delete(i.key for i in store.list("many"))
        assert store.list("") == []

    def test_deleting_leaves_the_others(self, store: ObjectStore) -> None:
        for key in ("a/1", "a/2", "a/3"):
            store.put(key, b"x")
        store.delete(["a/1", "a/absent", "absent/too", "a/3", "a"])
        assert [i.key for i in store.list("")] == ["a/2"]
        store.delete([])
        assert store.get("a/2") == b"x"

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_odd_keys_stay_themselves(self, store: ObjectStore, key: str) -> None:
        store.put(key, key.encode(), create_only=True)
        assert [i.key for i in store.list("")] == [key]
        assert store.get(key) == key.encode()
        assert store.local_path(key).read_bytes() == key.encode()
        assert store.key_of(store.location(key)) == key
        with pytest.raises(Conflict):
            store.put(key, b"", create_only=True)
        store.delete([key])
        assert store.list("") == []

    @pytest.mark.parametrize("key", NOT_KEYS)
    def test_what_cannot_be_a_key_is_invalid_everywhere(self, store: ObjectStore, key: str) -> None:
        calls: list[Callable[[], object]] = [
            lambda: store.put(key, b"x"),
            lambda: store.get(key),
            lambda: store.size(key),
            lambda: store.get_range(key, 0, 1),
            lambda: store.local_path(key),
            lambda: store.delete([key]),
            lambda: store.location(key),
        ]
        for call in calls:
            with pytest.raises(Invalid):
                call()

    def test_twenty_megabytes(self, store: ObjectStore) -> None:
        data = os.urandom(1 << 20) * 20
        store.put("big", data)
        store.put("once", data, create_only=True)
        assert store.get("big") == data
        assert store.get("once") == data
        assert store.get_range("big", 19 << 20, 1 << 20) == data[19 << 20 :]
        assert store.local_path("big").read_bytes() == data

    def test_local_path_follows_puts_and_deletes_of_this_store(self, store: ObjectStore) -> None:
        store.put("a/k", b"one")
        path = store.local_path("a/k")
        assert path.is_absolute()
        assert store.local_path("a/k") == path
        store.put("a/k", b"two")
        assert store.local_path("a/k").read_bytes() == b"two"
        store.delete(["a/k"])
        assert not path.exists()
        with pytest.raises(NotFound):
            store.local_path("a/k")

    def test_locations_are_the_url_and_the_key(self, store: ObjectStore) -> None:
        assert store.location("a/b") == f"{store.url}/a/b"
        assert store.key_of(f"{store.url}/a/b") == "a/b"
        for outside in (store.url, store.url + "/", store.url + "x/a", "s3://other/a", "/etc/passwd"):
            with pytest.raises(Invalid):
                store.key_of(outside)
        with pytest.raises(Invalid):
            store.key_of(store.url + "/a/../../b")


class TestOpening:
    def test_urls(self, tmp_path: Path) -> None:
        assert open_store(tmp_path).url == f"file://{tmp_path}"
        assert open_store(f"file://{tmp_path}/a b").url == f"file://{tmp_path}/a b"
        assert open_store("s3://bucket/some/prefix/", region="eu-west-1").url == "s3://bucket/some/prefix"
        assert open_store("memory://x/").url == "memory://x"

    @pytest.mark.parametrize("where", ["ftp://host/x", "s3://", "nonsense://x"])
    def test_what_is_no_store(self, where: str) -> None:
        with pytest.raises(Invalid, match="cannot use"):
            open_store(where)

    @pytest.mark.parametrize("where", ["s3://bucket", "memory://x", "/tmp/x"])
    def test_unknown_options_are_named(self, where: str) -> None:
        with pytest.raises(Invalid, match="regoin"):
            open_store(where, regoin="eu-west-1")

    def test_s3_options_come_from_the_environment(
        self, s3: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3["endpoint"])
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        open_store("s3://lake/environment").put("k", b"x")
        assert open_store("s3://lake/environment", **s3).get("k") == b"x"

    def test_two_prefixes_of_a_bucket_are_two_stores(self, s3: dict[str, str], tmp_path: Path) -> None:
        one = open_store("s3://lake/one", cache=tmp_path, **s3)
        two = open_store("s3://lake/two", cache=tmp_path, **s3)
        one.put("k", b"1")
        two.put("k", b"2")
        assert (one.local_path("k").read_bytes(), two.local_path("k").read_bytes()) == (b"1", b"2")
        assert [i.key for i in one.list("")] == ["k"]

    def test_a_store_that_does_not_answer_is_unavailable(self) -> None:
        options = {"access_key_id": "x", "secret_access_key": "x", "retry_config": {"max_retries": 0}}
        store = open_store("s3://lake/x", endpoint="http://127.0.0.1:9", **options)
        for call in (lambda: store.get("k"), lambda: store.put("k", b""), lambda: store.list("")):
            with pytest.raises(Unavailable, match="s3://lake/x"):
                call()

    def test_a_directory_needs_no_obstore(self) -> None:
        code = (
            "import sys; from thermocline.tiers.object_store import open_store; open_store('/tmp/x');"
            "sys.exit('obstore' in sys.modules)"
        )
        path = os.pathsep.join(p for p in sys.path if p)
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, check=True)
