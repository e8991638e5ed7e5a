"""Whether an expression can fail on some row: then it must not meet rows that its principal may not see.

An engine is free to try a statement's own conditions before the filter of a policy, and an error tells of the
row that raised it: `where 1 / (salary - 5000) > 0`. What is in no way able to fail tells nothing, wherever it
is tried; for anything else the filter stands behind a barrier. PostgreSQL calls such functions leakproof.

The answer is on the safe side: what is not known not to fail, may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from ..syntax import Node, children

Kind = str
"""text, number, boolean, instant, date or other: what is compared within a kind needs no cast that fails."""

Kinds = Callable[[tuple[str, ...]], Kind | None]
"""The kind of what a column's name means; `None` if that is not sure."""

_TO_TEXT = ("lower", "upper", "trim", "ltrim", "rtrim", "reverse", "lcase", "ucase", "strip_accents")
_TO_NUMBER = ("length", "strlen", "len", "char_length")
_TO_BOOLEAN = ("starts_with", "ends_with", "contains", "prefix", "suffix", "~~", "!~~", "~~*", "!~~*", "^@")
_OF_INSTANT = ("year", "month", "day", "quarter", "week", "dayofweek", "isodow", "hour", "minute")
_UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
_CLOCK = ("now", "today", "current_date", "get_current_timestamp", "current_timestamp")
_COMPARISONS = (
    "COMPARE_EQUAL",
    "COMPARE_NOTEQUAL",
    "COMPARE_DISTINCT_FROM",
    "COMPARE_NOT_DISTINCT_FROM",
    "COMPARE_LESSTHAN",
    "COMPARE_GREATERTHAN",
    "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_GREATERTHANOREQUALTO",
)
_INTERVALS = ("to_years", "to_months", "to_weeks", "to_days", "to_hours", "to_minutes", "to_seconds")
_TEXT, _NUMBER, _DATE = "'text'", "'number'", "'date'"
_LITERALS = (_TEXT, _NUMBER, _DATE)
"""Kinds of literal texts, by what else they can be read as."""
_NULL, _GIVEN = "null", "given"
"""The kinds of a null, and of a parameter whose value is no text: they are never cast."""
_NUMERAL = re.compile(r"[+-]?\d{1,15}(\.\d{1,6})?")
_ISO = re.compile(r"[12]\d{3}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:\d\d)?)?)?")
_DIGITS = 5
_NARROW = 18
"""Digits of a decimal beside which any other number's fit: no type need hold those of two wide ones."""


def kind_of(arrow: pa.DataType) -> Kind:
    """
    >>> kind_of(pa.int64()), kind_of(pa.string())
    ('number', 'text')
    """
    types = pa.types
    if types.is_string(arrow) or types.is_large_string(arrow):
        return "text"
    if types.is_decimal(arrow):
        return "number" if arrow.precision <= _NARROW else "other"
    if types.is_integer(arrow) or types.is_floating(arrow):
        return "number"
    if types.is_boolean(arrow):
        return "boolean"
    if types.is_timestamp(arrow):
        return "instant"
    return "date" if types.is_date(arrow) else "other"


def never_fails(node: Node, kinds: Kinds, texts: frozenset[str] = frozenset()) -> bool:
    """Whether the expression has a value for every row. `texts`: parameters whose values are texts."""
    return _Judge(kinds, texts).kind(node) is not None


def conditions_never_fail(tree: Node, kinds: Callable[[Node], Kinds], texts: frozenset[str]) -> bool:
    """The same of all that may be tried before a filter in one of the statement's relations.

    That is every condition, and all that an inner SELECT computes, as an outer one may filter by it. What the
    outermost SELECT shows, groups or orders by is computed of the rows that are left. `kinds`: by SELECT.
    """
    return all(
        never_fails(expression, kinds(select), texts) for select, expression in _early(tree, outermost=True)
    )


def _early(node: Any, *, outermost: bool) -> Iterator[tuple[Node, Node]]:
    """(SELECT, expression) for everything that may be tried early, in a query and below."""
    kind = node.get("type")
    for entry in node.get("cte_map", {}).get("map", ()):
        yield from _early(entry["value"]["query_node"], outermost=False)
    if kind == "SET_OPERATION_NODE":
        for child in node["children"]:
            yield from _early(child, outermost=outermost)
        yield from _below(node.get("modifiers", ()))
    elif kind != "SELECT_NODE":
        for key in ("query", "child", "left", "right"):
            if key in node:
                yield from _early(node[key], outermost=False)
    else:
        yield from _of_select(node, outermost)


def _of_select(node: Node, outermost: bool) -> Iterator[tuple[Node, Node]]:
    for key, value in node.items():
        if key == "cte_map" or not isinstance(value, dict | list):
            continue
        if key == "from_table":
            yield from ((node, condition) for condition in _conditions(value))
        elif key in ("where_clause", "having", "qualify") and isinstance(value, dict):
            yield node, value
        elif not outermost and key == "select_list":
            yield from ((node, item) for item in value if item.get("class") not in ("STAR", "WINDOW"))
            yield from ((node, part) for item in value for part in _partitions(item))
        elif not outermost and key == "group_expressions":
            yield from ((node, item) for item in value)
        yield from _below(value)


def _conditions(relation: Any) -> Iterator[Node]:
    """The ON conditions of a FROM, not those of queries in it."""
    if isinstance(relation, dict):
        if relation.get("type") == "SUBQUERY":
            return
        if "condition" in relation:
            yield relation["condition"]
    for child in children(relation):
        yield from _conditions(child)


def _partitions(node: Any) -> Iterator[Node]:
    """What windows part by: a filter by that is tried before the window."""
    if isinstance(node, dict) and node.get("class") == "WINDOW":
        yield from node.get("partitions", ())
    elif isinstance(node, dict | list):
        for child in children(node):
            yield from _partitions(child)


def _below(node: Any) -> Iterator[tuple[Node, Node]]:
    """The queries somewhere in an expression or a relation."""
    if isinstance(node, dict) and str(node.get("type")).endswith("_NODE"):
        yield from _early(node, outermost=False)
        return
    if isinstance(node, dict | list):
        for child in children(node):
            yield from _below(child)


class _Judge:
    """Gives an expression its kind, or `None` where it may fail or is not known.

    Constants are judged like all else: where an engine evaluates them only for the rows that got so far, as
    in CASE or behind AND, one that fails tells of such rows.
    """

    def __init__(self, kinds: Kinds, texts: frozenset[str]) -> None:
        self._kinds = kinds
        self._texts = texts

    def kind(self, node: Node) -> Kind | None:
        match node.get("class"):
            case "COLUMN_REF":
                return self._column(tuple(node["column_names"]))
            case "CONSTANT":
                return _constant(node)
            case "PARAMETER":
                return _TEXT if str(node["identifier"]) in self._texts else _GIVEN
            case "COMPARISON":
                sides = [self.kind(node["left"]), self.kind(node["right"])]
                return "boolean" if node["type"] in _COMPARISONS and _common(sides) else None
            case "BETWEEN":
                parts = [self.kind(node[key]) for key in ("input", "lower", "upper")]
                return "boolean" if _common(parts) else None
            case "CONJUNCTION":
                parts = [self.kind(child) for child in node["children"]]
                return "boolean" if set(parts) <= {"boolean", _NULL} else None
            case "OPERATOR":
                return self._operator(node)
            case "CASE":
                return self._case(node)
            case "CAST":
                return self._cast(node)
            case "FUNCTION":
                return self._function(node)
            case _:
                return None

    def _column(self, names: tuple[str, ...]) -> Kind | None:
        word = names[0].lower() if len(names) == 1 else ""
        if word in _CLOCK:
            return "date" if word == "current_date" else "instant"
        return self._kinds(names)

    def _operator(self, node: Node) -> Kind | None:
        parts = [self.kind(child) for child in node["children"]]
        match node["type"]:
            case "OPERATOR_NOT":
                return "boolean" if parts == ["boolean"] else None
            case "OPERATOR_IS_NULL" | "OPERATOR_IS_NOT_NULL":
                return None if None in parts else "boolean"
            case "COMPARE_IN" | "COMPARE_NOT_IN":
                return "boolean" if _common(parts) else None
            case "OPERATOR_COALESCE":
                return _common(parts)
            case _:
                return None

    def _case(self, node: Node) -> Kind | None:
        checks = node["case_checks"]
        if any(self.kind(check["when_expr"]) != "boolean" for check in checks):
            return None
        return _common([*(self.kind(c["then_expr"]) for c in checks), self.kind(node["else_expr"])])

    def _cast(self, node: Node) -> Kind | None:
        """To text anything can be cast; a literal to what it says."""
        target = node.get("type_expr", {}).get("type_name", "").upper()
        inner = self.kind(node["child"])
        if target == "VARCHAR":
            return None if inner is None else "text"
        if inner == _DATE and target == "DATE":
            return _DATE  # beside an instant it is this that is cast
        return "instant" if inner == _DATE and target.startswith("TIMESTAMP") else None

    def _function(self, node: Node) -> Kind | None:
        name = str(node["function_name"]).lower()
        if name in _CLOCK:
            return "date" if name in ("today", "current_date") else "instant"
        if name in _INTERVALS:
            return "interval" if _is_constant(node) else None
        given = [argument["expression"] for argument in node.get("arguments", ())]
        parts = [self.kind(argument) for argument in given]
        if None in parts:
            return None
        if name in ("+", "-") and len(parts) == 2:
            clock = _is_clock(given[0]) and (parts[1] == "interval" or _is_constant(given[1]))
            return parts[0] if clock else None
        if name in ("date_trunc", "datetrunc", "date_part", "datepart"):
            unit = given[0].get("literal", {}).get("text", "").lower()
            known = unit in _UNITS and parts[1] in ("instant", "date")
            return None if not known else "instant" if "trunc" in name else "number"
        if name in _OF_INSTANT:
            return "number" if parts[0] in ("instant", "date") else None
        if not set(parts) <= {"text", *_LITERALS}:
            return None
        if name in _TO_TEXT:
            return "text"
        return "number" if name in _TO_NUMBER else "boolean" if name in _TO_BOOLEAN else None


def _constant(node: Node) -> Kind | None:
    literal = node.get("literal", {})
    match literal.get("kind", "NULL"):
        case "NULL":
            return _NULL
        case "STRING":
            text = str(literal.get("text", ""))
            return _NUMBER if _NUMERAL.fullmatch(text) else _DATE if _is_date(text) else _TEXT
        case "BOOLEAN":
            return "boolean"
        case _:
            text = str(literal.get("text", ""))
            return "number" if _NUMERAL.fullmatch(text) or "e" in text.lower() else None


def _common(parts: list[Kind | None]) -> Kind | None:
    """What these are compared as, `None` if one of them would be cast in a way that may fail: a column never
    is, and a literal only to what it can be read as."""
    if None in parts:
        return None
    firm = {part for part in parts if part not in (*_LITERALS, _NULL, _GIVEN)}
    if len(firm) > 1 or firm & {"other", "interval"}:
        return None
    kind = firm.pop() if firm else "text"
    read = {"text": _LITERALS, "number": (_NUMBER,), "instant": (_DATE,), "date": (_DATE,)}.get(str(kind), ())
    if any(part in _LITERALS and part not in read for part in parts):
        return None
    # Text beside a value that is given would be read as what that is.
    return None if kind == "text" and _GIVEN in parts else kind


def _is_date(text: str) -> bool:
    try:
        return bool(_ISO.fullmatch(text)) and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def _is_clock(node: Node) -> bool:
    names = node.get("column_names", [node.get("function_name", "")])
    return len(names) == 1 and str(names[0]).lower() in _CLOCK


def _is_constant(node: Any) -> bool:
    """Whether nothing but small whole numbers stands in it, as in `INTERVAL 7 DAY`."""
    if isinstance(node, dict) and node.get("class") == "CONSTANT":
        literal = node.get("literal", {})
        return literal.get("kind") == "INTEGER" and len(str(literal.get("text"))) <= _DIGITS
    if isinstance(node, dict) and node.get("class") in ("COLUMN_REF", "PARAMETER", "SUBQUERY"):
        return False
    return all(map(_is_constant, children(node))) if isinstance(node, dict | list) else True
