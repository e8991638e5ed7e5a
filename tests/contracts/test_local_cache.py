"""Copies of remote objects: bounded, never half, never taken from under a reader."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from thermocline.core.errors import NotFound
from thermocline.tiers.local_cache import LocalCache
from thermocline.tiers.object_store import open_store


class TestCache:
    """`fetched` counts what was asked of the remote store."""

    @pytest.fixture(autouse=True)
    def _cache(self, tmp_path: Path) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)
        self.folder = tmp_path / "cache"
        self.cache = LocalCache(self.folder, 250, clock=lambda: self.now)
        self.fetched: list[str] = []

    def path(self, key: str) -> Path:
        def fetch() -> bytes:
            self.fetched.append(key)
            return key.encode() * 100

        return self.cache.path(key, fetch)

    def test_the_longest_unused_goes_first(self) -> None:
        paths = {key: self.path(key) for key in "ab"}
        self.now += timedelta(hours=1)
        self.path("a")
        self.now += timedelta(hours=1)
        self.path("c")
        assert paths["a"].exists()
        assert not paths["b"].exists()
        assert self.fetched == ["a", "b", "c"]
        assert self.path("b").read_bytes() == b"b" * 100
        assert self.fetched == ["a", "b", "c", "b"]

    def test_recently_used_ones_stay_beyond_the_limit(self) -> None:
        paths = [self.path(key) for key in "abcdef"]
        self.now += timedelta(minutes=9)
        self.path("g")
        assert all(path.exists() for path in paths)
        self.now += timedelta(minutes=2)
        self.path("h")
        assert [path.exists() for path in paths] == [False] * 6

    def test_a_use_does_not_make_a_file_look_changed(self) -> None:
        before = self.path("a").stat().st_mtime_ns
        self.now += timedelta(hours=1)
        assert self.path("a").stat().st_mtime_ns == before

    def test_a_copy_is_found_by_the_next_process_and_never_half(self) -> None:
        self.path("a")
        again = LocalCache(self.folder, 250, clock=lambda: self.now)
        assert again.path("a", lambda: pytest.fail("fetched again")).read_bytes() == b"a" * 100
        assert [p for p in self.folder.rglob("*") if p.is_file()] == [self.path("a")]

    def test_a_failed_fetch_leaves_nothing(self) -> None:
        def fail() -> bytes:
            raise NotFound("no object `a`")

        with pytest.raises(NotFound):
            self.cache.path("a", fail)
        assert self.path("a").read_bytes() == b"a" * 100

    def test_many_threads_fetch_once(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self.path, ["a"] * 32))
        assert self.fetched == ["a"]

    def test_a_store_keeps_to_its_bound(self, tmp_path: Path) -> None:
        store = open_store("memory://bound", cache=tmp_path / "copies", cache_bytes=1000)
        paths = []
        for number in range(5):
            store.put(f"k{number}", b"x" * 400)
            paths.append(store.local_path(f"k{number}"))
            old = datetime.now(UTC).timestamp() - 3600 + number
            os.utime(paths[-1], (old, old))
        assert [path.exists() for path in paths] == [False, False, False, True, True]

    def test_a_folder_of_its_own_goes_with_the_store(self) -> None:
        store = open_store("memory://own")
        store.put("k", b"x")
        path = store.local_path("k")
        assert path.exists()
        del store
        assert not path.exists()
