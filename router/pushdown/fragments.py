"""Takes out of a statement's tree the fragments that Daft can do, SELECT by SELECT; pure.

    select upper(p), sum(q) as s from sales where q > 2 group by p having s > 9 order by s limit 3

    Daft:   select k0, sum(x0) as a0 from (select t0_0 as k0, t0_1 as x0 from t0 where (t0_1 > 2)) as r ...
    DuckDB: select upper(k0), a0 as s from daft_0 where s > 9 order by s limit 3

A SELECT of rows is left as it is; its conditions are what Daft reads its table under.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ...core.types import INSTANT, JSON, type_name
from ..constants import Surroundings
from ..plan import Plan, TableScan
from ..syntax import Node, children
from .expressions import Expressions
from .groups import Groups, aggregates_in
from .joins import Relation, from_clause
from .sources import most_rows, type_of
from .typed import BIG, BOOL, DATE, DOUBLE, INT, TEXT, TIMESTAMP, Lacks

_KEPT = (TEXT, BOOL, INT, BIG, pa.float32(), DOUBLE, DATE, TIMESTAMP, INSTANT, JSON, pa.binary())
_QUERIES = ("SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE", "RECURSIVE_CTE_NODE")


@dataclass(frozen=True)
class Fragment:
    """`text`: for Daft, over `relations`. `columns`: name as DuckDB sees it -> (Daft's name, SQL type).

    `name`: the table or view that DuckDB reads the outcome as. `grouped`: whether rows become groups.
    """

    name: str
    text: str
    relations: tuple[Relation, ...]
    columns: Mapping[str, tuple[str, str]]
    grouped: bool


@dataclass(frozen=True)
class PushDown:
    """`tree`: the statement that remains, in DuckDB's own form; `views`: what it still reads by itself.

    `reasons`: why no more was taken.
    """

    fragments: tuple[Fragment, ...]
    tree: Node
    views: frozenset[str]
    reasons: tuple[str, ...]


def push_down(tree: Node, plan: Plan, around: Surroundings) -> PushDown:
    """`tree`: one statement that names its views. Raises `Lacks` if there is no fragment."""
    remaining = copy.deepcopy(tree)
    walk = _Walk({scan.view.lower(): scan for scan in plan.scans}, around)
    walk.into(remaining, frozenset())
    if not walk.fragments:
        raise Lacks("; ".join(dict.fromkeys(walk.reasons)) or "nothing to read")
    fetched = {fragment.name.lower() for fragment in walk.fragments}
    views = frozenset(name for name in _tables(remaining) if name in walk.views and name not in fetched)
    return PushDown(tuple(walk.fragments), remaining, views, tuple(walk.reasons))


def what_daft_lacks(tree: Node, plan: Plan, around: Surroundings) -> str | None:
    """Why DuckDB has to do all of it, `None` if it has not."""
    try:
        push_down(tree, plan, around)
    except Lacks as lacks:
        return str(lacks)
    return None


@dataclass
class _Walk:
    views: Mapping[str, TableScan]
    around: Surroundings
    fragments: list[Fragment] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def into(self, node: Any, hidden: frozenset[str]) -> None:
        """`hidden`: names of common tables, which hide views."""
        if isinstance(node, dict) and node.get("type") in _QUERIES:
            if node["type"] in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
                self.reasons.append("a common table of this kind")
                return
            for entry in node.get("cte_map", {}).get("map", ()):
                self.into(entry["value"]["query_node"], hidden)
                hidden |= {entry["key"].lower()}
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            if key != "cte_map" and isinstance(child, dict | list):
                self.into(child, hidden)
        if isinstance(node, dict) and node.get("type") == "SELECT_NODE":
            try:
                self._select(node, hidden)
            except Lacks as lacks:
                self.reasons.append(str(lacks))

    def _select(self, node: Node, hidden: frozenset[str]) -> None:
        leaves = list(_leaves(node.get("from_table", {"type": "EMPTY"})))
        read = [_is_view(leaf, self.views, hidden) for leaf in leaves]
        if not any(read):
            return
        if not all(read):
            raise Lacks("a join of a table with what is none")
        joined = from_clause(node, self.views)
        expressions = Expressions(joined.resolve, self.around)
        items = _grouping(node, joined.names)
        if items is None:
            self.fragments.append(_rows(node, joined.relations, expressions))
            return
        conditions = [expressions.condition(c) for c in joined.conditions]
        where = f" where {' and '.join(conditions)}" if conditions else ""
        rows = 1
        for relation in joined.relations:
            rows *= max(1, most_rows(relation.scan))
        groups = Groups(expressions, rows, [expressions.of(item) for item in items])
        name = f"daft_{len(self.fragments)}"
        rewritten = groups.rewritten(node)
        node.clear()
        node.update(_reading(rewritten, name))
        text = groups.text(joined.text, where, joined.relations[0])
        self.fragments.append(Fragment(name, text, joined.relations, groups.columns, grouped=True))


def _rows(node: Node, relations: tuple[Relation, ...], expressions: Expressions) -> Fragment:
    """The table under those of its conditions that Daft can judge; DuckDB judges all of them once more."""
    if len(relations) > 1:
        raise Lacks("a join that makes rows, not groups")
    for key, words in (("qualify", "QUALIFY"), ("sample", "samples")):
        if key in node:
            raise Lacks(words)
    if "WINDOW" in _classes(node["select_list"]):
        raise Lacks("a window over rows")
    (relation,) = relations
    where = node.get("where_clause")
    conjuncts = (
        where["children"] if where and where["type"] == "CONJUNCTION_AND" else [where] if where else []
    )
    conditions, reason = [], "rows without a condition, which DuckDB would have to fetch"
    for conjunct in conjuncts:
        try:
            conditions.append(expressions.condition(conjunct))
        except Lacks as lacks:
            reason = str(lacks)
    if not conditions:
        raise Lacks(reason)
    columns = {name: (given, _fetched(relation, name)) for name, given in relation.columns.items()}
    shown = ", ".join(relation.columns.values())
    text = f"select {shown} from {relation.name} where {' and '.join(conditions)}"
    return Fragment(relation.scan.view, text, relations, columns, grouped=False)


def _fetched(relation: Relation, name: str) -> str:
    """The SQL type of a column that is only fetched; raises `Lacks` where Daft alters values."""
    arrow = type_of(relation.scan, name) if name != "_tier" else pa.null()
    if not _is_kept(arrow):
        raise Lacks(f"the column `{name}`" if name == "_tier" else f"the type {type_name(arrow)}")
    return type_name(arrow)


def _is_kept(arrow: pa.DataType) -> bool:
    if pa.types.is_list(arrow):
        return _is_kept(arrow.value_type)
    if pa.types.is_struct(arrow):
        return all(_is_kept(arrow.field(at).type) for at in range(arrow.num_fields))
    return arrow in _KEPT or pa.types.is_decimal128(arrow)


def _grouping(node: Node, names: frozenset[str]) -> list[Node] | None:
    """The expressions that the rows are grouped by, `None` if rows stay rows."""
    if "sample" in node:
        raise Lacks("samples")
    if len(node.get("group_sets", ())) > 1:
        raise Lacks("several groupings at once")
    items = node["select_list"]
    aggregated = [bool(aggregates_in(item)) for item in items]
    if node.get("aggregate_handling") == "FORCE_AGGREGATES":
        return [item for item, is_aggregate in zip(items, aggregated, strict=True) if not is_aggregate]
    if "group_expressions" in node:
        return [_meant(key, items, names) for key in node["group_expressions"]]
    if any(aggregated) or aggregates_in(node.get("having", {})):
        return []
    distinct = [m for m in node.get("modifiers", ()) if m["type"] == "DISTINCT_MODIFIER"]
    if distinct and not distinct[0].get("distinct_on_targets") and "STAR" not in _classes(items):
        return None if "WINDOW" in _classes(items) else items
    return None


def _meant(key: Node, items: list[Node], names: frozenset[str]) -> Node:
    """GROUP BY 2, and GROUP BY an alias that no column bears, mean an item of the select list."""
    if key["class"] == "CONSTANT" and key["literal"]["kind"] == "INTEGER":
        return items[int(key["literal"]["text"]) - 1]
    if key["class"] == "COLUMN_REF" and len(key["column_names"]) == 1:
        name = key["column_names"][0].lower()
        if name not in names:
            return next((item for item in items if item.get("alias", "").lower() == name), key)
    return key


def _reading(node: Node, name: str) -> Node:
    """The SELECT over groups: what filtered groups filters rows now."""
    gone = ("where_clause", "group_expressions", "group_sets", "having")
    table = {"type": "BASE_TABLE", "table_name": name, "qualified_name": {"path": [name]}}
    kept = {key: value for key, value in node.items() if key not in gone}
    kept |= {"where_clause": node["having"]} if "having" in node else {}
    return kept | {"from_table": table, "aggregate_handling": "STANDARD_HANDLING"}


def _leaves(node: Node) -> Iterator[Node]:
    if node["type"] == "JOIN":
        yield from _leaves(node["left"])
        yield from _leaves(node["right"])
    elif node["type"] != "EMPTY":
        yield node


def _is_view(leaf: Node, views: Mapping[str, TableScan], hidden: frozenset[str]) -> bool:
    if leaf["type"] != "BASE_TABLE":
        return False
    path = leaf["qualified_name"]["path"]
    return len(path) == 1 and path[0].lower() not in hidden and path[0].lower() in views


def _classes(node: Any) -> set[str]:
    own = {node["class"]} if isinstance(node, dict) and "class" in node else set()
    return own.union(*(_classes(child) for child in children(node)))


def _tables(node: Any) -> set[str]:
    own: set[str] = set()
    if isinstance(node, dict) and node.get("type") == "BASE_TABLE":
        own = {node["qualified_name"]["path"][-1].lower()}
    return own.union(*(_tables(child) for child in children(node)))
