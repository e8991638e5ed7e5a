"""The views of one database, as its callers see them; and the word to a view that its table has grown."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ...core.errors import Error
from ...router.materialized.known import KnownViews

if TYPE_CHECKING:
    from ..database import LakeDatabase
    from ..tenancy import Tenancy


class DatabaseViews:
    """Implements `router.writes.ViewDoor`."""

    def __init__(self, database: LakeDatabase, tenancy: Tenancy) -> None:
        self._database = database
        self._tenancy = tenancy
        self._watched: dict[str, list[tuple[str, float]]] | None = None
        self._woken: dict[str, float] = {}
        self._pool: ThreadPoolExecutor | None = None

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def create_view(self, name: str, sql: str, *, refresh: str, if_not_exists: bool) -> bool:
        self._tenancy.check_writable()
        created: bool = self._object(name).create(sql, refresh, if_not_exists)
        self._look()
        return created

    def drop_view(self, name: str, *, if_exists: bool) -> bool:
        self._tenancy.check_writable()
        dropped: bool = self._object(name).drop(if_exists)
        self._look()
        return dropped

    def refresh_view(self, name: str, *, rebuilt: bool = False) -> int:
        self._tenancy.check_writable()
        rows: int = self._object(name).refresh(rebuilt)
        self._known.look()
        return rows

    def facts(self) -> list[dict[str, Any]]:
        return [self._object(view.name).facts() for _, view in sorted(self._known.look().items())]

    def appended(self, tables: Iterable[str]) -> None:
        """Tells the views of these tables, now and then, and in another thread."""
        watched = self._watched if self._watched is not None else self._look()
        if not watched or not self._tenancy.background:
            return
        now = time.monotonic()
        for table in tables:
            for name, delay in watched.get(table.lower(), ()):
                if now - self._woken.get(name, -delay) >= delay:
                    self._woken[name] = now
                    self._submit(name)

    def _submit(self, name: str) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="thermocline-views")
        self._pool.submit(self._wake, name)

    def _wake(self, name: str) -> None:
        try:
            self._object(name).wake()
        except Error:
            # A view that is not kept up to date is still read right, and the next append tells it again.
            self._woken.pop(name, None)

    def _look(self) -> dict[str, list[tuple[str, float]]]:
        watched: dict[str, list[tuple[str, float]]] = {}
        for view in self._known.look().values():
            if view.definition.refresh_s is not None:
                for table in view.definition.reads:
                    watched.setdefault(table.lower(), []).append((view.name, view.definition.refresh_s))
        self._watched = watched
        return watched

    @property
    def _known(self) -> KnownViews:
        return self._database.router.views

    def _object(self, name: str) -> Any:
        from .view import ViewDO

        return self._tenancy.object(ViewDO, f"{self._database.name}/{name.lower()}")
