"""A writer that was overtaken while it was frozen changes nothing when it wakes up."""

from __future__ import annotations

from pathlib import Path

import pytest

from thermocline.core.errors import Fenced
from thermocline.core.owners import Append
from thermocline.tiers.hot.log import HotLog
from thermocline.tiers.shard import Shard
from thermocline.tiers.steps.expire import expire
from thermocline.tiers.steps.flush import flush

from .opening import DATABASE, Clock, opened


def test_it_is_fenced_before_it_trims(tmp_path: Path) -> None:
    with pytest.raises(Fenced):
        _wake_up_late(tmp_path)
    assert _numbers(tmp_path) == set(range(1, 101))


def test_without_the_fence_it_would_lose_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shard, "check_fence", lambda *_: None)
    monkeypatch.setattr(HotLog, "_check_owner", lambda *_: None)
    _wake_up_late(tmp_path)
    assert _numbers(tmp_path) != set(range(1, 101))


def test_it_cannot_append(tmp_path: Path) -> None:
    with opened(tmp_path / "lake", Clock()) as lake:
        stale = lake.shard
        stale.append([Append("t", [{"n": 1}])])
        fresh = _second_owner(lake.path, stale)
        with pytest.raises(Fenced):
            stale.append([Append("t", [{"n": 2}])])
        fresh.append([Append("t", [{"n": 3}])])
        fresh.close()
    assert _numbers(tmp_path) == {1, 3}


def _wake_up_late(folder: Path) -> None:
    """The stale owner publishes a manifest under a number that the new owner's expire has freed."""
    with opened(folder / "lake", Clock()) as lake:
        stale = lake.shard
        stale.append([Append("t", [{"n": n} for n in range(1, 101)])])
        fresh = _second_owner(lake.path, stale)
        for up_to in (20, 40, 50):
            flush(fresh, fresh.state("t"), up_to)
            lake.clock.advance()
        expire(fresh, fresh.state("t"))
        fresh.close()
        flush(stale, stale.state("t"))


def _second_owner(path: Path, first: Shard) -> Shard:
    return Shard(DATABASE, first.name, path / "databases" / DATABASE / "hot.sqlite", first.around)


def _numbers(folder: Path) -> set[int]:
    with opened(folder / "lake", Clock(100)) as lake:
        return lake.answered("t")
