"""A query with aggregates, parted: what each shard computes over its rows, and what merges the answers.

    select upper(p), avg(q) as a from sales where q > 2 group by p having count(*) > 3 order by a limit 5

    in each shard:  select p as key$0, sum(q) as part$0, count(q) as part$1, count(*) as part$2
                    from sales where q > 2 group by 1
    merged:         select key$0, sum(part$0)::DOUBLE / sum(part$1) as merged$0, ... group by 1
    over that:      select upper(key$0), merged$0 as a where merged$1 > 3 order by a limit 5

Pure: trees in, trees out. What is not surely the same in parts is not parted.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from .bind import Bound, Ref
from .latest import ROW_BY_ROW
from .syntax import Node, children

MERGED = "merged$"
"""The relation over which the last statement runs."""

_CLAUSES = (
    "type modifiers cte_map select_list from_table where_clause group_expressions group_sets"
    " aggregate_handling having"
)
_KNOWN = frozenset(_CLAUSES.split())
_AS_WRITTEN = ("LIMIT_MODIFIER", "ORDER_MODIFIER", "DISTINCT_MODIFIER")
_WHOLE = ("WINDOW", "SUBQUERY", "STAR", "POSITIONAL_REFERENCE", "LAMBDA")
_SAME = ("min", "max", "bool_and", "bool_or", "sum")
_AVERAGE = ("avg", "mean")
_COUNTS = ("count", "count_star")
_PLACES = ("query_location", "query_location_length", "alias")


@dataclass(frozen=True)
class Partial:
    """`shard`: the tree of a shard's statement, whose columns are `keys` and `parts`.

    `merges`: for each column of `MERGED` beside the keys, its expression over all shards' rows. `averaged`:
    parts that must be numbers. `last`: the tree of the statement over `MERGED`. In both trees a parameter is
    called as `parameter` says.
    """

    shard: Node
    keys: tuple[str, ...]
    parts: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]
    averaged: tuple[str, ...]
    last: Node


class _Whole(Exception):
    """The query can't be parted."""


def parameter(identifier: str) -> str:
    """Positions become names, as each of the statements uses some of them only."""
    return f"p_{identifier}"


def split_aggregate(bound: Bound, columns: Container[str]) -> Partial | None:
    """`None` if the query is not of this kind. `columns`: of its table, folded."""
    node = bound.source.tree
    if len(bound.refs) != 1 or len(bound.selects) != 1 or node["type"] != "SELECT_NODE":
        return None
    ref = bound.refs[0]
    if ref.whole or ref.renamed or ref.columns is None or len(ref.path) > 1:
        return None
    if not node.keys() <= _KNOWN or "map" in node.get("cte_map", {}):
        return None
    if node["from_table"]["type"] != "BASE_TABLE":
        return None
    try:
        return _Split(node, ref, columns).partial()
    except _Whole:
        return None


class _Split:
    def __init__(self, node: Node, ref: Ref, columns: Container[str]) -> None:
        self.node = node
        self.ref = ref
        self.columns = columns
        self.aliases: dict[str | None, Node] = {
            item["alias"].lower(): item for item in node["select_list"] if "alias" in item
        }
        self.groups: list[Node] = []
        self.keys: dict[str, str] = {}
        self.parts: dict[str, tuple[str, Node]] = {}
        self.merged: dict[str, tuple[str, str]] = {}
        self.averaged: list[str] = []
        self.resolving: set[str] = set()

    def partial(self) -> Partial:
        for key in ("where_clause", "select_list", "having", "group_expressions"):
            _check_whole(self.node.get(key, ()))
        self.groups = self._groups()
        for group in self.groups:
            if _has_aggregate(group):
                raise _Whole
            self.keys.setdefault(self._text(group), f"key${len(self.keys)}")
        last = {
            "type": "SELECT_NODE",
            "cte_map": {},
            "select_list": [self._aliased(item) for item in self.node["select_list"]],
            "from_table": _table(MERGED),
            "modifiers": [self._modifier(modifier) for modifier in self.node.get("modifiers", ())],
            "aggregate_handling": "STANDARD_HANDLING",
        }
        if "having" in self.node:
            last["where_clause"] = self._over(self.node["having"])
        if not self.merged and not self.keys:
            raise _Whole
        return Partial(
            shard=_renamed(self._shard()),
            keys=tuple(self.keys.values()),
            parts=tuple(name for name, _ in self.parts.values()),
            merges=tuple(self.merged.values()),
            averaged=tuple(self.averaged),
            last=_renamed(last),
        )

    def _shard(self) -> Node:
        distinct = {self._text(group): group for group in self.groups}
        keys = [{**group, "alias": self.keys[text]} for text, group in distinct.items()]
        parts = [{**node, "alias": name} for name, node in self.parts.values()]
        shard: Node = {
            "type": "SELECT_NODE",
            "cte_map": {},
            "select_list": [*keys, *parts],
            "from_table": _table(self.ref.name, self.ref.alias),
            "aggregate_handling": "STANDARD_HANDLING",
        }
        if "where_clause" in self.node:
            shard["where_clause"] = self.node["where_clause"]
        if keys:
            shard["group_expressions"] = [_integer(number + 1) for number in range(len(keys))]
            shard["group_sets"] = [list(range(len(keys)))]
        return shard

    # -- groups -----------------------------------------------------------------------------------

    def _groups(self) -> list[Node]:
        items: list[Node] = self.node["select_list"]
        if self.node.get("aggregate_handling") == "FORCE_AGGREGATES":
            return [item for item in items if not _has_aggregate(item)]
        groups = self.node.get("group_expressions", [])
        if self.node.get("group_sets", [[]]) != [list(range(len(groups)))]:
            raise _Whole
        return [self._group(group, items) for group in groups]

    def _group(self, group: Node, items: Sequence[Node]) -> Node:
        """A position and an alias stand for what is selected; a column comes before an alias."""
        if group["class"] == "CONSTANT":
            number = group["literal"]["text"]
            if group["literal"]["kind"] != "INTEGER" or not 1 <= int(number) <= len(items):
                raise _Whole
            return items[int(number) - 1]
        name = _bare(group)
        if name is not None and name not in self.columns and name in self.aliases:
            return self.aliases[name]
        return group

    # -- over the merged groups -------------------------------------------------------------------

    def _aliased(self, item: Node) -> Node:
        over: Node = self._over(item)
        return {**over, "alias": item["alias"]} if "alias" in item else over

    def _modifier(self, modifier: Node) -> Node:
        if modifier["type"] not in _AS_WRITTEN or "distinct_on_targets" in modifier:
            raise _Whole
        if modifier["type"] != "ORDER_MODIFIER":
            return modifier
        keys = [self._sort_key(order["expression"]) for order in modifier["orders"]]
        pairs = zip(modifier["orders"], keys, strict=True)
        return {**modifier, "orders": [{**order, "expression": key} for order, key in pairs]}

    def _sort_key(self, node: Node) -> Node:
        if node["class"] in ("CONSTANT", "STAR") or _bare(node) in self.aliases:
            return node
        _check_whole(node)
        for inner in _column_refs(node):
            name = _bare(inner)
            # Within an expression, an alias and a column of one name are easily taken for each other.
            if name in self.columns and self._text(self.aliases.get(name, inner)) != self._text(inner):
                raise _Whole
        over: Node = self._over(node)
        return over

    def _over(self, node: Any) -> Any:
        """An expression over groups and aggregates as one over the columns of `MERGED`."""
        if isinstance(node, list):
            return [self._over(item) for item in node]
        if not isinstance(node, dict):
            return node
        kind = node.get("class")
        if kind is not None and (key := self.keys.get(self._text(node))) is not None:
            return _column(key)
        if kind == "COLUMN_REF":
            return self._alias(node)
        if kind == "FUNCTION" and not node.get("is_operator"):
            name = node["function_name"].lower()
            if name in (*_SAME, *_AVERAGE, *_COUNTS):
                return self._aggregate(node, name)
            if name not in ROW_BY_ROW:
                raise _Whole
        return {key: self._over(value) for key, value in node.items() if key not in _PLACES}

    def _alias(self, node: Node) -> Node:
        name = _bare(node)
        if name is None or name in self.columns or name not in self.aliases or name in self.resolving:
            raise _Whole
        self.resolving.add(name)
        over: Node = self._over(self.aliases[name])
        self.resolving.discard(name)
        return over

    def _aggregate(self, node: Node, name: str) -> Node:
        inputs = node.get("arguments", [])
        if node.get("distinct") or "orders" in node.get("order_bys", {}):
            raise _Whole
        if len(inputs) != (name != "count_star") or _has_aggregate([inputs, node.get("filter", {})]):
            raise _Whole
        text = self._text(node)
        if text not in self.merged:
            self.merged[text] = (f"merged${len(self.merged)}", self._merge(node, name))
        return _column(self.merged[text][0])

    def _merge(self, node: Node, name: str) -> str:
        if name in _COUNTS:
            return f'coalesce(sum("{self._part(node)}"), 0)::BIGINT'
        if name in _SAME:
            return f'{name}("{self._part(node)}")'
        total, number = (self._part(_called(node, function)) for function in ("sum", "count"))
        self.averaged.append(total)
        return f'sum("{total}")::DOUBLE / sum("{number}")'

    def _part(self, node: Node) -> str:
        """The column in which a shard gives an aggregate."""
        return self.parts.setdefault(self._text(node), (f"part${len(self.parts)}", node))[0]

    def _text(self, node: Any) -> str:
        """Equal for expressions that mean the same, wherever and however qualified they stand."""
        return json.dumps(self._plain(node), sort_keys=True)

    def _plain(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._plain(item) for item in node]
        if not isinstance(node, dict):
            return node
        if node.get("class") == "COLUMN_REF":
            names = [name.lower() for name in node["column_names"]]
            qualified = len(names) > 1 and names[0] == self.ref.label and names[0] not in self.columns
            return names[1:] if qualified else names
        return {key: self._plain(value) for key, value in node.items() if key not in _PLACES}


def _check_whole(node: Any) -> None:
    if isinstance(node, dict) and node.get("class") in _WHOLE:
        raise _Whole
    for child in children(node):
        _check_whole(child)


def _has_aggregate(node: Any) -> bool:
    """Whether a function stands in it that may be an aggregate."""
    called = isinstance(node, dict) and node.get("class") == "FUNCTION" and not node.get("is_operator")
    if called and node["function_name"].lower() in (*_SAME, *_AVERAGE, *_COUNTS):
        return True
    return any(_has_aggregate(child) for child in children(node))


def _column_refs(node: Any) -> list[Node]:
    if isinstance(node, dict) and node.get("class") == "COLUMN_REF":
        return [node]
    return [ref for child in children(node) for ref in _column_refs(child)]


def _bare(node: Node) -> str | None:
    names = node.get("column_names", ())
    return names[0].lower() if node["class"] == "COLUMN_REF" and len(names) == 1 else None


def _renamed(node: Any) -> Any:
    """With the parameters called by name."""
    if isinstance(node, list):
        return [_renamed(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("class") == "PARAMETER":
        return {**node, "identifier": parameter(node["identifier"])}
    return {key: _renamed(value) for key, value in node.items()}


def _called(node: Node, function: str) -> Node:
    return {**node, "function_name": function, "qualified_name": {"path": [function]}}


def _column(name: str) -> Node:
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [name]}


def _integer(number: int) -> Node:
    literal = {"kind": "INTEGER", "text": str(number)}
    return {"class": "CONSTANT", "type": "VALUE_CONSTANT", "literal": literal}


def _table(name: str, alias: str | None = None) -> Node:
    table = {"type": "BASE_TABLE", "table_name": name, "qualified_name": {"path": [name]}}
    return table if alias is None else {**table, "alias": alias}
