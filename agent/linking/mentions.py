"""Mentions: spans of a question with what they may stand for."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens `start` to `end` may stand for a table, a column or a value of one; `score` is between 0
    and 1.
    """

    start: int
    end: int
    kind: str
    table: str
    column: str = ""
    value: str = ""
    score: float = 1.0
    full: bool = True


@dataclass(frozen=True)
class Mentions:
    """All mentions of a question, by the token where they begin."""

    columns: dict[int, tuple[Mention, ...]] = field(default_factory=dict)
    tables: dict[int, tuple[Mention, ...]] = field(default_factory=dict)
    values: dict[int, tuple[Mention, ...]] = field(default_factory=dict)
    metrics: dict[int, tuple[Mention, ...]] = field(default_factory=dict)
    covered: frozenset[int] = frozenset()
    valued: frozenset[int] = frozenset()

    def table_positions(self) -> list[tuple[int, str, float]]:
        """(token, table, score) of every mention of a table, in order."""
        return sorted((m.start, m.table, m.score) for found in self.tables.values() for m in found)


def by_start(
    mentions: list[Mention], most: int, spoken: frozenset[str] = frozenset()
) -> dict[int, tuple[Mention, ...]]:
    """Mentions grouped by first token, the best `most` of each end; of equals, those of tables spoken of."""
    grouped: dict[int, dict[int, list[Mention]]] = {}
    for mention in mentions:
        grouped.setdefault(mention.start, {}).setdefault(mention.end, []).append(mention)
    return {
        start: tuple(
            mention
            for end in sorted(ends, reverse=True)
            for mention in sorted(
                ends[end], key=lambda m: (-m.score - 0.15 * (m.table in spoken), m.table, m.column)
            )[:most]
        )
        for start, ends in grouped.items()
    }
