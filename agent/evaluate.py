"""How good the answers are: questions with the rows they should give, asked of a lake, and the sums of it.

    {"db": "shop", "question": "how many orders?", "gold_rows": [[5]], "ordered": false, "kinds": ["agg"]}

One JSON object a line, or a list of them. Rows are compared up to the order of columns, and of rows unless
`ordered`. `gold_n`: how many rows there are where only the first of them are listed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.answers import Answer
from ..core.errors import Invalid
from .scoring import same_rows


@dataclass(frozen=True, slots=True)
class Case:
    """One question. `rows`: what it should give, `None` if nobody knows."""

    id: str
    database: str
    question: str
    rows: tuple[tuple[Any, ...], ...] | None
    ordered: bool
    kinds: tuple[str, ...]
    listed: bool = True
    """Whether all of the rows are in `rows`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kind`: answer, clarify, refuse or error. `right`: of the answer; `best_right`: of the best meaning,
    however unsure. `seconds`: until the answer was there."""

    case: Case
    kind: str
    right: bool
    best_right: bool
    confidence: float
    sql: str | None
    seconds: float
    error: str = ""


def read_cases(text: str, database: str) -> list[Case]:
    """`database`: of questions that name none. Raises `Invalid` with the line."""
    stripped = text.lstrip()
    if stripped.startswith("["):
        return [_case(raw, at, database) for at, raw in enumerate(_parsed(text, 1), 1)]
    lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    return [_case(_parsed(line, at), at, database) for at, line in lines]


def judged(case: Case, answer: Answer) -> bool:
    """Whether an answer's rows are those that were expected."""
    if answer.kind != "answer" or answer.data is None or case.rows is None:
        return False
    found = answer.data.rows()
    if not case.listed:
        found = found[: len(case.rows)]
    return same_rows(found, case.rows, ordered=case.ordered)


@dataclass(frozen=True, slots=True)
class Summary:
    """`accuracy`: right of all, the best meaning counted whether sure or not. `coverage`: answered of all.
    `precision`: right of the answered. `by_kind`: kind of question -> (right, asked). `p50_s`, `p95_s`."""

    asked: int
    accuracy: float
    coverage: float
    precision: float
    clarified: int
    refused: int
    failed: int
    by_kind: Mapping[str, tuple[int, int]]
    p50_s: float
    p95_s: float

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def summed(outcomes: Sequence[Outcome]) -> Summary:
    known = [o for o in outcomes if o.case.rows is not None]
    answered = [o for o in known if o.kind == "answer"]
    kinds: Counter[str] = Counter(kind for o in known for kind in o.case.kinds)
    right: Counter[str] = Counter(kind for o in known if o.best_right for kind in o.case.kinds)
    times = sorted(o.seconds for o in outcomes) or [0.0]
    return Summary(
        asked=len(known),
        accuracy=_part(sum(o.best_right for o in known), len(known)),
        coverage=_part(len(answered), len(known)),
        precision=_part(sum(o.right for o in answered), len(answered)),
        clarified=sum(o.kind == "clarify" for o in known),
        refused=sum(o.kind == "refuse" for o in known),
        failed=sum(o.kind == "error" for o in known),
        by_kind={kind: (right[kind], kinds[kind]) for kind in sorted(kinds)},
        p50_s=times[len(times) // 2],
        p95_s=times[min(len(times) - 1, int(len(times) * 0.95))],
    )


def _part(some: int, of: int) -> float:
    return some / of if of else 0.0


def _parsed(text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Invalid(f"line {line}: {error}", hint="one JSON object a line, or a list of them") from None


def _case(raw: Any, at: int, database: str) -> Case:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("question"), str):
        raise Invalid(f"question {at} has no text", hint='{"question": "how many?", "gold_rows": [[5]]}')
    rows = raw.get("gold_rows", raw.get("rows"))
    listed = rows is None or int(raw.get("gold_n", len(rows))) <= len(rows)
    return Case(
        id=str(raw.get("id", at)),
        database=str(raw.get("db", database)),
        question=str(raw["question"]),
        rows=None if rows is None else tuple(tuple(row) for row in rows),
        ordered=bool(raw.get("ordered", False)),
        kinds=tuple(raw.get("kinds", ())),
        listed=listed,
    )
