"""The one entry: a question and a catalog to an answer's SQL, a question back, or a refusal. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .build import build_sql
from .catalog import Catalog
from .decide import Decision, Model, decide, default_model
from .fanout import once, repeated
from .followups import follow
from .parsing.assemble import Candidate
from .query import MetricQuery
from .rank import Schema, default_weights, ranked
from .reading import reading


@dataclass(frozen=True, slots=True)
class Option:
    """One meaning of a question, in words and as SQL."""

    query: MetricQuery
    sql: str
    reading: str


@dataclass(frozen=True, slots=True)
class Translation:
    """What became of a question.

    `kind` is answer, clarify or refuse. `query`, `sql` and `reading` hold the best meaning, also where
    it is not
    sure enough to be an answer; nothing where there is none. `options` are offered where the user must
    choose.
    `unplaced` are words that stand for nothing known, each with the nearest known names in `nearest`.
    """

    kind: str
    query: MetricQuery | None
    sql: str
    reading: str
    confidence: float
    assumptions: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    alternatives: tuple[Option, ...] = ()
    unplaced: tuple[str, ...] = ()
    nearest: Mapping[str, tuple[str, ...]] | None = None


class Translator:
    """Translates over one catalog; what is derived from the catalog is made once."""

    def __init__(
        self, catalog: Catalog, weights: Mapping[str, float] | None = None, model: Model | None = None
    ) -> None:
        self.schema = Schema.of(catalog)
        self._weights = default_weights() if weights is None else weights
        self._model = default_model() if model is None else model

    def translate(self, question: str, now: datetime, *, previous: MetricQuery | None = None) -> Translation:
        """The meaning of `question`; with `previous`, a follow-up may edit that query."""
        s = self.schema.sentence(question, now)
        if previous is not None:
            edited = follow(s, previous, self.schema)
            if edited is not None:
                option = self._option(edited)
                assumed = ("continues the question before",)
                return Translation("answer", edited, option.sql, option.reading, 0.9, assumed)
        candidates = ranked(s, self._weights)
        return self._translation(decide(candidates, s, self._model), candidates)

    def _translation(self, decision: Decision, candidates: list[Candidate]) -> Translation:
        answered = decision.kind == "answer"
        unplaced = () if answered else decision.unplaced
        nearest = {word: self._nearest(word) for word in unplaced} if unplaced else None
        if not candidates:
            return Translation("refuse", None, "", "", 0.0, unplaced=unplaced, nearest=nearest)
        best = self._option(candidates[0].query)
        others = tuple(self._option(candidate.query) for candidate in decision.options)
        clarify, taken = decision.kind == "clarify", assumptions(candidates[0], self.schema)
        if answered and decision.unplaced:
            taken = (*taken, f"left out: {', '.join(decision.unplaced)}")
        return Translation(
            decision.kind, best.query, best.sql, best.reading, decision.confidence,
            taken, others if clarify else (), others[1:], unplaced, nearest,
        )  # fmt: skip

    def _option(self, query: MetricQuery) -> Option:
        catalog = self.schema.catalog
        return Option(query, build_sql(query, catalog, self.schema.joins), reading(query, catalog))

    def _nearest(self, word: str) -> tuple[str, ...]:
        """Known names that are spelt like a word."""
        catalog = self.schema.catalog
        names = {" ".join(t.words): t.name for t in catalog.tables}
        names.update({" ".join(c.words): f"{c.table}.{c.name}" for c in catalog.column_of.values()})
        found = difflib.get_close_matches(word.lower(), names, n=3, cutoff=0.4)
        return tuple(names[name] for name in found)


def translate(
    question: str, catalog: Catalog, now: datetime, *, previous: MetricQuery | None = None
) -> Translation:
    """One question over a catalog; keep a `Translator` for several."""
    return Translator(catalog).translate(question, now, previous=previous)


_ASSUMED = (
    ("join:inferred", "tables are joined by columns that look alike; no key is declared"),
    ("entity:name1", "rows are shown by their name"),
    ("entity:key:unsaid", "rows are shown by their key"),
    ("link:weak", "a name is taken for a similar one"),
    ("value:partial", "a word is taken for part of a value"),
    ("head:promoted", "the rows of the table named first are asked for"),
    ("order:open", "rows are sorted by the first column"),
)


def assumptions(candidate: Candidate, schema: Schema) -> tuple[str, ...]:
    """What the translator took for granted."""
    query = candidate.query
    often = (
        "once" if once(query, schema.joins, schema.catalog) is not None else "once for each row joined to it"
    )
    counted = tuple(f"a row of {table} counts {often}" for table in repeated(query, schema.joins))
    return counted + tuple(text for name, text in _ASSUMED if candidate.features.get(name, 0.0) > 0)
