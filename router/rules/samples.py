"""Statements for the examples in the rules' docstrings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ..asof_syntax import Point
from ..bind import Bound, bind
from ..engine import Engine
from ..syntax import parse, spliced


@cache
def _engine() -> Engine:
    return Engine(Path())


def bound(sql: str, points: Mapping[str, Point] | None = None) -> Bound:
    """`sql` before any rule, in a database named acme."""
    return bind(parse(sql, _engine()), "acme", points or {})


def text(statement: Bound) -> str:
    """The statement with what the rules spliced in so far."""
    return spliced(statement.source.text, statement.splices)
