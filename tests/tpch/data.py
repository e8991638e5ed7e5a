"""TPC-H data, loaded as anyone would load files, and split over the tiers of one shard or of several."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
KEYS = {
    "customer": "c_custkey",
    "lineitem": "l_orderkey",
    "orders": "o_orderkey",
    "part": "p_partkey",
    "partsupp": "ps_partkey",
    "supplier": "s_suppkey",
}
"""What the large tables are spread by: rows of one key are one stream, over all tables that have it."""
SCALE = 0.02


def generate(folder: Path) -> Path:
    """One Parquet file a table."""
    program = Path(sys.executable).parent / "tpchgen-cli"
    command = [program, "parquet", "-s", str(SCALE), "--output-dir", folder]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def load(db: Any, folder: Path, work: Path, *, spread: bool = False) -> None:
    """A third of each table cold, a third warm, a third hot; half of the tables come as files.

    `spread`: each row names its stream. The files are written to `work`.
    """
    for at, table in enumerate(TABLES):
        rows = pq.read_table(folder / f"{table}.parquet")
        if spread and table in KEYS:
            rows = rows.append_column("_stream", _streams(table, rows))
        for part, third in enumerate(_thirds(rows)):
            if at % 2:
                file = work / f"{table}-{part}.parquet"
                pq.write_table(third, file)
                db.import_file(file, table)
            else:
                db.append(table, third)
            if part == 0:
                db.archive(table)
            elif part == 1:
                db.flush(table)


def _streams(table: str, rows: pa.Table) -> pa.ChunkedArray:
    kind = KEYS[table].split("_")[1].removesuffix("key")
    return pc.binary_join_element_wise(kind, rows.column(KEYS[table]).cast(pa.string()), "-")


def _thirds(table: pa.Table) -> list[pa.Table]:
    third = -(-table.num_rows // 3)
    return [table.slice(start, third) for start in range(0, table.num_rows, third)]


def plain(folder: Path) -> duckdb.DuckDBPyConnection:
    """The same data in ordinary tables."""
    db = duckdb.connect(config={"threads": "2"})
    for table in TABLES:
        rows = pq.read_table(folder / f"{table}.parquet")  # noqa: F841 - DuckDB finds it by its name
        db.execute(f"CREATE TABLE {table} AS SELECT * FROM rows")
    return db
