"""The key-value half of an object's storage: any value that can be pickled, keys in order.

It is a table of the same private database, so that one turn writes both, or neither.
"""

from __future__ import annotations

import pickle
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from ...core.errors import Invalid

_TABLE = "CREATE TABLE IF NOT EXISTS _kv (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
MOST_KEY_BYTES = 2_048


class KeyValue:
    _kv_known = False
    """The table exists for certain."""

    def get(self, key: str, default: Any = None) -> Any:
        if not self._kv_exists():
            return default
        row = self._execute("SELECT value FROM _kv WHERE key = ?", (_key(key),)).fetchone()
        return default if row is None else pickle.loads(row[0])

    def put(self, key: str | Mapping[str, Any], value: Any = None) -> None:
        """One key, or all of a mapping."""
        entries = key if isinstance(key, Mapping) else {key: value}
        packed = [(_key(name), _packed(name, entry)) for name, entry in entries.items()]
        if not self._kv_known:
            self._execute(_TABLE, ())
            self._kv_known = True
        for entry in packed:
            self._execute("INSERT OR REPLACE INTO _kv VALUES (?, ?)", entry)

    def delete(self, key: str) -> bool:
        """False if it was not there."""
        if not self._kv_exists():
            return False
        return bool(self._execute("DELETE FROM _kv WHERE key = ?", (_key(key),)).rowcount)

    def list(
        self,
        *,
        prefix: str = "",
        start: str | None = None,
        end: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> dict[str, Any]:
        """Keys with the prefix, start <= key < end, in order of their UTF-8 bytes (or the reverse)."""
        if not self._kv_exists():
            return {}
        where = "substr(key, 1, ?) = ?"
        values: list[Any] = [len(prefix), prefix]
        first = max((text for text in (prefix, start) if text), default="")
        if first:
            where += " AND key >= ?"
            values.append(first)
        if end is not None:
            where += " AND key < ?"
            values.append(end)
        order = "DESC" if reverse else "ASC"
        rows = self._execute(
            f"SELECT key, value FROM _kv WHERE {where} ORDER BY key {order} LIMIT ?",
            (*values, -1 if limit is None else limit),
        )
        return {key: pickle.loads(value) for key, value in rows.fetchall()}

    def _kv_exists(self) -> bool:
        if not self._kv_known:
            found = self._execute("SELECT 1 FROM sqlite_master WHERE name = '_kv'", ()).fetchone()
            self._kv_known = found is not None
        return self._kv_known

    @abstractmethod
    def _execute(self, sql: str, bindings: tuple[Any, ...]) -> Any: ...


def _key(key: object) -> str:
    if not isinstance(key, str) or not 0 < len(key.encode()) <= MOST_KEY_BYTES:
        raise Invalid(f"not a key: {key!r}", hint=f"a text of 1 to {MOST_KEY_BYTES} bytes")
    return key


def _packed(key: str, value: object) -> bytes:
    try:
        return pickle.dumps(value, protocol=5)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise Invalid(f"the value of `{key}` can't be kept: {error}", hint="keep plain values") from error
