"""Columns are called as they are without the policy.

A column that a query computes is called by that query's text, which would show what the policy put there: its
conditions, the values of settings, the salt of hashes. So each gets the name that its text had as it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.errors import Invalid
from ..engine import Engine, Session
from ..syntax import Node, children, parse

_PLACES = ("query_location", "query_location_length")


def with_names(before: Node, text: str, engine: Engine, *, filled: bool) -> str:
    """`before`: the statement as it came; `text`: as it is now. `filled`: something is in it for the parser's
    sake. Raises `Invalid` for a statement that can't be written again."""
    if _pivots_by_a_query(before):
        raise Invalid("PIVOT computes with a query, under a policy", hint="compute it in a query before")
    if not any(_unnamed(item) for item in _items(before)):
        return text
    after = parse(text, engine).tree
    with engine.session() as session:
        for item, changed in _pairs(before, after):
            changed["alias"] = _name(item, session)
        again = session.rendered(after)
    if filled or bare(parse(again, engine).tree) != bare(after):
        raise Invalid("a column that a query computes needs a name here", hint="write (SELECT ...) AS name")
    return again


def bare(node: Any) -> Any:
    """A tree without its places in the text."""
    if isinstance(node, dict):
        return {key: bare(value) for key, value in node.items() if key not in _PLACES}
    return [bare(item) for item in node] if isinstance(node, list) else node


def _pairs(before: Any, after: Any) -> Iterator[tuple[Node, Node]]:
    """(what a SELECT shows without a name, the same now), through two trees that differ in their tables."""
    if isinstance(before, list):
        for one, other in zip(before, after, strict=True):
            yield from _pairs(one, other)
    elif isinstance(before, dict) and before.get("type") == after.get("type"):
        for key, value in before.items():
            if key == "select_list":
                yield from ((a, b) for a, b in zip(value, after[key], strict=True) if _unnamed(a))
            if isinstance(value, dict | list):
                yield from _pairs(value, after[key])


def _items(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield from node.get("select_list", ())
    if isinstance(node, dict | list):
        for child in children(node):
            yield from _items(child)


def _pivots_by_a_query(node: Any) -> bool:
    """Its columns are called by what they are computed with, and no alias prevents it."""
    if isinstance(node, dict) and node.get("type") == "PIVOT":
        return _asks([value for key, value in node.items() if key != "source"])
    return isinstance(node, dict | list) and any(map(_pivots_by_a_query, children(node)))


def _unnamed(item: Node) -> bool:
    return not item.get("alias") and item.get("class") != "STAR" and _asks(item)


def _asks(node: Any) -> bool:
    """Whether a query is in it."""
    if isinstance(node, dict) and node.get("class") == "SUBQUERY":
        return True
    return isinstance(node, dict | list) and any(map(_asks, children(node)))


def _name(item: Node, session: Session) -> str:
    select: Node = {
        "type": "SELECT_NODE",
        "cte_map": {},
        "select_list": [item],
        "from_table": {"type": "EMPTY"},
        "aggregate_handling": "STANDARD_HANDLING",
    }
    return session.rendered(select).removeprefix("SELECT ")
