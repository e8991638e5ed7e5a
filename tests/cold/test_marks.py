"""The mark within the commit tells, after a crash, whether the commit happened; its epoch fences."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Transaction

from thermocline.core.errors import Conflict, Fenced, Unavailable
from thermocline.tiers.cold import retry

from .lake import POLICY, SHARD, ColdLake, events, table

OF = table(n=pa.int64())


def test_a_table_that_was_never_archived_has_no_mark(lake: ColdLake) -> None:
    assert lake.cold.archived("acme", OF, SHARD) is None


def test_rows_and_mark_arrive_in_one_commit(lake: ColdLake) -> None:
    archived = lake.archive(OF, events(OF, [1, 2]), seq=5, epoch=3)
    assert lake.cold.archived("acme", OF, SHARD) == (5, 3)
    alone = lake.alone()
    assert alone.properties[f"thermocline.archived.{SHARD}"] == "5@3"
    assert [s.snapshot_id for s in alone.snapshots()] == [archived.snapshot_id]
    assert (archived.parent_id, archived.rows) == (None, 2)


def test_each_shard_has_its_own_mark(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1, 2]))
    assert lake.cold.archived("acme", OF, "shard-1") is None


def test_a_failed_commit_leaves_neither_rows_nor_mark(
    lake: ColdLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.archive(OF, events(OF, [1]))

    def refuse(*_: object) -> None:
        raise CommitFailedException("another writer came first")

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "commit_transaction", refuse)
        patched.setattr(retry, "RETRY_FOR_S", 0)
        with pytest.raises(Unavailable, match="another writer"):
            lake.archive(OF, events(OF, [2]))
    assert lake.cold.archived("acme", OF, SHARD) == (1, 1)
    assert [file.rows for file in lake.files(OF)] == [1]
    lake.archive(OF, events(OF, [2]))
    assert lake.alone().scan().to_arrow().num_rows == 2


def test_the_same_rows_are_not_archived_again(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1, 2]))
    with pytest.raises(Conflict, match="up to 2 are archived already"):
        lake.archive(OF, events(OF, [1, 2]))
    assert lake.alone().scan().to_arrow().num_rows == 2


def test_a_former_owner_is_fenced(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]), epoch=2)
    with pytest.raises(Fenced, match="owner 2"):
        lake.archive(OF, events(OF, [2]), epoch=1)
    with pytest.raises(Fenced):
        lake.cold.rewrite("acme", OF, files=[], change=lambda *_: None, shard=SHARD, epoch=1, policy=POLICY)


def test_a_writer_that_slept_through_another_commit_does_not_commit_on_top(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]), epoch=1)
    stale = events(OF, [2])

    def while_the_stale_owner_sleeps() -> pa.Table:
        lake.archive(OF, events(OF, [2]), epoch=2)
        return events(OF, [3])

    # The second table is asked for when the stale owner has looked at the mark.
    lazily: list[Callable[[], pa.Table]] = [lambda: stale, while_the_stale_owner_sleeps]
    with pytest.raises(Fenced):
        lake.cold.archive(
            "acme",
            OF,
            (take() for take in lazily),
            shard=SHARD,
            after=1,
            seq=3,
            epoch=1,
            shared=False,
            policy=POLICY,
        )
    assert lake.cold.archived("acme", OF, SHARD) == (2, 2)
    assert sorted(lake.alone().scan().to_arrow()["_seq"].to_pylist()) == [1, 2]


def test_an_archive_without_rows_only_moves_the_mark(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, []), seq=9)
    assert lake.cold.archived("acme", OF, SHARD) == (9, 1)
    assert lake.files(OF) == []


def test_a_commit_of_a_former_owner_in_between_is_not_doubled(lake: ColdLake) -> None:
    def while_the_new_owner_writes() -> pa.Table:
        lake.archive(OF, events(OF, [1, 2]), epoch=1)
        return events(OF, [3])

    lazily: list[Callable[[], pa.Table]] = [lambda: events(OF, [1, 2]), while_the_new_owner_writes]
    rows = (take() for take in lazily)
    with pytest.raises(Conflict, match="up to 2 are archived already"):
        lake.cold.archive("acme", OF, rows, shard=SHARD, after=0, seq=3, epoch=2, shared=False, policy=POLICY)
    assert lake.alone().scan().to_arrow().num_rows == 2
