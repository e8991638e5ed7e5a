"""What there is to know of a query before it becomes a view."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.errors import NotFound
from ...core.owners import DatabaseOwner
from ..bind import Bound
from ..engine import Engine
from ..syntax import Node, spliced
from .shape import Shape, shape


@dataclass(frozen=True, slots=True)
class Analysis:
    """`text`: the query, views in it written out. `reads`: its tables. `table_id`: of the one that the shape
    follows, empty for a whole."""

    text: str
    shape: Shape
    reads: tuple[str, ...]
    table_id: str


def analysed(bound: Bound, owner: DatabaseOwner, engine: Engine) -> Analysis:
    """Raises `NotFound` for a table that is none."""
    tables = {ref.name.lower(): owner.table(ref.name) for ref in bound.refs}
    for ref in bound.refs:
        if len(ref.path) > 2:
            raise NotFound(f"no table `{'.'.join(ref.path)}`", hint=f"write `{ref.name}`")
    single = next(iter(tables.values())) if len(tables) == 1 else None
    payload = [field.name for field in single.schema.fields] if single else []
    expires = single is not None and single.retention_s is not None

    def render(node: Node) -> str:
        with engine.session() as session:
            return session.rendered(node)

    def parse(text: str) -> Node:
        tree: Node = engine.parse(text)["statements"][0]["node"]
        return tree

    found = shape(bound, payload, expires, render, parse)
    follows = single.id if single and found.kind != "whole" else ""
    text = spliced(bound.source.text, bound.source.removed)
    return Analysis(text, found, tuple(sorted(t.name for t in tables.values())), follows)
