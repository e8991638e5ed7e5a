"""Expressions of DuckDB's tree as Daft's SQL, with their types: only what surely means the same in both.

The engines differ quietly, so each form here was compared, nulls, NaN, signed zeros and limits included:

    integers     Daft wraps around past 64 bits; arithmetic must fit by the statistics of what is read
    floats       Daft tells -0.0 from 0.0; they are compared with constants only, and are no keys
    decimals     constants are floats in Daft's SQL; they are cast, and both sides made one type
    CASE         a null condition makes all of it null in Daft; conditions are never null here
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ...core.types import type_name
from ..constants import Surroundings, Value, constant
from ..syntax import Node
from .typed import (
    BIG,
    BOOL,
    DATE,
    DOUBLE,
    INT,
    RANGES,
    TEMPORAL,
    TEXT,
    Lacks,
    Typed,
    arithmetic,
    as_double,
    common,
    compare,
    is_number,
    literal,
    sql_type,
    within,
)

_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
_PARTS = {"year": (-290_000, 294_247), "month": (1, 12), "day": (1, 31)}


@dataclass(frozen=True)
class Expressions:
    """`resolve`: a column by its names as written; it raises `Lacks` for one that is not there."""

    resolve: Callable[[tuple[str, ...]], Typed]
    around: Surroundings

    def condition(self, node: Node) -> str:
        typed = self.of(node)
        if typed.type != BOOL:
            raise Lacks("a condition that is no truth value")
        return typed.sql

    def of(self, node: Node) -> Typed:
        """Raises `Lacks`."""
        value = constant(node, self.around)
        if value is not None:
            return literal(value)
        match node["class"]:
            case "COLUMN_REF":
                return self.resolve(tuple(node["column_names"]))
            case "CONSTANT" if node["literal"]["kind"] == "BOOLEAN":
                return Typed(node["literal"]["text"], BOOL)
            case "COMPARISON" if node["type"] in _COMPARISONS:
                left, right = self.of(node["left"]), self.of(node["right"])
                return compare(left, _COMPARISONS[node["type"]], right)
            case "BETWEEN" if node["type"] == "COMPARE_BETWEEN":
                inner = self.of(node["input"])
                low, high = self.of(node["lower"]), self.of(node["upper"])
                return _all([compare(inner, ">=", low), compare(inner, "<=", high)], "and")
            case "CONJUNCTION":
                parts = [Typed(self.condition(child), BOOL) for child in node["children"]]
                return _all(parts, "and" if node["type"] == "CONJUNCTION_AND" else "or")
            case "OPERATOR":
                return self._operator(node)
            case "CASE":
                return self._case(node)
            case "CAST" if not node.get("try_cast"):
                return self._cast(node)
            case "FUNCTION":
                return self._function(node)
            case "SUBQUERY":
                raise Lacks("a subquery within an expression")
            case "WINDOW":
                raise Lacks("this window")
            case kind:
                raise Lacks(f"{kind.lower().replace('_', ' ')} expressions")

    def _operator(self, node: Node) -> Typed:
        children = node["children"]
        match node["type"]:
            case "OPERATOR_NOT":
                return Typed(f"(not {self.condition(children[0])})", BOOL)
            case "OPERATOR_IS_NULL" | "OPERATOR_IS_NOT_NULL" as kind:
                word = "is null" if kind == "OPERATOR_IS_NULL" else "is not null"
                return Typed(f"({self.of(children[0]).sql} {word})", BOOL)
            case "COMPARE_IN" if len(children) > 1:
                inner = self.of(children[0])
                others = [self.of(child) for child in children[1:]]
                if any(other.constant is None for other in others):
                    raise Lacks("IN of what is not constant")
                return _all([compare(inner, "=", other) for other in others], "or")
            case "OPERATOR_COALESCE":
                parts = common([self.of(child) for child in children])
                return replace(parts[0], sql=f"coalesce({', '.join(p.sql for p in parts)})", constant=None)
            case kind:
                raise Lacks(kind.removeprefix("OPERATOR_").removeprefix("COMPARE_").replace("_", " "))

    def _case(self, node: Node) -> Typed:
        conditions = [self.condition(check["when_expr"]) for check in node["case_checks"]]
        results = [check["then_expr"] for check in node["case_checks"]]
        if "else_expr" in node:
            results.append(node["else_expr"])
        found = common([self.of(result) for result in results if not _is_null(result)])
        null = f"cast(null as {sql_type(found[0].type)})"
        rest = iter(found)
        shown = [null if _is_null(result) else next(rest).sql for result in results]
        otherwise = shown[-1] if len(shown) > len(conditions) else null
        whens = " ".join(
            f"when coalesce({c}, false) then {r}" for c, r in zip(conditions, shown, strict=False)
        )
        return replace(found[0], sql=f"(case {whens} else {otherwise} end)", constant=None)

    def _cast(self, node: Node) -> Typed:
        inner, described = self.of(node["child"]), node["type_expr"]
        name = "" if described.get("children") else str(described["type_name"]).upper()
        wanted = {"DOUBLE": DOUBLE, "BIGINT": BIG, "DATE": DATE, "INTEGER": INT, "INT": INT}.get(name)
        if wanted == inner.type:
            return inner
        if wanted == DOUBLE and is_number(inner.type):
            return as_double(inner)
        if wanted in RANGES and inner.type in RANGES and within(inner, wanted):
            return replace(inner, sql=f"cast({inner.sql} as {sql_type(wanted)})", type=wanted)
        raise Lacks(f"this cast to {name or 'a type with arguments'}")

    def _function(self, node: Node) -> Typed:
        name = node["function_name"].lower()
        if node.get("distinct") or "filter" in node:
            raise Lacks(f"{name}() here")
        arguments = [argument["expression"] for argument in node.get("arguments", ())]
        if name in ("+", "-", "*", "/") and len(arguments) == 2:
            return arithmetic(self.of(arguments[0]), name, self.of(arguments[1]))
        if name == "-" and len(arguments) == 1:
            return arithmetic(Typed("0", INT, constant=Value("number", 0)), "-", self.of(arguments[0]))
        if name in ("~~", "!~~") and len(arguments) == 2:
            liked = _like(self.of(arguments[0]), self.of(arguments[1]))
            return liked if name == "~~" else Typed(f"(not {liked.sql})", BOOL)
        if name == "date_part" and len(arguments) == 2:
            part = constant(arguments[0], self.around)
            return _part(str(part.value).lower() if part else "", self.of(arguments[1]))
        if name in _PARTS and len(arguments) == 1:
            return _part(name, self.of(arguments[0]))
        raise Lacks(f"{name}() as DuckDB means it")


def _is_null(node: Node) -> bool:
    return bool(node["class"] == "CONSTANT" and node["literal"]["kind"] == "NULL_LITERAL")


def _like(text: Typed, pattern: Typed) -> Typed:
    if text.type != TEXT or pattern.constant is None or "\\" in str(pattern.constant.value):
        raise Lacks("this LIKE")
    return Typed(f"({text.sql} like {pattern.sql})", BOOL)


def _part(name: str, when: Typed) -> Typed:
    if name not in _PARTS or when.type not in TEMPORAL:
        raise Lacks(f"the {name or 'named'} part of a {type_name(when.type)}")
    return Typed(f"cast({name}({when.sql}) as bigint)", BIG, *_PARTS[name])


def _all(parts: Sequence[Typed], word: str) -> Typed:
    return Typed("(" + f" {word} ".join(part.sql for part in parts) + ")", BOOL)
