"""The semantic model of a database, as documents: `databases/<name>/model/<version>.yaml` in the store.

Each is the text as somebody wrote it; old versions stay.
"""

from __future__ import annotations

from ..core.errors import Conflict
from .object_store import ObjectStore


class SemanticModels:
    """The documents of one database."""

    def __init__(self, store: ObjectStore, database: str) -> None:
        self._store = store
        self._prefix = f"databases/{database}/model/"

    def latest(self) -> tuple[int, str] | None:
        """(version, text), `None` if nobody wrote one."""
        keys = [info.key for info in self._store.list(self._prefix)]
        if not keys:
            return None
        newest = max(keys)
        version = int(newest.removeprefix(self._prefix).partition(".")[0])
        return version, self._store.get(newest).decode()

    def publish(self, text: str) -> int:
        """Puts a text into force; returns its version. Raises `Conflict` if another came first."""
        known = self.latest()
        version = 1 if known is None else known[0] + 1
        try:
            self._store.put(f"{self._prefix}{version:08d}.yaml", text.encode(), create_only=True)
        except Conflict:
            raise Conflict(
                "the semantic model was changed by another call at the same time",
                hint="look at it again, then decide",
            ) from None
        return version
