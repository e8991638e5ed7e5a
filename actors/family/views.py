"""The views of one database, as its callers see them; and the word to a view that its table has grown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

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
        for table in tables:
            for name, delay in watched.get(table.lower(), ()):
                self._tenancy.notices.note(("view", self._database.name, name), delay, self._waking(name))

    def _waking(self, name: str) -> Callable[[], object]:
        return lambda: self._object(name).wake()

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
        return self._database.known_views

    def _object(self, name: str) -> Any:
        from .view import ViewDO

        return self._tenancy.object(ViewDO, f"{self._database.name}/{name.lower()}")
