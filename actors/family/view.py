"""A materialised view: keeps what its query computes, and refreshes it when its tables have grown.

What a reader needs is in a hidden table of the same database, next to the events and as durable as they are;
here is when it is brought up to date, and what came of that.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from ...core.clock import iso, now_us
from ...core.errors import Error, Invalid, NotFound
from ...core.objects import AlarmInfo
from ...router.materialized.definition import View, hidden_name
from ...router.materialized.known import told
from ..objects.base import DurableObject, concurrent
from .aside import start_aside
from .keeping import build, define, drop, fold, kept_rows, refresh

ON_APPEND_S = 1.0
REFRESHES_PER_FOLD = 32
CLOCKS_APART_US = 2_000_000
"""Hosts' clocks agree that well, or better."""

_INTERVAL = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(s|sec|second|m|min|minute|h|hour)s?\s*$", re.IGNORECASE)


class ViewDO(DurableObject):
    """Its name is `<database>/<view>`. What may take long runs beside its turns: marks keep it apart."""

    def start(self) -> None:
        self._working = threading.Lock()

    @concurrent
    def create(self, sql: str, refresh_as: str, if_not_exists: bool) -> bool:
        """False if it was there. Raises `Invalid` if it was there, or if the query can't be a view."""
        database, name = self._database(), self._name
        if database.router.views.view(name) is not None:
            if if_not_exists:
                return False
            raise Invalid(f"view `{name}` exists", hint="CREATE MATERIALIZED VIEW IF NOT EXISTS")
        if name.lower() in (table.lower() for table in database.tables()):
            raise Invalid(f"`{name}` is a table", hint="give the view another name")
        definition = define(database, name, sql, refresh_seconds(refresh_as))
        now = self._instant(database)
        build(database, definition, hidden_name(name, 1), gen=1, after=(0, 0), now=now)
        self._me().noted(now, None)
        return True

    @concurrent
    def refresh(self, rebuilt: bool = False) -> int:
        """The rows newly kept. `rebuilt`: everything is computed anew. Raises `NotFound` for no view."""
        with self._working:
            database, view = self._database(), self._view()
            now = self._instant(database)
            rows = refresh(database, view, now, rebuilt=rebuilt)
            if self._me().noted(now, None) % REFRESHES_PER_FOLD == 0:
                fold(database, self._view())
        return rows

    def noted(self, now: int, problem: str | None) -> int:
        """What came of a refresh; returns how many there were."""
        refreshes: int = self.storage.get("refreshes", -1) + 1
        self.storage.put({"refreshes": refreshes, "problem": problem})
        if problem is None:
            self.storage.put("refreshed", iso(now))
        return refreshes

    def wake(self) -> bool:
        """A table that it reads has grown: it will be refreshed in a while. False if that was known."""
        if self.storage.get_alarm("refresh") is not None:
            return False
        delay = self._view().definition.refresh_s
        if delay is not None:
            self.storage.set_alarm("refresh", delay)
        return delay is not None

    def drop(self, if_exists: bool) -> bool:
        """False if there was none. Raises `NotFound` then, unless `if_exists`."""
        dropped = drop(self._database(), self._name)
        self.storage.delete_all()
        if not dropped and not if_exists:
            raise NotFound(f"no view `{self._name}`", hint="views() lists them")
        return dropped

    def facts(self) -> dict[str, Any]:
        """What `views()` shows of it."""
        view = self._view()
        definition = view.definition
        return {
            "name": definition.name,
            "sql": definition.sql,
            "kept": told(view),
            "refresh": refresh_text(definition.refresh_s),
            "rows": kept_rows(self._database(), view),
            "upto": iso(view.upto_us),
            "refreshed": self.storage.get("refreshed"),
            "problem": self.storage.get("problem"),
        }

    def alarm(self, name: str, info: AlarmInfo) -> None:  # noqa: ARG002
        # A turn does not wait for what may take long.
        start_aside(self.ctx.lake, f"view-{self.ctx.id.name}", self._refresh_aside)

    def _refresh_aside(self) -> None:
        try:
            self.refresh()
        except Error as error:
            # It is read right all the same; the next append has it tried again.
            self._me().noted(0, f"{error.message} ({error.hint})")

    def _me(self) -> Any:
        return self.ctx.object(ViewDO, self.ctx.id.name)

    @property
    def _name(self) -> str:
        return (self.ctx.id.name or "").partition("/")[2]

    def _instant(self, database: Any) -> int:
        """Up to which events are kept: not in the future of any shard, whatever its host's clock says."""
        return now_us(self.ctx.clock) - (CLOCKS_APART_US if database.shards.tenancy.remote else 0)

    def _database(self) -> Any:
        return self.ctx.database((self.ctx.id.name or "").partition("/")[0])

    def _view(self) -> View:
        view: View | None = self._database().router.views.view(self._name)
        if view is None:
            raise NotFound(f"no view `{self._name}`", hint="views() lists them")
        return view


def refresh_seconds(text: str) -> float | None:
    """How long after an append a view is refreshed; `None` for never by itself.

    >>> refresh_seconds("append"), refresh_seconds("5 minutes"), refresh_seconds("manual")
    (1.0, 300.0, None)
    """
    if text == "manual":
        return None
    if text == "append":
        return ON_APPEND_S
    found = _INTERVAL.match(text)
    if found is None or not float(found[1]):
        raise Invalid(
            f"not a way to refresh: {text!r}", hint="'append', 'manual' or an interval such as '30s'"
        )
    return float(found[1]) * {"s": 1, "m": 60, "h": 3_600}[found[2][0].lower()]


def refresh_text(refresh_s: float | None) -> str:
    if refresh_s is None:
        return "manual"
    return "append" if refresh_s == ON_APPEND_S else f"{refresh_s:g}s"
