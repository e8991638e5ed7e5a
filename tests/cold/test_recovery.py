"""After a crash between an Iceberg commit and our manifest, everything needed is found in the table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid
from thermocline.core.manifest import DataFile

from .lake import SHARD, ColdLake, events, table, widened

OF = table(n=pa.int64(), price=pa.float64())


def test_the_files_are_described_again_just_as_when_they_were_written(lake: ColdLake) -> None:
    times = ["2025-01-01", "2026-01-01"]
    rows = events(OF, [1, 2, 3], times=times, ttl=[60, None], price=pa.array([1.5, 2, 3]))
    archived = lake.archive(OF, rows)
    lake.open()
    assert sorted(lake.files(OF), key=str) == sorted(archived.added, key=str)
    assert lake.cold.archived("acme", OF, SHARD) == (3, 1)
    assert lake.recorded(OF).snapshot_id == archived.snapshot_id


def test_a_file_keeps_the_schema_version_that_it_was_written_with(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    wider = widened(OF, 2, city=pa.string())
    lake.archive(wider, events(wider, [2]))
    lake.open()
    found = lake.cold.data_files("acme", wider, shard=SHARD, known={})
    assert [(f.seq_min, f.schema_version) for f in sorted(found, key=lambda f: f.seq_min)] == [(1, 1), (2, 2)]


def test_known_files_are_not_read_again(lake: ColdLake) -> None:
    (first,) = lake.archive(OF, events(OF, [1])).added
    lake.archive(OF, events(OF, [2]))
    lake.open()
    lake.path(first.key).unlink()
    found = lake.cold.data_files("acme", OF, shard=SHARD, known={first.key: first})
    assert first in found
    assert len(found) == 2


def test_a_table_that_was_never_archived_has_no_files(lake: ColdLake) -> None:
    assert lake.files(OF) == []


def test_rows_that_another_program_appended_are_listed(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    rows = events(OF, [2], n=pa.array([5]), price=pa.array([2.5]))
    lake.alone().append(rows)
    (foreign,) = (f for f in lake.files(OF) if f.seq_min == 2)
    assert (foreign.rows, foreign.stats[100]) == (1, (5, 5))
    assert 101 not in foreign.stats  # a float of another writer: NaN may hide


def test_delete_files_of_another_program_are_refused(lake: ColdLake, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyiceberg.manifest import ManifestContent, ManifestFile

    lake.archive(OF, events(OF, [1]))
    # pyiceberg writes no delete files, so a manifest is made to look like one.
    monkeypatch.setattr(ManifestFile, "content", ManifestContent.DELETES)
    with pytest.raises(Invalid, match="delete files"):
        lake.files(OF)


def test_the_order_of_calls_does_not_matter(lake: ColdLake) -> None:
    """What one call remembers of immutable files serves the next, and never goes stale."""
    known: dict[str, DataFile] = {}
    for seq in range(1, 20):
        lake.archive(OF, events(OF, [seq]))
        listed = lake.cold.data_files("acme", OF, shard=SHARD, known=known if seq % 2 else {})
        known = {file.key: file for file in listed}
        assert sum(file.rows for file in listed) == seq
        recorded = lake.recorded(OF)
        lake.cold.verify("acme", OF, recorded, listed, shard=SHARD)
        fresh: Any = ColdLake(lake.root)
        assert fresh.recorded(OF) == recorded
        fresh.cold.close()


def test_rows_that_another_program_appended_to_a_shared_table_are_of_the_shard_that_they_name(
    lake: ColdLake,
) -> None:
    lake.archive(OF, events(OF, [1]), shared=True)
    rows = events(OF, [2, 3], n=pa.array([5, 6]), price=pa.array([2.5, 3.5]))
    lake.alone().append(rows.append_column("_shard", pa.array(["shard-1", None])))
    assert [file.rows for file in lake.files(OF, "shard-1")] == [1]
    assert [(file.seq_min, file.rows) for file in lake.files(OF)] == [(1, 1), (3, 1)]
