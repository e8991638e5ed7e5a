"""Questions in English over databases nobody here made: how many are answered, and how many of those rightly.

    python -m thermocline.benchmarks.questions DATA FOLDER --part tune --sample 600

DATA is the question file, FOLDER holds the databases as DuckDB files with their foreign keys. The split of
the databases is `tests/agent/spider_split.json`; of the held-back part only sums are printed.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from thermocline.agent.translate import Translation, Translator

from .questions_changed import doubled, without_column
from .questions_data import Databases, Question, questions

SPLIT = Path(__file__).resolve().parent.parent / "tests" / "agent" / "spider_split.json"
NOW = datetime(2026, 1, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Outcome:
    """What became of one question."""

    question: Question
    translation: Translation
    right: bool
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=["tune", "held", "all"], default="tune")
    parser.add_argument("--sample", type=int, default=0, help="so many questions, chosen by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--changed", action="store_true", help="also without a needed column, and with one doubled"
    )
    asked = parser.parse_args()
    held = set(json.loads(SPLIT.read_text())["held_back"])
    chosen = [
        q
        for q in questions(asked.data)
        if asked.part == "all" or (q.database in held) == (asked.part == "held")
    ]
    if asked.sample and asked.sample < len(chosen):
        chosen = random.Random(asked.seed).sample(chosen, asked.sample)
    chosen.sort(key=lambda q: q.database)
    databases = Databases(asked.folder)
    print_outcomes(list(outcomes(chosen, databases)))
    if asked.changed:
        print_changed(chosen, databases)


def outcomes(chosen: Iterable[Question], databases: Databases) -> Iterable[Outcome]:
    """Each question translated and judged."""
    translators: dict[str, Translator] = {}
    for question in chosen:
        if question.database not in translators:
            translators[question.database] = Translator(databases.catalog(question.database))
        begun = time.perf_counter()
        found = translators[question.database].translate(question.text, NOW)
        seconds = time.perf_counter() - begun
        yield Outcome(question, found, bool(found.sql) and databases.right(question, found.sql), seconds)


def print_outcomes(found: list[Outcome]) -> None:
    """Accuracy, coverage, precision, time, and accuracy by kind."""
    total = len(found)
    right = sum(o.right for o in found)
    answered = [o for o in found if o.translation.kind == "answer"]
    clarified = [o for o in found if o.translation.kind == "clarify"]
    print(f"questions          {total}")
    print(f"always answering   {right / total:.1%} right")
    precision = sum(o.right for o in answered) / max(1, len(answered))
    print(f"answered           {len(answered) / total:.1%}, of which {precision:.1%} right")
    print(f"clarified          {len(clarified) / total:.1%}")
    print(f"refused            {(total - len(answered) - len(clarified)) / total:.1%}")
    times = sorted(o.seconds for o in found)
    print(
        f"time               p50 {times[total // 2] * 1e3:.1f} ms, "
        f"p95 {times[int(total * 0.95)] * 1e3:.1f} ms"
    )
    kinds = Counter(kind for o in found for kind in o.question.kinds)
    for kind, count in kinds.most_common():
        good = sum(o.right for o in found if kind in o.question.kinds)
        print(f"  {kind:<10} {good / count:.1%} of {count}")


def print_changed(chosen: list[Question], databases: Databases) -> None:
    """What happens when a column that a question needs is missing, or there twice."""
    for name, change in (("without a column", without_column), ("with one doubled", doubled)):
        kinds: Counter[str] = Counter()
        for question in chosen:
            catalog = change(databases.catalog(question.database), question)
            if catalog is not None:
                kinds[Translator(catalog).translate(question.text, NOW).kind] += 1
        total = max(1, sum(kinds.values()))
        shares = ", ".join(f"{kind} {count / total:.1%}" for kind, count in kinds.most_common())
        print(f"{name:<18} {total} questions: {shares}")


if __name__ == "__main__":
    main()
