"""What a view's statement is, for keeping its answer: rows, groups, or only a whole; pure.

    rows     select a, b from t where c > 5            new events bring rows, old ones stay
    groups   select a, sum(b) from t group by a        new events bring parts, which are merged when read
    whole    joins, DISTINCT, windows, LIMIT, ...      computed anew at each refresh

The kept statement reads the events of one span: `AFTER` and `LEAST` stand in its text for where that begins.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..bind import Bound, Ref
from ..latest import ROW_BY_ROW
from ..partial import Partial, split_aggregate
from ..rules.envelope import ENVELOPE_COLUMNS
from ..syntax import Node, children

AFTER, LEAST = "$after$", "$least$"
"""Texts in a kept statement, in quotes: an instant, or a query for one; a constant at or before that."""

_ROW_KEYS = frozenset(["type", "cte_map", "select_list", "from_table", "where_clause", "aggregate_handling"])
_COMBINED = {"count": "sum", "count_star": "sum"}
"""Aggregate of a part -> the aggregate that makes one part of several; the others are their own."""


@dataclass(frozen=True, slots=True)
class Shape:
    """`kind`: rows, groups or whole; `reason`: why only a whole. `table`: whose events it reads bit by bit.

    `kept`: the statement whose rows are kept. `names`: of its columns, in the terms of `merges` and `last`.
    `keys`: how many of them, the first ones, are what groups have in common; `combined`: for each of the
    others the aggregate that folds several into one. `merges`: (expression, name) over all parts of a group.
    `last`: the statement over that, read from `merged$`. `averaged`: columns that must be numbers.
    """

    kind: str
    reason: str = ""
    table: str = ""
    kept: str = ""
    names: tuple[str, ...] = ()
    keys: int = 0
    combined: tuple[str, ...] = ()
    merges: tuple[tuple[str, str], ...] = ()
    last: str = ""
    averaged: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {slot: getattr(self, slot) for slot in Shape.__slots__}

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Shape:
        merges = tuple((name, merge) for name, merge in raw["merges"])
        lists = {key: tuple(raw[key]) for key in ("names", "combined", "averaged")}
        return Shape(**{**raw, **lists, "merges": merges})


Render = Callable[[Node], str]
"""A tree as text."""


def shape(
    bound: Bound, payload: Sequence[str], expires: bool, render: Render, parse: Callable[[str], Node]
) -> Shape:
    """`payload`: the columns of its table, if it reads one; `expires`: whether that table has a retention."""
    if len(bound.refs) != 1:
        return Shape("whole", "it reads several tables" if bound.refs else "it reads no table")
    (ref,) = bound.refs
    if expires:
        return Shape("whole", f"rows of `{ref.name}` expire")
    if bound.clock or "_tier" in ref.envelope:
        return Shape("whole", "it depends on when it is asked" if bound.clock else "it reads `_tier`")
    condition = parse(_condition(ref))["where_clause"]
    if (rows := _rows(bound, ref, payload)) is not None:
        names = tuple(f"row${number}" for number in range(len(rows["select_list"])))
        items = [{**item, "alias": name} for item, name in zip(rows["select_list"], names, strict=True)]
        tree = _with(rows | {"select_list": items}, condition)
        return Shape("rows", table=ref.name, kept=render(tree), names=names)
    columns: Container[str] = {*(name.lower() for name in payload), *ENVELOPE_COLUMNS}
    partial = split_aggregate(bound, columns)
    if partial is None or _limited(bound.source.tree):
        return Shape("whole", _why(bound.source.tree))
    return Shape(
        "groups",
        table=ref.name,
        kept=render(_with(partial.shard, condition)),
        names=(*partial.keys, *partial.parts),
        keys=len(partial.keys),
        combined=_combined(partial),
        merges=tuple((merge, name) for name, merge in partial.merges),
        last=render(partial.last),
        averaged=partial.averaged,
    )


def _condition(ref: Ref) -> str:
    label = '"' + (ref.alias or ref.name).replace('"', '""') + '"'
    bounds = " and ".join(f"{label}._recorded_at > '{text}'::TIMESTAMPTZ" for text in (AFTER, LEAST))
    return f"select 1 from {label} where {bounds}"


def _with(tree: Node, condition: Node) -> Node:
    """The statement over the events of a span only."""
    if "where_clause" not in tree:
        return tree | {"where_clause": condition}
    both = {"class": "CONJUNCTION", "type": "CONJUNCTION_AND", "children": [tree["where_clause"], condition]}
    return tree | {"where_clause": both}


def _rows(bound: Bound, ref: Ref, payload: Sequence[str]) -> Node | None:
    """The tree, its stars written out, if each event makes one row or none by itself."""
    tree = bound.source.tree
    if len(bound.selects) != 1 or tree["type"] != "SELECT_NODE" or not tree.keys() <= _ROW_KEYS:
        return None
    plain = (
        tree["from_table"]["type"] == "BASE_TABLE" and not (ref.whole or ref.renamed) and len(ref.path) == 1
    )
    if not plain or "map" in tree.get("cte_map", {}) or tree.get("aggregate_handling") == "FORCE_AGGREGATES":
        return None
    items: list[Node] = []
    for item in tree["select_list"]:
        items += [_column(ref, name) for name in payload] if _is_star(item) else [item]
    if not all(_by_row(node) for node in (*items, tree.get("where_clause", {}))):
        return None
    return tree | {"select_list": items}


def _column(ref: Ref, name: str) -> Node:
    names = [ref.alias or ref.name, name]
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": names}


def _is_star(item: Node) -> bool:
    return item["class"] == "STAR" and item.keys() <= {
        "class",
        "type",
        "query_location",
        "query_location_length",
    }


def _by_row(node: Any) -> bool:
    """Computed from one row, the same whenever it is."""
    if isinstance(node, dict):
        if node.get("class") in ("WINDOW", "SUBQUERY", "STAR", "LAMBDA", "POSITIONAL_REFERENCE", "PARAMETER"):
            return False
        called = node.get("class") == "FUNCTION" and not node.get("is_operator")
        if called and node["function_name"].lower() not in ROW_BY_ROW:
            return False
    return all(_by_row(child) for child in children(node))


def _limited(tree: Node) -> bool:
    return any(modifier["type"] == "LIMIT_MODIFIER" for modifier in tree.get("modifiers", ()))


def _combined(partial: Partial) -> tuple[str, ...]:
    parts = partial.shard["select_list"][len(partial.keys) :]
    names = [part["function_name"].lower() for part in parts]
    return tuple(_COMBINED.get(name, name) for name in names)


def _why(tree: Node) -> str:
    if tree["type"] != "SELECT_NODE":
        return "it is no single SELECT"
    if _limited(tree):
        return "it has a LIMIT"
    if tree.get("from_table", {}).get("type") != "BASE_TABLE":
        return "its FROM is no plain table"
    if "WINDOW" in (classes := _classes(tree)) or "qualify" in tree:
        return "it has a window"
    if "SUBQUERY" in classes:
        return "it has a subquery"
    return "it has an aggregate, a function or a grouping that is not merged from parts"


def _classes(node: Any) -> set[str]:
    own = {node["class"]} if isinstance(node, dict) and "class" in node else set()
    return own.union(*(_classes(child) for child in children(node)))
