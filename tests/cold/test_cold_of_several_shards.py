"""The shards of a database archive a table into one Iceberg table, from anywhere and at any time."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import Transaction
from sqlalchemy.exc import OperationalError

import thermocline
from thermocline.core.asof import AtSequence
from thermocline.core.owners import Append
from thermocline.core.sharding import HOME, new_shard_map
from thermocline.tiers import crash
from thermocline.tiers.cold import inventory
from thermocline.tiers.steps.archive import archive
from thermocline.tiers.steps.expire import expire, expire_dropped
from thermocline.tiers.steps.flush import flush
from thermocline.tiers.steps.verify import verify

from ..conftest import FakeClock
from .spread import SHARDS, Part, Spread

# -- together -------------------------------------------------------------------------------------


def test_shards_that_archive_at_once_lose_and_double_nothing(four: Spread) -> None:
    expected = {}
    for number, name in enumerate(SHARDS):
        expected[name] = list(range(number * 100, number * 100 + 12))

    def thrice(part: Part) -> None:
        for start in (0, 4, 8):
            part.append(*expected[part.shard.name][start : start + 4])
            part.archive()

    four.at_once(thrice)
    assert four.iceberg() == expected
    for part in four.parts.values():
        assert part.numbers() == expected[part.shard.name]
        assert part.shard.state("sales").manifest.cold_to == 12
    assert Counter(key for part in four.parts.values() for key in part.cold_keys()).most_common(1)[0][1] == 1
    assert sum(verify(part.shard).rows for part in four.parts.values()) == 48


ARCHIVE_ALONE = """
import sys
import pyarrow as pa
from pathlib import Path
from tests.cold.lake import ColdLake, events, table
root, shard = Path(sys.argv[1]), sys.argv[2]
lake, of = ColdLake(root), table(n=pa.int64())
for seq in (1, 2, 3):
    lake.archive(of, events(of, [seq], n=pa.array([seq])), shard=shard, shared=True)
"""


def test_shards_in_processes_of_their_own_share_a_catalog_that_none_has_made_yet(tmp_path: Path) -> None:
    here = Path(__file__).parent.parent.parent
    command = [sys.executable, "-c", ARCHIVE_ALONE, str(tmp_path)]
    children = [subprocess.Popen([*command, shard], cwd=here) for shard in SHARDS[:2]]
    assert [child.wait(60) for child in children] == [0, 0]
    catalog = load_catalog("thermocline", type="sql", uri=f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    rows = catalog.load_table("acme.sales").scan().to_arrow().select(["_shard", "n"]).to_pylist()
    assert Counter((row["_shard"], row["n"]) for row in rows) == Counter(
        (shard, n) for shard in SHARDS[:2] for n in (1, 2, 3)
    )


def test_iceberg_prunes_by_shard(four: Spread) -> None:
    four.at_once(lambda part: part.append(1, 2))
    four.at_once(Part.archive)
    table = four.alone()
    assert [(f.name, str(f.transform)) for f in table.spec().fields] == [
        ("_shard", "identity"),
        ("_time_year", "year"),
    ]
    assert table.schema().find_field(table.sort_order().fields[0].source_id).name == "_shard"
    planned = list(table.scan("_shard = 'shard-2'").plan_files())
    assert [task.file.record_count for task in planned] == [2]
    assert "shard-2" in planned[0].file.file_path
    # Readers that look for columns in the files alone find it, too.
    file = pq.read_table(four.folder / "objects" / next(iter(four[2].cold_keys())))
    assert file["_shard"].to_pylist() == ["shard-2", "shard-2"]


# -- interrupted ----------------------------------------------------------------------------------


class Killed(BaseException):
    pass


@pytest.mark.parametrize("point", ["archive.intended", "archive.committed", "archive.listed"])
def test_a_shard_that_dies_around_its_commit_goes_on_from_there(two: Spread, point: str) -> None:
    two[0].append(1, 2)
    two[1].append(11, 12)
    flush(two[1].shard, two[1].shard.state("sales"))

    def die(reached: str) -> None:
        if reached == point:
            raise Killed

    crash.on_reach = die
    try:
        with pytest.raises(Killed):
            archive(two[1].shard, two[1].shard.state("sales"))
    finally:
        crash.on_reach = None
    two[0].archive()  # the other one commits on top of it
    two[1].around.cold.close()
    two[1].shard.log.close()
    two.open("shard-1")
    two[1].archive()
    assert two.iceberg() == {"shard-0": [1, 2], "shard-1": [11, 12]}
    assert (two[0].numbers(), two[1].numbers()) == ([1, 2], [11, 12])
    assert [verify(part.shard).rows for part in two.parts.values()] == [2, 2]


@pytest.mark.parametrize("step", ["archive", "expire"])
def test_a_commit_whose_reply_is_lost_is_not_made_again(
    make_spread: Callable[..., Spread], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    two = make_spread(2, history_s=0)
    two[0].append(1)
    two[0].archive()
    two[1].append(11)
    two[1].append(12, _ttl_seconds=1)
    if step == "expire":
        two[1].archive()
        two.clock.advance(seconds=5)
    commit = Transaction.commit_transaction
    lost: list[IcebergTable] = []

    def lose_the_first_reply(transaction: Transaction) -> IcebergTable:
        table = commit(transaction)
        if not lost:
            lost.append(table)
            raise OperationalError("commit", None, Exception("database is locked"))
        return table

    monkeypatch.setattr(Transaction, "commit_transaction", lose_the_first_reply)
    if step == "archive":
        two[1].archive()
    else:
        expire(two[1].shard, two[1].shard.state("sales"))
    assert lost
    kept = [11, 12] if step == "archive" else [11]
    assert two.iceberg() == {"shard-0": [1], "shard-1": kept}
    assert two[1].numbers() == kept
    verify(two[1].shard)


def test_what_a_former_owner_committed_late_is_taken_over(two: Spread) -> None:
    two[1].append(11, 12)
    late = two[1]
    flush(late.shard, late.shard.state("sales"))
    rows = late.shard.state("sales").segments.read_all(
        late.shard.table("sales"), late.shard.state("sales").manifest.warm[0].files
    )
    two.open("shard-1")
    late.around.cold.archive(
        "acme",
        late.shard.table("sales"),
        rows,
        shard="shard-1",
        after=0,
        seq=2,
        epoch=late.shard.meta.epoch,
        shared=True,
        policy=late.around.policy,
    )
    two[1].append(13)
    two[1].archive()
    assert two.iceberg() == {"shard-1": [11, 12, 13]}
    assert two[1].numbers() == [11, 12, 13]
    verify(two[1].shard)
    late.shard.close()
    late.around.cold.close()


# -- the past -------------------------------------------------------------------------------------


def test_a_reader_keeps_to_its_own_shards_files_now_and_in_the_past(
    make_spread: Callable[..., Spread],
) -> None:
    two = make_spread(2, snapshots_kept=1)
    for n in range(1, 4):
        two[0].append(n)
        two[1].append(10 + n)
        two[1].archive()
        two[0].archive()
    held = two[1].shard.snapshot({"sales": AtSequence(2)})
    for n in range(4, 7):
        two[0].append(n)
        two[0].archive()
        expire(two[0].shard, two[0].shard.state("sales"))
    assert held.tables["sales"].cold is not None
    assert {file.key for file in held.tables["sales"].cold.files} == two[1].cold_keys()
    held.release()
    assert two[1].numbers(AtSequence(2)) == [11, 12]
    assert two[1].numbers() == [11, 12, 13]
    assert two[0].numbers(AtSequence(4)) == [1, 2, 3, 4]


# -- removal --------------------------------------------------------------------------------------


def test_expiry_in_one_shard_touches_no_other(make_spread: Callable[..., Spread]) -> None:
    two = make_spread(2, history_s=3600, snapshots_kept=1)
    for part, first in ((two[0], 1), (two[1], 11)):
        part.append(first, _ttl_seconds=60)
        part.append(first + 1)
        part.archive()
    before = two[1].cold_keys()
    two.clock.advance(hours=2)
    assert expire(two[0].shard, two[0].shard.state("sales")).rows == 1
    two.clock.advance(hours=2)
    expire(two[0].shard, two[0].shard.state("sales"))
    assert two.iceberg() == {"shard-0": [2], "shard-1": [11, 12]}
    assert two[1].cold_keys() == before
    assert two[1].numbers() == [11, 12]
    gone = two.folder / "objects" / "tables/acme/sales/cold/data/2026"
    assert sorted(file.name[:8] for file in gone.iterdir()) == ["shard-0-", "shard-1-"]
    # What the second shard took out of Iceberg it still needs for its own past, so the first leaves it.
    assert expire(two[1].shard, two[1].shard.state("sales")).rows == 1
    expire(two[0].shard, two[0].shard.state("sales"))
    assert all((two.folder / "objects" / key).exists() for key in before)
    assert [verify(part.shard).rows for part in two.parts.values()] == [1, 1]


def test_a_shard_publishes_nothing_because_of_what_others_commit(two: Spread) -> None:
    two[0].append(1)
    two[1].append(11)
    two[1].archive()
    two[0].archive()
    version = two[1].shard.state("sales").manifest.version
    expire(two[1].shard, two[1].shard.state("sales"))
    assert two[1].shard.state("sales").manifest.version == version
    assert two[1].shard.log.intents() == {}


def test_what_another_shard_is_just_committing_is_not_taken_for_an_orphan(
    two: Spread, monkeypatch: pytest.MonkeyPatch
) -> None:
    two[0].append(1)
    two[0].archive()
    two[1].append(11)
    commit = Transaction.commit_transaction

    def expire_before(transaction: Transaction) -> IcebergTable:
        monkeypatch.setattr(Transaction, "commit_transaction", commit)
        expire(two[0].shard, two[0].shard.state("sales"))
        return commit(transaction)

    monkeypatch.setattr(Transaction, "commit_transaction", expire_before)
    two[1].archive()
    assert two.iceberg() == {"shard-0": [1], "shard-1": [11]}


def test_a_dropped_table_leaves_iceberg_with_its_last_shard(make_spread: Callable[..., Spread]) -> None:
    two = make_spread(2, history_s=3600)
    two[0].append(1)
    two[1].append(11)
    two.at_once(Part.archive)
    two[0].shard.drop_table("sales")
    two.clock.advance(minutes=50)
    two[1].shard.drop_table("sales")
    two.clock.advance(minutes=50)
    assert expire_dropped(two[0].shard).files > 0
    assert expire_dropped(two[1].shard).files == 0
    assert two.iceberg() == {"shard-0": [1], "shard-1": [11]}
    assert two[1].numbers(AtSequence(1)) == [11]
    two.clock.advance(minutes=50)
    assert expire_dropped(two[1].shard).files > 0
    with pytest.raises(NoSuchTableError):
        two.alone()
    assert two[0].around.store.list("tables/") == []


# -- change ---------------------------------------------------------------------------------------


def test_columns_that_reach_the_shards_at_different_times(four: Spread) -> None:
    four.at_once(lambda part: part.append(1))
    home = four[0].shard
    home.append([Append("sales", pa.schema([("city", pa.string()), ("paid", pa.float64())]).empty_table())])
    four[2].shard.follow(home.table("sales"))
    four[2].append(2, city="ulm", paid=2.5)
    four[2].archive()
    four[1].archive()  # knows nothing of it
    assert {"city", "paid"} <= set(four.alone().schema().column_names)
    four[0].archive()
    home.append([Append("sales", pa.schema([("note", pa.string())]).empty_table())])
    four.follow()
    four[3].append(3, note="hi")
    four.at_once(Part.archive)
    rows = four.alone().scan().to_arrow().select(["_shard", "n", "city", "paid", "note"]).to_pylist()
    assert sorted(tuple(row.values()) for row in rows if row["n"] > 1) == [
        ("shard-2", 2, "ulm", 2.5, None),
        ("shard-3", 3, None, None, "hi"),
    ]
    assert len(rows) == 6
    ids = {f.name: f.id for f in home.table("sales").schema.fields}
    assert {f.name: f.field_id for f in four.alone().schema().fields if f.field_id >= 100} == ids


def test_a_table_of_one_shard_becomes_one_of_several(make_spread: Callable[..., Spread]) -> None:
    spread = make_spread(1)
    spread[0].append(1, 2)
    spread[0].archive()
    assert "_shard" not in spread.alone().schema().column_names
    spread[0].append(3)
    spread.publish(new_shard_map(1, by="hash", key="n").split(HOME))
    spread.open("shard-1", "shard-2")
    spread.follow()
    spread[1].append(11)
    spread[2].append(21)
    spread.at_once(Part.archive)
    assert spread.iceberg() == {"shard-0": [1, 2, 3], "shard-1": [11], "shard-2": [21]}
    assert spread.iceberg(row_filter="_shard = 'shard-1'") == {"shard-1": [11]}
    assert spread.iceberg(row_filter="_shard = 'shard-0'") == {"shard-0": [1, 2, 3]}
    assert [part.numbers() for part in spread.parts.values()] == [[1, 2, 3], [11], [21]]
    assert sorted(f.name for f in spread.alone().spec().fields) == ["_shard", "_time_year"]
    for part in spread.parts.values():
        expire(part.shard, part.shard.state("sales"))
    assert sum(verify(part.shard).rows for part in spread.parts.values()) == 5


def test_the_old_file_of_a_table_that_became_shared_is_rewritten_as_the_first_shards(
    make_spread: Callable[..., Spread],
) -> None:
    spread = make_spread(1, history_s=0)
    spread[0].append(1, 2)
    spread[0].append(3, _ttl_seconds=1)
    spread[0].archive()
    spread.publish(new_shard_map(1, by="hash", key="n").split(HOME))
    spread.open("shard-1")
    spread.follow()
    spread[1].append(11)
    spread[1].archive()
    spread.clock.advance(seconds=9)
    assert expire(spread[0].shard, spread[0].shard.state("sales")).rows == 1
    assert spread.iceberg() == {"shard-0": [1, 2], "shard-1": [11]}
    assert [part.numbers() for part in spread.parts.values()] == [[1, 2], [11]]


@pytest.mark.parametrize("settled", [timedelta(0), inventory.SETTLED])
def test_each_shard_of_a_moved_lake_brings_its_own_part(
    make_spread: Callable[..., Spread], monkeypatch: pytest.MonkeyPatch, settled: timedelta
) -> None:
    monkeypatch.setattr(inventory, "SETTLED", settled)  # whether the metadata that a shard recorded is gone
    two = make_spread(2, snapshots_kept=1)
    for n in range(1, 4):
        two[1].append(10 + n)
        two[1].archive()
        two[0].append(n)
        two[0].archive()
        expire(two[0].shard, two[0].shard.state("sales"))
    two[0].append(4)
    two[0].archive()
    expire(two[0].shard, two[0].shard.state("sales"))
    recorded = two[1].shard.state("sales").manifest.cold
    assert recorded is not None
    assert (two.folder / "objects" / recorded.metadata[0].key).exists() == bool(settled)
    two.close()
    moved = two.folder.with_name(two.folder.name + "-moved")
    two.folder.rename(moved)
    two.folder = moved
    two.open("shard-0", "shard-1")
    assert two.iceberg() == {"shard-0": [1, 2, 3, 4], "shard-1": [11, 12, 13]}
    two[1].append(14)
    two[1].archive()
    assert two[1].numbers() == [11, 12, 13, 14]
    assert [verify(part.shard).rows for part in two.parts.values()] == [4, 4]


def test_a_database_with_four_shards_from_its_first_row_to_its_drop(tmp_path: Path, clock: FakeClock) -> None:
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        shop = lake.create_database("acme", shards=4, shard_by="hash", key="customer")
        for batch in range(3):
            shop.append("sales", [{"customer": f"c{n}", "n": n + 100 * batch} for n in range(20)])
            assert shop.archive("sales").rows == 20
        expected = sorted(n + 100 * batch for n in range(20) for batch in range(3))
        uri = f"sqlite:///{tmp_path / 'lake' / 'catalog.sqlite'}"
        rows = load_catalog("thermocline", type="sql", uri=uri).load_table("acme.sales").scan().to_arrow()
        assert sorted(rows["n"].to_pylist()) == expected
        assert set(rows["_shard"].to_pylist()) == set(SHARDS)
        assert [row[0] for row in shop.sql("select n from sales order by n").rows()] == expected
        shop.sql("drop table sales")
        clock.advance(days=30)
        assert shop.expire().files > 0
        assert not list((tmp_path / "lake" / "objects" / "tables").rglob("*.parquet"))
        with pytest.raises(NoSuchTableError):
            load_catalog("thermocline", type="sql", uri=uri).load_table("acme.sales")
