"""An opening that fails leaves nothing open: the next one finds the files as a crash would have left them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from thermocline.core.errors import Unavailable
from thermocline.core.objects import ObjectPolicy
from thermocline.core.policy import TierPolicy
from thermocline.tiers.cold.iceberg import IcebergCold
from thermocline.tiers.files import CheckedFiles
from thermocline.tiers.object_store import ObjectStore, open_store
from thermocline.tiers.objects.shard import ObjectShard, ObjectSurroundings
from thermocline.tiers.shard import Shard, Surroundings

from ..conftest import FakeClock

Open = Callable[[ObjectStore, Path, FakeClock], Any]


class FailingStore:
    """Passes on so many calls, and refuses those that follow."""

    def __init__(self, real: ObjectStore, calls: int) -> None:
        self._real = real
        self.left = calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name not in ("put", "get", "get_range", "size", "list", "delete"):
            return found

        def call(*args: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Unavailable("the store does not answer", hint="this is a test")
            return found(*args, **options)

        return call


def _shard(replicated: bool) -> Open:
    def opened(store: ObjectStore, folder: Path, clock: FakeClock) -> Shard:
        cold = IcebergCold(store, {"type": "sql", "uri": f"sqlite:///{folder}/catalog.sqlite"})
        around = Surroundings(store, CheckedFiles(store), cold, clock, bytes, TierPolicy())
        return Shard("acme", "shard-0", folder / "hot" / "hot.sqlite", around, replicated=replicated)

    return opened


def _objects(replicated: bool) -> Open:
    def opened(store: ObjectStore, folder: Path, clock: FakeClock) -> ObjectShard:
        around = ObjectSurroundings(folder / "hot", store, clock, ObjectPolicy(), replicated=replicated)
        return ObjectShard(7, around)

    return opened


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("open_it", [_shard(False), _shard(True), _objects(False), _objects(True)])
@pytest.mark.parametrize("again", [False, True])
def test_an_opening_that_the_store_cuts_short_leaves_no_file_open(
    tmp_path: Path, clock: FakeClock, open_it: Open, again: bool
) -> None:
    store = open_store(tmp_path / "objects")
    if again:
        open_it(store, tmp_path, clock).close()
    problems = []
    for calls in range(100):
        try:
            open_it(FailingStore(store, calls), tmp_path, clock).close()
        except Unavailable as problem:
            problems.append(problem)  # while its traceback is held, so is whatever it left behind
        else:
            break
        assert _open_below(tmp_path / "hot") == []
    assert len(problems) > 1
    assert _open_below(tmp_path / "hot") == []


def _open_below(folder: Path) -> list[str]:
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:
            continue
    return [path for path in found if path.startswith(str(folder))]
