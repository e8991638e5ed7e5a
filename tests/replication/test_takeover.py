"""One owner at a time: who takes over seals the log, and who was replaced writes nothing more."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from thermocline.core.errors import Corrupt, Error, Fenced, Invalid
from thermocline.tiers.hot import takeover
from thermocline.tiers.steps.flush import flush

from .conftest import Node

MakeNode = Callable[[str], Node]


@pytest.fixture
def recoveries(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were restored."""
    done: list[Path] = []
    recover = takeover.recover

    def noted(store: object, unit: str, path: Path) -> object:
        done.append(path)
        return recover(store, unit, path)

    monkeypatch.setattr(takeover, "recover", noted)
    return done


def test_a_stale_owner_that_wakes_up_writes_nothing(node: MakeNode) -> None:
    stale = node("a").open()
    stale.append(*range(1, 11))
    fresh = node("b").open()
    assert fresh.append(11).first_seq == 11
    for act in (
        lambda: stale.append(12),
        lambda: stale.append(13),
        lambda: flush(stale.shard, stale.shard.state("t")),
        lambda: stale.shard.drop_table("t"),
    ):
        with pytest.raises(Fenced):
            act()
    slots = fresh.slots()
    assert fresh.numbers() == list(range(1, 12))
    assert node("c").open().numbers() == list(range(1, 12))
    assert len(fresh.slots()) == len(slots) + 2, "a seal and the taking over"


def test_a_stale_owner_of_the_same_file_commits_no_more(node: MakeNode) -> None:
    stale, fresh = node("a").open(), node("a")
    stale.append(1)
    fresh.open()
    with pytest.raises(Fenced):
        stale.append(2)
    fresh.append(3)
    assert fresh.numbers() == [1, 3]
    assert node("b").open().numbers() == [1, 3]


def test_what_a_stale_owner_left_on_its_disk_is_forgotten(node: MakeNode, recoveries: list[Path]) -> None:
    stale = node("a").open()
    stale.append(1)
    fresh = node("b").open()
    with pytest.raises(Fenced):
        stale.append(2)
    stale.close()
    stale.open()
    assert stale.numbers() == [1]
    assert recoveries == [fresh.path, stale.path]
    with pytest.raises(Fenced):
        fresh.append(3)


def test_a_file_at_the_logs_end_is_used_as_it_is(node: MakeNode, recoveries: list[Path]) -> None:
    here = node("a").open()
    here.append(1)
    here.reopen()
    here.append(2)
    copy = here.path.parent.with_name("killed")
    shutil.copytree(here.path.parent, copy)  # as a killed process leaves it, its log not yet in the file
    killed = node("killed").open()
    assert killed.numbers() == [1, 2]
    killed.append(3)
    assert recoveries == []
    assert node("b").open().numbers() == [1, 2, 3]


@pytest.mark.parametrize("lost", ["", "-wal"])
def test_a_file_that_fell_behind_is_restored(node: MakeNode, lost: str) -> None:
    here = node("a").open()
    here.append(1)
    old = here.path.parent.with_name("old")
    shutil.copytree(here.path.parent, old)
    here.append(2)
    behind = node("old")
    if lost:
        Path(f"{behind.path}{lost}").unlink()
    behind.open()
    assert behind.numbers() == [1, 2]


def test_a_damaged_file_is_restored(node: MakeNode) -> None:
    here = node("a").open()
    here.append(1)
    here.close()
    here.path.write_bytes(b"not a database at all" * 300)
    here.open()
    assert here.numbers() == [1]


def test_of_many_claimants_at_once_the_last_one_owns(node: MakeNode) -> None:
    first = node("first").open()
    first.append(1)
    assert first.numbers() == [1]
    nodes = [node(f"n{i}") for i in range(6)]
    opened: list[Node] = []

    def claim(each: Node) -> None:
        try:
            each.open()
            opened.append(each)
        except Fenced:
            pass

    threads = [threading.Thread(target=claim, args=(each,)) for each in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took: list[int] = []
    for number, each in enumerate([first, *opened], 10):
        try:
            each.append(number)
            took.append(number)
        except Fenced:
            pass
    assert len(took) <= 1
    last = node("last").open()
    assert last.numbers() == [1, *took]
    assert first.numbers() == [1]


def test_a_put_that_arrives_before_the_seal_is_kept(node: MakeNode) -> None:
    """It may have been acknowledged: the claimant that listed the log before it has to look again."""
    first, second = node("a").open(), node("b")
    first.append(1)
    put = second.store.put

    def late(key: str, data: object, *, create_only: bool = False) -> None:
        if key.startswith("log/") and not second.store.puts:
            second.store.puts.append("-")
            first.append(2)
        put(key, data, create_only=create_only)

    second.store.put = late  # type: ignore[method-assign]
    second.open()
    assert second.numbers() == [1, 2]
    with pytest.raises(Fenced):
        first.append(3)


def test_a_seal_whose_reply_was_lost_is_an_error_and_no_harm(node: MakeNode) -> None:
    first, second = node("a").open(), node("b")
    first.append(1)
    second.store.lose_replies = 1
    with pytest.raises(Error):
        second.open()
    with pytest.raises(Fenced):
        first.append(2)
    second.open()
    assert second.numbers() == [1]


def test_a_first_opening_that_failed_begins_anew(node: MakeNode) -> None:
    here = node("a")
    here.store.down = True
    with pytest.raises(Error):
        here.open()
    here.store.down = False
    here.open()
    here.append(1)
    assert node("b").open().numbers() == [1]


def test_a_local_database_can_become_replicated(node: MakeNode) -> None:
    here = node("a").open(replicated=False)
    here.append(1, 2)
    here.close()
    here.open()
    here.append(3)
    assert node("b").open().numbers() == [1, 2, 3]


def test_a_lost_local_database_is_missing_also_if_it_is_to_be_replicated(node: MakeNode) -> None:
    here = node("a").open(replicated=False)
    here.append(1)
    here.close()
    here.path.unlink()
    with pytest.raises(Corrupt, match="missing file"):
        here.open()


def test_a_replicated_file_is_not_opened_as_a_local_one(node: MakeNode) -> None:
    here = node("a").open()
    here.append(1)
    here.close()
    with pytest.raises(Invalid, match="is replicated"):
        here.open(replicated=False)


def test_a_log_without_a_snapshot_is_corrupt(node: MakeNode) -> None:
    here = node("a").open()
    here.append(1)
    here.store.delete([info.key for info in here.store.list("snapshots")])
    with pytest.raises(Corrupt, match="no snapshot"):
        node("b").open()
