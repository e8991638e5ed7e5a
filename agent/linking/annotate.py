"""All mentions of a question together: schema names and values."""

from __future__ import annotations

from ..catalog import Catalog
from ..english.tokens import Token
from .mentions import Mention, Mentions, by_start
from .schema import SchemaIndex
from .value_links import link_values

_MOST_COLUMNS, _MOST_TABLES, _MOST_VALUES = 6, 3, 5


def annotate(tokens: tuple[Token, ...], catalog: Catalog, index: SchemaIndex) -> Mentions:
    """Mentions of tables, columns and values, weak ones dropped where a better one covers them."""
    schema = index.link(tokens)
    values = _whole_values(link_values(tokens, catalog))
    tables = [m for m in schema if m.kind == "table" and m.score >= 0.5]
    columns = _best_columns([m for m in schema if m.kind == "column"])
    covered = frozenset(i for m in schema if m.score >= 0.6 for i in range(m.start, m.end))
    valued = frozenset(i for m in values if m.score >= 0.8 for i in range(m.start, m.end))
    spoken = frozenset(m.table for m in tables if m.score >= 0.6)
    return Mentions(
        by_start(columns, _MOST_COLUMNS, spoken),
        by_start(tables, _MOST_TABLES),
        by_start(values, _MOST_VALUES, spoken),
        by_start([m for m in schema if m.kind == "metric" and m.full], _MOST_TABLES),
        covered,
        valued,
    )


def _best_columns(columns: list[Mention]) -> list[Mention]:
    """Columns without those far below the best of the same span."""
    best: dict[tuple[int, int], float] = {}
    for mention in columns:
        span = (mention.start, mention.end)
        best[span] = max(best.get(span, 0.0), mention.score)
    return [m for m in columns if m.score >= best[(m.start, m.end)] - 0.3]


def _whole_values(values: list[Mention]) -> list[Mention]:
    """Values without parts of longer values."""
    longest = [m for m in values if m.end - m.start > 1]
    inside = {
        (m.start, m.end)
        for m in values
        for other in longest
        if other.start <= m.start and m.end <= other.end and other.end - other.start > m.end - m.start
    }
    return [m for m in values if (m.start, m.end) not in inside]
