"""The ranker: a log-linear model over readable features; its weights are a small JSON file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TypeVar

from .catalog import Catalog
from .english.tokens import Token, tokenise
from .joins import Joins
from .linking.annotate import annotate
from .linking.schema import SchemaIndex
from .parsing.assemble import Candidate, candidates
from .parsing.beam import paths
from .parsing.sentence import Sentence
from .periods import Comparison, Grain, Period, find_comparisons, find_grains, find_periods
from .query import MetricQuery
from .shape import cues, shape_features

MOST = 40


@dataclass(frozen=True)
class Schema:
    """A catalog with what is derived from it once: join trees and the index of names."""

    catalog: Catalog
    joins: Joins
    index: SchemaIndex

    @classmethod
    def of(cls, catalog: Catalog) -> Schema:
        """The derived parts of `catalog`."""
        return cls(catalog, Joins(catalog), SchemaIndex(catalog))

    def sentence(self, question: str, now: datetime) -> Sentence:
        """The question with its mentions and its words of time, relative to `now`."""
        tokens = tokenise(question)
        mentions = annotate(tokens, self.catalog, self.index)
        periods = placed(tokens, find_periods(question, now))
        grains = placed(tokens, find_grains(question))
        comparisons = placed(tokens, find_comparisons(question, now))
        return Sentence(
            question, tokens, mentions, self.catalog, self.joins, now, periods, grains, comparisons
        )


Said = TypeVar("Said", Period, Grain, Comparison)


def placed(tokens: tuple[Token, ...], found: tuple[Said, ...]) -> tuple[tuple[Said, int, int], ...]:
    """What was found in the text, with its first token and the one behind its last."""
    out = []
    for said in found:
        inside = [i for i, token in enumerate(tokens) if token.start >= said.start and token.end <= said.stop]
        if inside:
            out.append((said, inside[0], inside[-1] + 1))
    return tuple(out)


@cache
def default_weights() -> Mapping[str, float]:
    """The fitted weights that come with the package."""
    loaded: dict[str, float] = json.loads(files(__package__).joinpath("weights.json").read_text())
    return loaded


def ranked(sentence: Sentence, weights: Mapping[str, float], most: int = MOST) -> list[Candidate]:
    """Candidate meanings, best first, each once."""
    best: dict[MetricQuery, Candidate] = {}
    asked = cues(sentence.text)
    shapes: dict[MetricQuery, tuple[dict[str, float], float]] = {}
    for path in paths(sentence, weights):
        for found in candidates(path.fragments, sentence):
            if found.query not in shapes:
                extra = shape_features(asked, found.query)
                shapes[found.query] = extra, sum(weights.get(name, 0.0) for name in extra)
            extra, extra_score = shapes[found.query]
            score = path.score + extra_score
            score += sum(weights.get(name, 0.0) * value for name, value in found.features.items())
            known = best.get(found.query)
            if known is None or known.score < score:
                features = {**path.features, **extra}
                for name, value in found.features.items():
                    features[name] = features.get(name, 0.0) + value
                best[found.query] = Candidate(found.query, features, score, path.skipped)
    return sorted(best.values(), key=lambda candidate: -candidate.score)[:most]
