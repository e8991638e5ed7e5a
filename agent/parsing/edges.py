"""Every edge over a question: all patterns, at every token."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import conditions, measures, named_values, nouns, numbers_first, ranking, time
from .fragments import Edge
from .sentence import Sentence

PATTERNS: tuple[Callable[[Sentence, int], Iterator[Edge]], ...] = (
    nouns.column_edges,
    measures.metric_edges,
    measures.share_edges,
    nouns.shared_noun_edges,
    nouns.question_word_edges,
    nouns.table_edges,
    nouns.count_edges,
    nouns.aggregate_edges,
    nouns.group_edges,
    conditions.column_conditions,
    conditions.text_before_column,
    named_values.value_conditions,
    named_values.quoted_conditions,
    conditions.flag_conditions,
    numbers_first.ordinal_conditions,
    numbers_first.number_conditions,
    conditions.adjective_conditions,
    numbers_first.comparison_conditions,
    ranking.superlative_edges,
    ranking.column_is_most,
    ranking.limit_edges,
    ranking.number_of_rows,
    ranking.order_edges,
    ranking.having_edges,
    ranking.count_compared_edges,
    time.period_edges,
    time.grain_edges,
    time.comparison_edges,
    time.second_period,
)


def edges_of(sentence: Sentence) -> list[list[Edge]]:
    """Edges by the token where they begin."""
    return [[edge for pattern in PATTERNS for edge in pattern(sentence, i)] for i in range(len(sentence))]
