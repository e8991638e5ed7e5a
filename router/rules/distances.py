"""Distances between vectors: DuckDB wants both of one type, and no null beside an operator.

array_cosine_distance(e, [1, 2, 3])  -->  array_cosine_distance(e, [1, 2, 3]::FLOAT[3])
array_cosine_distance(e, $q)         -->  $q is given as FLOAT[n]
e <=> $q                             -->  (CASE WHEN e IS NOT NULL THEN e <=> $q END)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...core.types import quote
from ..bind import Bound
from ..syntax import Node, Source, Splice, children

DISTANCES = frozenset(
    [
        "array_cosine_distance",
        "array_cosine_similarity",
        "array_distance",
        "array_inner_product",
        "array_dot_product",
        "array_negative_inner_product",
        "array_negative_dot_product",
    ]
)
OPERATORS = {"<=>": "array_cosine_distance", "<->": "array_distance"}
"""Each with the function that it is another way to write."""


def typed_distances(bound: Bound) -> Bound:
    """
    >>> from thermocline.router.rules.samples import bound, text
    >>> text(typed_distances(bound("select a from t order by array_distance(e, [1, 2.5])")))
    'select a from t order by array_distance(e, [1, 2.5]::FLOAT[2])'
    >>> text(typed_distances(bound("select e <=> $q from t")))
    'select (CASE WHEN e IS NOT NULL THEN e <=> $q END) AS "(e <=> $q)" from t'
    >>> typed_distances(bound("select a from t order by array_distance(e, $q)")).vectors
    frozenset({'q'})
    """
    splices: list[Splice] = []
    vectors: set[str] = set()
    for node, shown in _distances(bound.source.tree, False):
        operands = [argument["expression"] for argument in node["arguments"]]
        start, end = bound.source.span(node)
        if node["function_name"].lower() in OPERATORS:
            made = _guarded(bound.source, start, end, operands)
        else:
            made = [_typed(bound.source, operand) for operand in operands if _is_list(operand)]
            vectors |= {str(o["identifier"]) for o in operands if o["class"] == "PARAMETER"}
        if made and shown:
            name = bound.source.text[start:end]
            name = f"({name})" if node["function_name"] in OPERATORS else name
            made.append(Splice(end, end, f" AS {quote(name)}"))
        splices += made
    return replace(bound, splices=(*bound.splices, *splices), vectors=frozenset(vectors))


def is_distance(node: Any) -> bool:
    """Whether a node compares two vectors."""
    return (
        isinstance(node, dict)
        and node.get("class") == "FUNCTION"
        and node["function_name"].lower() in (*DISTANCES, *OPERATORS)
        and len(node["arguments"]) == 2
    )


def _distances(node: Any, shown: bool) -> Iterator[tuple[Node, bool]]:
    """Every distance, and whether it is a column of the answer that has no name yet."""
    if is_distance(node):
        yield node, shown and not node.get("alias")
    listed = node.get("select_list", ()) if isinstance(node, dict) else ()
    for child in children(node):
        if child is listed:
            for item in child:
                yield from _distances(item, True)
        else:
            yield from _distances(child, False)


def _guarded(source: Source, start: int, end: int, operands: list[Node]) -> list[Splice]:
    columns = [source.text[slice(*source.span(o))] for o in operands if o["class"] == "COLUMN_REF"]
    if not columns:
        return []
    there = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return [Splice(start, start, f"(CASE WHEN {there} THEN "), Splice(end, end, " END)")]


def _is_list(node: Node) -> bool:
    """Whether it is written as `[1, 2, 3]`."""
    return bool(node["class"] == "FUNCTION" and node["function_name"] in ("list_value", "array_value"))


def _typed(source: Source, literal: Node) -> Splice:
    end = source.span(literal)[1]
    return Splice(end, end, f"::FLOAT[{len(literal['arguments'])}]")
