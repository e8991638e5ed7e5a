"""The ranker: a log-linear model over readable features; its weights are a small JSON file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .catalog import Catalog
from .english.tokens import tokenise
from .parsing.assemble import Candidate, candidates
from .parsing.beam import paths
from .parsing.sentence import Sentence
from .joins import Joins
from .linking.annotate import annotate
from .linking.schema import SchemaIndex
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

    def sentence(self, question: str) -> Sentence:
        """The question with its mentions."""
        tokens = tokenise(question)
        return Sentence(question, tokens, annotate(tokens, self.catalog, self.index), self.catalog, self.joins)


@cache
def default_weights() -> Mapping[str, float]:
    """The fitted weights that come with the package."""
    loaded: dict[str, float] = json.loads(files(__package__).joinpath("weights.json").read_text())
    return loaded


def ranked(schema: Schema, sentence: Sentence, weights: Mapping[str, float], most: int = MOST) -> list[Candidate]:
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
                best[found.query] = Candidate(found.query, features, score)
    return sorted(best.values(), key=lambda candidate: -candidate.score)[:most]
