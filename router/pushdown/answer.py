"""Carries a push-down out: Daft's part first, then DuckDB over its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from ...core.types import quote
from ..constants import Surroundings
from ..daft_engine import DaftError, Files, run_fragment
from ..engine import Engine, EngineError, Session
from ..plan import Plan
from ..syntax import Node, children
from .fragments import PushDown, push_down
from .typed import Lacks

Answer = tuple[pa.Table, list[str]]
"""Rows, and the SQL types of the columns."""


@dataclass(frozen=True)
class Pushed:
    """A statement in two parts. `text`: DuckDB's. `parameters`: those that are left in it."""

    down: PushDown
    text: str
    parameters: frozenset[str]

    def left(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name in self.parameters}


def push(text: str, engine: Engine, plan: Plan, around: Surroundings) -> Pushed:
    """`text`: the statement that DuckDB would run over the plan's views. Raises `Lacks`."""
    reply = engine.parse(text)
    if reply["error"]:
        raise Lacks("PIVOT over values that are not known before")
    statement = reply["statements"][0]
    down = push_down(statement["node"], plan, around)
    with engine.session() as session:
        remaining = orjson.dumps({"error": False, "statements": [{**statement, "node": down.tree}]}).decode()
        try:
            written = session.value("SELECT json_deserialize_sql(?::JSON)", [remaining])
        except EngineError:
            raise Lacks("a form that is not written down again") from None
    return Pushed(down, str(written), frozenset(_parameters(down.tree)))


def prepare(
    pushed: Pushed,
    shown: list[tuple[str, str]],
    values: Mapping[str, Any],
    session: Session,
    open_views: Callable[[frozenset[str]], None],
) -> None:
    """Makes all that DuckDB's part reads, Daft's outcome still empty, and sees that it gives `shown`.

    `shown`: (name, SQL type) of the columns that DuckDB alone would give; `session`: without views, which
    `open_views` makes in it. Raises `Lacks`.
    """
    for number, fragment in enumerate(pushed.down.fragments):
        empty = pa.schema([(given, pa.null()) for given, _ in fragment.columns.values()]).empty_table()
        session.register(_outcome(number), empty)
        columns = ", ".join(
            f"{quote(given)}::{sql_type} AS {quote(name)}"
            for name, (given, sql_type) in fragment.columns.items()
        )
        session.create_view(fragment.name, f"SELECT {columns} FROM {quote(_outcome(number))}")
    open_views(pushed.down.views)
    try:
        types = [sql_type for _, sql_type in session.columns(pushed.text, pushed.left(values))]
    except EngineError as error:
        if error.kind in ("BinderException", "CatalogException"):
            raise Lacks("columns that only DuckDB finds") from error
        raise
    if types != [sql_type for _, sql_type in shown]:
        raise Lacks("types that are not the same")


def answer(
    pushed: Pushed,
    names: list[str],
    values: Mapping[str, Any],
    session: Session,
    files: Files,
    check: Callable[[], None],
) -> Answer:
    """`session`: as prepared; `names`: of the columns. Raises `Lacks` where Daft fails."""
    for number, fragment in enumerate(pushed.down.fragments):
        try:
            session.register(_outcome(number), run_fragment(fragment, files, check))
        except DaftError as error:
            raise Lacks(f"its failure: {error}") from error
    check()
    table, types = session.run(pushed.text, pushed.left(values))
    return table.rename_columns(names), types


def _outcome(number: int) -> str:
    return f"daft${number}"


def _parameters(node: Node) -> set[str]:
    own = {str(node["identifier"])} if isinstance(node, dict) and node.get("class") == "PARAMETER" else set()
    return own.union(*(_parameters(child) for child in children(node)))
