"""One in-memory database on plain tables with the same rows: what every answer is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from thermocline.core.certificate import Certificate
from thermocline.core.results import Result
from thermocline.core.schema import ENVELOPE
from thermocline.core.types import quote, type_name

from .columns import Column
from .events import Row, TableModel, as_table
from .spread import Cut

Rows = list[tuple[Any, ...]]


class Oracle:
    """Filled with complete rows; each question is put to a prefix of them."""

    def __init__(self) -> None:
        self._db = duckdb.connect(config={"threads": "1"})
        self._db.execute("SET TimeZone = 'UTC'")
        self._columns: dict[str, list[str]] = {}

    def close(self) -> None:
        self._db.close()

    def add(self, table: TableModel, rows: Sequence[Row], columns: Sequence[Column]) -> None:
        name = quote(f"all_{table.name}")
        wanted = (
            {"_shard": "VARCHAR"}
            | {f.name: type_name(f.type) for f in ENVELOPE}
            | {c.name: c.sql for c in columns}
        )
        known = self._columns.get(table.name)
        if known is None:
            defined = ", ".join(f"{quote(n)} {t}" for n, t in wanted.items())
            self._db.execute(f"CREATE TABLE {name} ({defined})")
        else:
            for n, t in wanted.items():
                if n not in known:
                    self._db.execute(f"ALTER TABLE {name} ADD COLUMN {quote(n)} {t}")
        self._columns[table.name] = list(wanted)
        if rows:
            incoming = as_table(rows, columns)
            self._db.register("incoming", incoming)
            self._db.execute(f"INSERT INTO {name} SELECT * FROM incoming")
            self._db.unregister("incoming")

    def at(self, tables: Sequence[TableModel], cut: Cut) -> None:
        """From now on the tables are as they were at the cut."""
        cuts = ", ".join(f"('{shard}', {at.seq}, {at.instant.isoformat()!r})" for shard, at in cut.items())
        self._db.execute(
            "CREATE OR REPLACE TABLE cut AS SELECT shard, seq, epoch_us(instant::TIMESTAMPTZ) AS micros"
            f" FROM (VALUES {cuts}) AS c(shard, seq, instant)"
        )
        for table in tables:
            if table.name not in self._columns:
                continue
            names = [*ENVELOPE.names, *(c.name for c in table.columns_at(cut))]
            self._db.execute(
                f"CREATE OR REPLACE VIEW {quote(table.name)} AS SELECT {', '.join(map(quote, names))}"
                f" FROM {quote(f'all_{table.name}')} JOIN cut ON _shard = shard WHERE _seq <= seq"
                " AND (_ttl_seconds IS NULL OR (micros - epoch_us(_recorded_at)) // 1000000 < _ttl_seconds)"
            )

    def ask(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None) -> Rows:
        relation = self._db.sql(sql, params=params) if params else self._db.sql(sql)
        return Result(relation.to_arrow_table(), Certificate()).rows()
