"""Fits what the translator weighs: the ranker's weights, then how sure it may be. Writes both into `agent/`.

    python -m thermocline.benchmarks.questions_fit DATA FOLDER --rounds 2

Only the tuning part of the databases is read, and the wide tables made of it, which are written to FOLDER.
Confidence is fitted on databases that the ranker did not see: it is fitted five times without a fifth of
them, and speaks for that fifth.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from thermocline.agent.build import build_sql
from thermocline.agent.decide import MOST_OPTIONS, Model, distinct_meanings, evidence, probability
from thermocline.agent.errors import Unconnected
from thermocline.agent.fit import Example, fit, fit_events
from thermocline.agent.parsing.assemble import Candidate
from thermocline.agent.rank import Schema, default_weights, ranked

from .questions import NOW, SPLIT
from .questions_business import business_questions
from .questions_changed import without_column
from .questions_data import Databases, Question, questions
from .questions_wide import SUFFIX, widened

AGENT = Path(__file__).resolve().parent.parent / "agent"
PRIOR = Path(__file__).resolve().parent / "questions_prior.json"
FOLDS = 5
CHANGED_SHARE = 0.4
PRECISION = 0.886
COUNTS_OF_CHANGED = 2
"""A question whose column is missing counts twice: to answer it is worse than to refuse another."""
Weights = Mapping[str, float]
Seen = dict[str, dict[str, Example]]
"""For each question its statements, each with features and whether it is right."""


@dataclass(frozen=True)
class Case:
    """Evidence for one question's best meaning; whether it is right, and whether one of the options is."""

    database: str
    evidence: Mapping[str, float]
    right: bool
    among: bool
    changed: bool
    business: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--rounds", type=int, default=2, help="how often candidates are made anew and weighed"
    )
    parser.add_argument("--sample", type=int, default=0)
    asked = parser.parse_args()
    held = set(json.loads(SPLIT.read_text())["held_back"])
    chosen = [q for q in questions(asked.data) if q.database not in held]
    if asked.sample:
        chosen = random.Random(1).sample(chosen, asked.sample)
    databases = Databases(asked.folder)
    for name in sorted({q.database for q in chosen}):
        for made in (name, widened(databases, name, asked.folder)):
            chosen += business_questions(databases, made) if made else []
    chosen.sort(key=lambda q: q.database)
    fitter = Fitter(databases, json.loads(PRIOR.read_text()))
    weights: Weights = {**fitter.prior, **default_weights()}
    seen: Seen = {}
    for _ in range(asked.rounds):
        fitter.collect(chosen, weights, seen)
        weights = fitter.weigh(chosen, seen)
        _write("weights.json", weights)
    cases = fitter.cases(chosen, seen)
    _write("confidence.json", asdict(calibrated(cases)))


def _write(name: str, value: object) -> None:
    (AGENT / name).write_text(json.dumps(value, indent=0, sort_keys=True) + "\n")


def fold(database: str) -> int:
    """Which fifth a database belongs to, also its wide form."""
    return int(hashlib.sha256(database.removesuffix(SUFFIX).encode()).hexdigest()[:8], 16) % FOLDS


class Fitter:
    """Makes candidates and judges them, each statement once."""

    def __init__(self, databases: Databases, prior: Weights) -> None:
        self.prior = prior
        self._databases = databases
        self._schemas: dict[str, Schema] = {}
        self._judged: dict[tuple[str, str], bool] = {}

    def collect(self, chosen: Sequence[Question], weights: Weights, seen: Seen) -> None:
        """Adds the candidates that these weights rank high."""
        for question in chosen:
            schema = self._schema(question.database)
            examples = seen.setdefault(question.id, {})
            for candidate in ranked(schema.sentence(question.text, NOW), weights):
                sql = _sql(candidate, schema)
                if sql and sql not in examples:
                    examples[sql] = (candidate.features, self._right(question, sql))

    def weigh(self, chosen: Sequence[Question], seen: Seen, without: int = -1) -> dict[str, float]:
        """Weights from what was seen, leaving out one fifth of the databases."""
        used = [list(seen[q.id].values()) for q in chosen if fold(q.database) != without]
        return fit(used, self.prior)

    def cases(self, chosen: Sequence[Question], seen: Seen) -> list[Case]:
        """Evidence and outcomes, by weights that did not see the database; some lack a column."""
        out: list[Case] = []
        for part in range(FOLDS):
            weights = self.weigh(chosen, seen, part)
            for question in chosen:
                if fold(question.database) != part:
                    continue
                schema = self._schema(question.database)
                out += self._case(question, schema, weights, changed=False)
                if int(hashlib.sha256(question.id.encode()).hexdigest()[:8], 16) % 100 < 100 * CHANGED_SHARE:
                    catalog = without_column(schema.catalog, question)
                    if catalog is not None:
                        out += self._case(question, Schema.of(catalog), weights, changed=True)
        return out

    def _case(
        self,
        question: Question,
        schema: Schema,
        weights: Weights,
        *,
        changed: bool,
    ) -> list[Case]:
        sentence = schema.sentence(question.text, NOW)
        found = ranked(sentence, weights)
        if not found:
            return []
        seen = evidence(found, sentence)
        business = "business" in question.kinds
        if changed:
            return [Case(question.database, seen, False, False, True, business)]
        options = distinct_meanings(found, schema.catalog)[:MOST_OPTIONS]
        rights = [self._judge(question, option, schema) for option in options]
        return [Case(question.database, seen, rights[0], any(rights), False, business)]

    def _judge(self, question: Question, candidate: Candidate, schema: Schema) -> bool:
        sql = _sql(candidate, schema)
        return bool(sql) and self._right(question, sql)

    def _schema(self, database: str) -> Schema:
        if database not in self._schemas:
            self._schemas[database] = Schema.of(self._databases.catalog(database))
        return self._schemas[database]

    def _right(self, question: Question, sql: str) -> bool:
        key = (question.id, sql)
        if key not in self._judged:
            self._judged[key] = self._databases.right(question, sql)
        return self._judged[key]


def _sql(candidate: Candidate, schema: Schema) -> str:
    try:
        return build_sql(candidate.query, schema.catalog, schema.joins)
    except Unconnected:
        return ""


def calibrated(cases: Sequence[Case]) -> Model:
    """The two event models, and thresholds that hold the precision on databases the models did not see."""
    counted = _counted(cases)
    model = Model(
        fit_events([(c.evidence, c.right) for c in counted]),
        fit_events([(c.evidence, c.among) for c in counted]),
    )
    pairs = [pair for part in range(FOLDS) for pair in _unseen(cases, part)]
    whole = [(score, case.right) for score, case in pairs if not case.changed and not case.business]
    answer_from = threshold(whole, PRECISION)
    for name, business in (("whole sentences", False), ("business", True)):
        plain = [(s, c.right) for s, c in pairs if not c.changed and c.business == business]
        covered = [right for score, right in plain if score >= answer_from]
        print(
            f"{name}: answers {len(covered) / max(1, len(plain)):.1%}, "
            f"of which {sum(covered) / max(1, len(covered)):.1%} right; "
            f"always answering {sum(right for _, right in plain) / max(1, len(plain)):.1%}"
        )
    leaked = sum(score >= answer_from for score, case in pairs if case.changed)
    changed = max(1, sum(case.changed for _, case in pairs))
    print(
        f"answers {leaked / changed:.1%} of {changed} questions whose column is missing; "
        f"from {answer_from:.2f} on"
    )
    return replace(model, answer_from=round(answer_from, 3))


def _counted(cases: Sequence[Case]) -> list[Case]:
    return [case for case in cases for _ in range(COUNTS_OF_CHANGED if case.changed else 1)]


def _unseen(cases: Sequence[Case], part: int) -> list[tuple[float, Case]]:
    seen = _counted([c for c in cases if fold(c.database) != part])
    weights = fit_events([(c.evidence, c.right) for c in seen])
    return [(probability(weights, c.evidence), c) for c in cases if fold(c.database) == part]


def threshold(scored: Sequence[tuple[float, bool]], precision: float) -> float:
    """The lowest score from which on the right ones are that share."""
    best, right = 1.0, 0
    for count, (score, is_right) in enumerate(sorted(scored, reverse=True), 1):
        right += is_right
        if right / count >= precision:
            best = score
    return best


if __name__ == "__main__":
    main()
