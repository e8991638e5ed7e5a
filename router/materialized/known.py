"""The views of a database, as its hidden tables tell them: looked up when a name is no table's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ...core.asof import AsOf, AtInstant, Now
from ...core.clock import iso
from ...core.errors import NotFound
from ...core.results import Result
from ..bind import Bound, Ref
from ..syntax import Splice, spliced
from .definition import Definition, View, hidden_parts, mark_query, reading

REMEMBERED_S = 30.0
"""What is remembered of a view stays right, it only lets queries read more than they need."""

Views = Mapping[str, View]
"""By name, folded."""


class KnownViews:
    """`names`: the tables there are, hidden ones too. `ask`: runs SQL without looking for views."""

    def __init__(self, names: Callable[[], list[str]], ask: Callable[[str], Result]) -> None:
        self._names = names
        self._ask = ask
        self._views: dict[str, View] = {}
        self._looked_at = 0.0

    def known(self) -> Views:
        """As remembered; nothing is read unless there are some, and they were looked up long ago."""
        if self._views and time.monotonic() - self._looked_at > REMEMBERED_S:
            return self.look()
        return self._views

    def look(self) -> Views:
        """As they are."""
        tables: dict[str, list[tuple[int, str]]] = {}
        for table in self._names():
            if (parts := hidden_parts(table)) is not None:
                tables.setdefault(parts[0].lower(), []).append((parts[1], table))
        found = {}
        for name, numbered in tables.items():
            for _, hidden in sorted(numbered, reverse=True):
                if (view := self._read(hidden)) is not None:
                    found[name] = view
                    break
        self._views = found
        self._looked_at = time.monotonic()
        return found

    def view(self, name: str) -> View | None:
        return self.look().get(name.lower())

    def reading(self, table: str) -> list[str]:
        """The views that read a table."""
        views = self.look().values()
        return sorted(v.name for v in views if table.lower() in (r.lower() for r in v.definition.reads))

    def _read(self, hidden: str) -> View | None:
        try:
            marks = self._ask(mark_query(hidden)).rows()
        except NotFound:
            return None
        if not marks:
            return None
        ((definition, gen, upto, since),) = marks
        return View(Definition.from_json(definition), hidden, gen, upto, since)


def token(views: Views, bound: Bound | None, as_of: AsOf) -> tuple[tuple[str, int, int, str], ...]:
    """What the text of a statement over views depends on; empty for one that names none."""
    if not views or bound is None:
        return ()
    named = {name: views[name] for ref in bound.refs if (name := ref.name.lower()) in views}
    return tuple((v.hidden, v.gen, v.upto_us, _manner(v, as_of)) for _, v in sorted(named.items()))


def expanded(bound: Bound, views: Views, as_of: AsOf) -> tuple[str, tuple[str, ...]]:
    """The statement's text with queries in place of the views, and what to tell of each.

    Raises `NotFound` for a view that stands where only a table can.
    """
    splices, told = [], []
    for ref in bound.refs:
        view = views.get(ref.name.lower())
        if view is None:
            continue
        if ref.place is None or ref.point is not None:
            raise NotFound(
                f"`{view.name}` is a view, and cannot be read in this way",
                hint=f"write SELECT ... FROM {view.name}, with as_of= for a point in time",
            )
        manner = _manner(view, as_of)
        query = _text(view, manner)
        alias = "" if ref.alias else f' AS "{_label(ref)}"'
        splices.append(Splice(*ref.place, f"({query}){alias}"))
        told.append(f"view {view.name}: {_told(view, manner)}")
    return spliced(bound.source.text, [*bound.source.removed, *splices]), tuple(told)


def told(view: View) -> str:
    """How the view is kept, in a line."""
    shape = view.definition.shape
    if shape.kind == "whole":
        return f"recomputed whole at each refresh, as {shape.reason}"
    return f"incremental, {shape.kind} of `{shape.table}`"


def _manner(view: View, as_of: AsOf) -> str:
    """now: what is kept and what is new. then: the same at a past instant. computed: the statement itself."""
    if isinstance(as_of, Now):
        return "now"
    if (
        isinstance(as_of, AtInstant)
        and as_of.micros >= view.since_us
        and view.definition.shape.kind != "whole"
    ):
        return "then"
    return "computed"


def _text(view: View, manner: str) -> str:
    if manner == "computed":
        names = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name, _ in view.definition.columns)
        return f'SELECT * FROM ({view.definition.sql}\n) AS "view$"({names})'
    return reading(view, now=manner == "now")


def _told(view: View, manner: str) -> str:
    if manner == "computed":
        return "computed for that point in time"
    kept = f"kept up to {iso(view.upto_us)}"
    if view.definition.shape.kind == "whole":
        return f"{told(view)}; {kept}"
    return f"{told(view)}; {kept}, the rest is computed"


def _label(ref: Ref) -> str:
    return ref.name.replace('"', '""')
