"""Each way to be wrong is caught by the very check that the right code passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from thermocline.core.errors import Error, Fenced
from thermocline.tiers import crash
from thermocline.tiers.hot import takeover
from thermocline.tiers.hot.slots import Slots

from ..conftest import FakeClock
from ..faults.child import Job
from ..faults.trial import Nursery, trial
from . import test_history, test_kill, test_takeover
from .conftest import Node

MakeNode = Callable[[str], Node]
nursery = test_kill.nursery
recoveries = test_takeover.recoveries
store = test_history.store


def _append_before_it_serves(node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """The former owner writes once the new one has read the log, and before the new one writes."""
    stale, fresh = node("a").open(), node("b")
    stale.append(1)
    outcomes: list[Error | None] = []

    def on_reach(point: str) -> None:
        if point == "recovery.replaced":
            monkeypatch.setattr(crash, "on_reach", None)
            try:
                stale.append(2)
                outcomes.append(None)
            except Error as error:
                outcomes.append(error)

    monkeypatch.setattr(crash, "on_reach", on_reach)
    fresh.open()
    assert isinstance(outcomes[0], Fenced)
    assert fresh.append(3).first_seq == 2
    assert node("c").open().numbers() == [1, 3]


def test_with_the_seal_nothing_comes_in_between(node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    _append_before_it_serves(node, monkeypatch)


def test_without_the_seal_it_does(node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = takeover._seal

    def unsealed(slots: Slots, *given: Any) -> object:
        there = list(slots.since(0))
        return (slots.read(there[-1].number), there) if there else seal(slots, *given)

    monkeypatch.setattr(takeover, "_seal", unsealed)
    with pytest.raises((Error, AssertionError)):
        _append_before_it_serves(node, monkeypatch)


def test_an_acknowledgement_before_the_put_is_caught(nursery: Nursery, tmp_path: Path) -> None:
    for name in ("right", "wrong"):
        (tmp_path / name).mkdir()
    job = Job(test_kill.SEED, replicated=True, point="append.begun", nth=3)
    trial(nursery, tmp_path / "right", job, lose_disk=True)
    wrong = Job(test_kill.SEED, replicated=True, point="append.begun", nth=3, variant="ship_later")
    with pytest.raises(AssertionError, match="is missing"):
        trial(nursery, tmp_path / "wrong", wrong, lose_disk=True)


def test_seals_that_expire_are_caught(
    store: Any, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(self: Any, start: int, before: int) -> None:
        self._store.delete(self.key(number) for number in range(start, before))

    monkeypatch.setattr(Slots, "delete", forgetful)
    with pytest.raises(AssertionError):
        test_history.test_an_owner_frozen_for_longer_than_the_history_finds_the_seal(store, tmp_path, clock)


def test_a_local_file_used_unseen_is_caught(
    node: MakeNode, recoveries: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover._File, "_is_current", lambda *_: True)
    with pytest.raises((Error, AssertionError)):
        test_takeover.test_what_a_stale_owner_left_on_its_disk_is_forgotten(node, recoveries)
