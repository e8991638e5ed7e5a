"""A SELECT over groups in two: keys and aggregates in Daft's SQL, and the rest over their columns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pyarrow as pa

from ...core.types import type_name
from ..syntax import Node, children
from .expressions import Expressions
from .joins import COLUMN, Relation
from .typed import BIG, BOOL, DATE, DOUBLE, INT, Lacks, Typed, as_decimal, as_double, decimal_of

_QUOTED = re.compile(r"'(?:[^']|'')*'")
_AGGREGATES = ("count_star", "count", "sum", "avg", "mean", "min", "max")


class Groups:
    """Names for keys and aggregates, in the order in which the statement mentions them."""

    def __init__(self, expressions: Expressions, rows: int, keys: list[Typed]) -> None:
        self._expressions = expressions
        self._rows = rows
        self._keys: dict[str, str] = {}
        self._inputs: dict[str, str] = {}
        self._aggregates: dict[str, str] = {}
        self.columns: dict[str, tuple[str, str]] = {}
        for key in keys:
            if key.type == DOUBLE:
                raise Lacks("groups by a DOUBLE")
            _must_vary(key.sql)
            if key.sql not in self._keys:
                name = self._keys[key.sql] = f"k{len(self._keys)}"
                self.columns[name] = (name, type_name(key.type))

    def rewritten(self, node: Node) -> Node:
        """The SELECT with columns in place of all that is evaluated below groups."""
        items = [
            {"alias": item["column_names"][-1], **item} if item["class"] == "COLUMN_REF" else item
            for item in node["select_list"]
        ]
        aliases = frozenset(item.get("alias", "").lower() for item in items)
        changed = {"select_list": self._over_groups(items, frozenset())}
        for key in ("having", "qualify", "modifiers"):
            if key in node:
                changed[key] = self._over_groups(node[key], aliases)
        return node | changed

    def text(self, source: str, where: str, first: Relation) -> str:
        """Expressions are computed below the groups, so that each is named once."""
        inner = [f"{sql} as {name}" for sql, name in (*self._keys.items(), *self._inputs.items())]
        columns = ", ".join(inner) or next(iter(first.columns.values()))
        keys = list(self._keys.values())
        outer = [*keys, *(f"{sql} as {name}" for sql, name in self._aggregates.items())]
        if keys and not self._aggregates:
            return f"select distinct {', '.join(keys)} from (select {columns} from {source}{where}) as r"
        grouped = f" group by {', '.join(keys)}" if keys else ""
        return f"select {', '.join(outer)} from (select {columns} from {source}{where}) as r{grouped}"

    def _over_groups(self, node: Any, aliases: frozenset[str]) -> Any:
        if isinstance(node, list):
            return [self._over_groups(item, aliases) for item in node]
        if not isinstance(node, dict):
            return node
        kind = node.get("class")
        if kind in ("CONSTANT", "PARAMETER", "TYPE", "SUBQUERY"):
            return node
        if kind == "STAR":
            return node if "query_location" not in node else _refuse("* over groups")
        if kind == "FUNCTION" and node["function_name"].lower() in _AGGREGATES:
            return _column(node, self._aggregate(node))
        if kind is not None and (key := self._key(node)):
            return _column(node, key)
        if kind == "COLUMN_REF":
            if len(node["column_names"]) == 1 and node["column_names"][0].lower() in aliases:
                return node
            raise Lacks(f"a function of `{node['column_names'][-1]}` over groups")
        return {name: self._over_groups(child, aliases) for name, child in node.items()}

    def _key(self, node: Node) -> str | None:
        try:
            return self._keys.get(self._expressions.of(node).sql)
        except Lacks:
            return None

    def _aggregate(self, node: Node) -> str:
        name = node["function_name"].lower()
        if node.get("order_bys", {}).get("orders"):
            raise Lacks(f"{name}() in an order")
        condition = self._expressions.condition(node["filter"]) if "filter" in node else None
        arguments = [self._expressions.of(a["expression"]) for a in node.get("arguments", ())]
        if not arguments:
            arguments = [Typed("1", INT, 1, 1)] if condition else []
        if len(arguments) > 1:
            raise Lacks(f"{name}() of several")
        argument = arguments[0] if arguments else None
        if argument is not None and argument.constant is not None and condition is None:
            if name != "count" or node.get("distinct"):
                raise Lacks(f"{name}() of a constant")
            argument = None
        sql, arrow = self._call(name, argument, condition, bool(node.get("distinct")))
        if sql not in self._aggregates:
            alias = self._aggregates[sql] = f"a{len(self._aggregates)}"
            self.columns[alias] = (alias, arrow)
        return self._aggregates[sql]

    def _call(
        self, name: str, argument: Typed | None, condition: str | None, distinct: bool
    ) -> tuple[str, str]:
        """The call over named inputs, and the type that DuckDB gives it."""
        if argument is None:
            return "count(*)", "BIGINT"
        if distinct and (name not in ("count", "min", "max") or argument.type == DOUBLE):
            raise Lacks(f"{name}(DISTINCT)")
        if name in ("count", "count_star"):
            return f"count({'distinct ' if distinct else ''}{self._input(argument, condition)})", "BIGINT"
        if name in ("min", "max"):
            if argument.type == BOOL:
                raise Lacks(f"{name}() of truth values")
            if argument.type == DOUBLE:
                return self._extreme_double(name, argument, condition), "DOUBLE"
            return f"{name}({self._input(argument, condition)})", type_name(argument.type)
        if argument.type in (BOOL, DATE) or not _adds(argument):
            raise Lacks(f"{name}() of {type_name(argument.type)}")
        if name in ("avg", "mean"):
            return f"avg({self._input(as_double(argument), condition)})", "DOUBLE"
        summed, arrow = self._summed(argument)
        return f"sum({self._input(summed, condition)})", arrow

    def _extreme_double(self, name: str, argument: Typed, condition: str | None) -> str:
        """NaN is the greatest of all; Daft, over groups, takes it for whatever it meets it beside."""
        is_nan = f"coalesce(is_nan({argument.sql}), false)"
        number = replace(argument, sql=f"(case when {is_nan} then null else {argument.sql} end)")
        flag = Typed(f"(case when {is_nan} then 1 else 0 end)", INT)
        found = f"{name}({self._input(number, condition)})"
        nan = f"coalesce(max({self._input(flag, condition)}), 0) = 1"
        when = nan if name == "max" else f"{found} is null and {nan}"
        return f"(case when {when} then cast('nan' as double) else {found} end)"

    def _summed(self, argument: Typed) -> tuple[Typed, str]:
        if argument.type == DOUBLE:
            return argument, "DOUBLE"
        if argument.type not in (INT, BIG):
            return argument, f"DECIMAL(38,{argument.type.scale})"
        if max(abs(argument.low), abs(argument.high)) * self._rows < 2**63:
            return argument, "HUGEINT"
        return as_decimal(argument, decimal_of(argument)[0], 0), "HUGEINT"

    def _input(self, argument: Typed, condition: str | None) -> str:
        sql = argument.sql
        if condition is not None:
            sql = f"(case when coalesce({condition}, false) then {sql} else null end)"
        _must_vary(sql)
        return self._inputs.setdefault(sql, f"x{len(self._inputs)}")


def aggregates_in(node: Any) -> bool:
    if isinstance(node, dict):
        if node.get("class") in ("SUBQUERY", "WINDOW"):
            return False
        if node.get("class") == "FUNCTION" and node["function_name"].lower() in _AGGREGATES:
            return True
    return any(aggregates_in(child) for child in children(node))


def _column(node: Node, name: str) -> Node:
    named = {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [name]}
    return named | {"alias": node["alias"]} if "alias" in node else named


def _adds(argument: Typed) -> bool:
    return argument.type in (INT, BIG, DOUBLE) or pa.types.is_decimal128(argument.type)


def _must_vary(sql: str) -> None:
    """Daft makes one row of a select list without columns, whatever it is read from."""
    if not COLUMN.search(_QUOTED.sub("", sql)):
        raise Lacks("a group or an aggregate of a constant")


def _refuse(reason: str) -> Any:
    raise Lacks(reason)
