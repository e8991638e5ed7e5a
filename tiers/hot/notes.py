"""What a shard notes in its hot file beside its rows: tables, heads, outcomes, intents, saved tails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from ...core.errors import Invalid
from ...core.results import Appended
from ...core.schema import Table
from ...core.types import quote
from .hot_file import HotFile
from .once import Outcomes, decode, encode

_FORGOTTEN = -1
"""In place of a manifest version: the table was dropped and has expired."""

OUTCOMES_KEPT_US = 3_600 * 1_000_000
"""How long the outcome of a named append is kept: far longer than any caller tries."""


class HotNotes(HotFile):
    """What writes is called inside a `transaction`."""

    # -- tables -----------------------------------------------------------------------------------

    def table_ids(self) -> list[str]:
        """Of all tables there ever were."""
        return [row[0] for row in self._db.execute("SELECT id FROM _tables")]

    def tables(self) -> list[tuple[Table, int]]:
        """The tables defined here, dropped ones included, each with its current manifest version."""
        with self._reporting():
            found = self._db.execute(
                "SELECT definition, manifest FROM _tables WHERE manifest <> ? ORDER BY rowid", (_FORGOTTEN,)
            ).fetchall()
        try:
            return [(Table.from_dict(orjson.loads(text)), version) for text, version in found]
        except (Invalid, ValueError, KeyError, TypeError) as error:
            raise self._damaged(f"a table's definition is not what was written: {error!r}") from error

    def put_table(self, table: Table, known: Table | None) -> None:
        """Defines a table, or brings its definition and columns up to date; inside a `transaction`."""
        definition = orjson.dumps(table.to_dict()).decode()
        if known is None:
            columns = ", ".join(
                "_seq INTEGER PRIMARY KEY" if name == "_seq" else quote(name)
                for name in table.schema.logged.names
            )
            self._db.execute(f"CREATE TABLE {quote(table.id)} ({columns})")
            self._db.execute("INSERT INTO _tables VALUES (?, ?, ?, 0)", (table.id, table.name, definition))
            return
        for name in table.schema.logged.names:
            if name not in known.schema.logged.names:
                self._db.execute(f"ALTER TABLE {quote(table.id)} ADD COLUMN {quote(name)}")
        self._db.execute("UPDATE _tables SET definition = ? WHERE id = ?", (definition, table.id))

    def set_manifest(self, table_id: str, version: int) -> None:
        self._db.execute("UPDATE _tables SET manifest = ? WHERE id = ?", (version, table_id))

    def forget_table(self, table_id: str) -> None:
        """Removes the rows and all else but the id; inside a `transaction`."""
        self._db.execute(f"DROP TABLE {quote(table_id)}")
        for notes in ("_commits", "_computed"):
            self._db.execute(f"DELETE FROM {notes} WHERE table_id = ?", (table_id,))
        self._db.execute("UPDATE _tables SET manifest = ? WHERE id = ?", (_FORGOTTEN, table_id))

    # -- stream heads -----------------------------------------------------------------------------

    def hot_heads(self, table_id: str, *, up_to: int | None = None) -> dict[str, int]:
        """stream -> highest position among the rows here (with _seq <= up_to)."""
        limit = "" if up_to is None else f" AND _seq <= {up_to}"
        return dict(
            self._db.execute(
                f"SELECT _stream, max(_position) FROM {quote(table_id)}"
                f" WHERE _stream IS NOT NULL{limit} GROUP BY 1"
            )
        )

    def head(self, stream: str) -> int:
        row = self._db.execute("SELECT version FROM _heads WHERE stream = ?", (stream,)).fetchone()
        return int(row[0]) if row else 0

    def noted_heads(self, after: str, limit: int) -> list[tuple[str, int]]:
        """(stream, version) of those that are noted, in the order of their names, above `after`."""
        return self._db.execute(
            "SELECT stream, version FROM _heads WHERE stream > ? ORDER BY stream LIMIT ?", (after, limit)
        ).fetchall()

    def put_heads(self, heads: Mapping[str, int]) -> None:
        self._db.executemany(
            "INSERT INTO _heads VALUES (?, ?)"
            " ON CONFLICT (stream) DO UPDATE SET version = max(version, excluded.version)",
            list(heads.items()),
        )

    # -- named appends ----------------------------------------------------------------------------

    def outcomes(self, names: Sequence[str]) -> dict[str, dict[str, Appended]]:
        """Those of the named appends that were done."""
        found = {}
        for name in names:
            row = self._db.execute("SELECT outcome FROM _operations WHERE name = ?", (name,)).fetchone()
            if row is not None:
                found[name] = decode(row[0])
        return found

    def keep_outcomes(self, done: Outcomes, recorded_us: int) -> None:
        """Inside a `transaction`."""
        rows = [(name, encode(outcome), recorded_us) for name, outcome in done.items()]
        self._db.executemany("INSERT OR REPLACE INTO _operations VALUES (?, ?, ?)", rows)

    # -- archives that were begun -----------------------------------------------------------------

    def intents(self) -> dict[str, tuple[int, int]]:
        """table id -> (sequence, epoch) of the archive that was begun."""
        return {t: (seq, epoch) for t, seq, epoch in self._db.execute("SELECT * FROM _intents")}

    def put_intent(self, table_id: str, seq: int, epoch: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO _intents VALUES (?, ?, ?)", (table_id, seq, epoch))

    def drop_intent(self, table_id: str) -> None:
        self._db.execute("DELETE FROM _intents WHERE table_id = ?", (table_id,))

    # -- saved tails ------------------------------------------------------------------------------

    # -- computed columns -------------------------------------------------------------------------

    def put_computed(
        self, table_id: str, field_id: int, last_seq: int, rows: int, encoded: tuple[bytes, str]
    ) -> None:
        """A batch of values, with their checksum; inside a `transaction`."""
        self._db.execute(
            "INSERT INTO _computed VALUES (?, ?, ?, ?, ?, ?)", (table_id, field_id, last_seq, rows, *encoded)
        )

    def drop_computed(self, table_id: str, field_id: int, from_seq: int) -> None:
        """Forgets the batches that end at a sequence or after it; inside a `transaction`."""
        self._db.execute(
            "DELETE FROM _computed WHERE table_id = ? AND field_id = ? AND last_seq >= ?",
            (table_id, field_id, from_seq),
        )

    def computed(self, table_id: str, field_id: int, after: int) -> list[tuple[int, int, bytes, str]]:
        """(last sequence, rows, data, checksum) of each batch that ends after a sequence."""
        with self._reporting():
            return self._db.execute(
                "SELECT last_seq, rows, data, checksum FROM _computed"
                " WHERE table_id = ? AND field_id = ? AND last_seq > ? ORDER BY last_seq",
                (table_id, field_id, after),
            ).fetchall()

    def saved_tail(self, table_id: str) -> tuple[int, str] | None:
        """(last sequence, checksum) of the table's tail file."""
        found: tuple[int, str] | None = self._db.execute(
            "SELECT last_seq, checksum FROM _tails WHERE table_id = ?", (table_id,)
        ).fetchone()
        return found

    def put_saved_tail(self, table_id: str, last_seq: int, checksum: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO _tails VALUES (?, ?, ?)", (table_id, last_seq, checksum))
