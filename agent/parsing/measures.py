"""Patterns for measures that a semantic document names, and for shares of a total."""

from __future__ import annotations

from collections.abc import Iterator

from ..english import lexicon as lex
from ..linking.mentions import Mention
from ..query import Term
from .fragments import Edge, Features, Fragment
from .sentence import Sentence

SHARES = frozenset(("share", "percentage", "percent", "proportion", "fraction", "shares"))
"""What asks for a part of a whole."""


def metric_term(mention: Mention) -> Term:
    """The term of a named metric."""
    return Term(mention.table, "*", "metric", metric=mention.value)


def metric_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """A named metric that is asked for."""
    for mention in s.metrics(i):
        fragment = Fragment("project", metric_term(mention), position=i)
        yield Edge(i, mention.end, (fragment,), (*s.link_features(mention, "metric"), ("take:metric", 1.0)))


def share_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`share of revenue`, `percentage of orders`: the measure divided by its total."""
    if s.low(i) not in SHARES or s.low(i + 1) != "of":
        return
    j = s.skip(i + 2, lex.DETERMINERS | {"total"})
    share = Fragment("share", position=i)
    cue: Features = (("pat:share", 1.0),)
    for mention in s.metrics(j):
        asked = Fragment("project", metric_term(mention), position=i)
        yield Edge(i, mention.end, (asked, share), (*s.link_features(mention, "metric"), *cue))
    for mention in s.columns(j):
        column = s.column(mention)
        if column.numeric and not column.is_id:
            asked = Fragment("project", Term(mention.table, mention.column, "sum"), position=i)
            yield Edge(i, mention.end, (asked, share), (*s.link_features(mention, "agg"), *cue))
    for mention in s.tables(j):
        asked = Fragment("count", Term(mention.table, "*", "count"), position=i)
        yield Edge(i, mention.end, (asked, share), (*s.link_features(mention, "table"), *cue))
    if not s.tables(j):
        counted = Fragment("count", Term("", "*", "count"), position=i)  # `percentage of returned orders`
        yield Edge(i, i + 2, (counted, share), (("count:open", 1.0), *cue))
