"""Fragments: what a few words of a question contribute to its meaning; and edges, fragments over a span."""

from __future__ import annotations

from dataclasses import dataclass

from ..query import Scalar, Term

Features = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a query.

    role       fields
    project    term
    entity     table: rows of it are asked for
    touch      table: it is spoken of
    count      term (column `*`, table maybe empty): a count is asked for
    cond       term op values; `inner` aggregates the compared side (`avg`: "older than the average"),
               `other` is a column to compare with
    having     term (a count) op values
    super      term, descending, n: the n with the most or least of it
    group      term (column, or `*` for a table)
    order      term (maybe empty), descending
    limit      n; op `ranked` where it says so (`top 5`)
    null       term; negated when a value must be there
    """

    role: str
    term: Term | None = None
    op: str = ""
    values: tuple[Scalar, ...] = ()
    inner: str = ""
    other: Term | None = None
    n: int = 0
    descending: bool = False
    negated: bool = False
    connector: str = ""
    joiner: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """Fragments that tokens `start` to `end` may mean, with the features that speak for or against it."""

    start: int
    end: int
    fragments: tuple[Fragment, ...]
    features: Features
    mode: str = ""
