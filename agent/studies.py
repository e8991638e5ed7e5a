"""Answers that take several queries: why something changed, and reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ..core.answers import Answer, Line, Wish
from ..core.results import Result
from .asker import Asker
from .build import build_sql
from .query import MetricQuery, Term, to_dict
from .report import plan_report, sentence, subject_of
from .translate import Translator
from .why import (
    Contribution,
    as_measure,
    asks_why,
    contributions,
    explains,
    named_measure,
    plan_why,
    told,
)

Translators = Callable[[bool], Translator]


def explained(
    question: str,
    previous: MetricQuery | None,
    asker: Asker,
    translator: Translators,
    now: datetime,
    wish: Wish,
) -> Answer | None:
    """Why what was asked before, or what the question names, changed; `None` if that is not the question."""
    if not asks_why(question):
        return None
    known = translator(False)
    named = named_measure(question)
    asked = known.translate(named, now) if named else None
    if asked is not None and not asked.unplaced:
        previous = as_measure(asked.query, known.schema.catalog) or previous
    if previous is None:
        return None
    plan = plan_why(question, previous, known.schema.catalog, now)
    if plan is None:
        return None
    total, result = _asked(plan.total, asker, known, wish)
    ((after, before),) = result.rows()
    change = float(after or 0) - float(before or 0)
    best: tuple[float, Term | None, list[Contribution], str, Result] = (0.0, None, [], total, result)
    for dimension, query in plan.parted:
        sql, parts = _asked(query, asker, known, wish)
        found = contributions(parts.rows())
        score = explains(found, change)
        if score > best[0]:
            best = (score, dimension, found, sql, parts)
    score, main, found, sql, parts = best
    said = told(plan, float(after or 0), float(before or 0), main, found)
    first, _, rest = said.partition(" Most of it")
    lines = [Line(first, total), *([Line(f"Most of it{rest}", sql)] if rest else [])]
    return Answer(
        "answer",
        question,
        sql=sql,
        reading=f"{plan.measure.column if plan.measure.column != '*' else 'count'}: {plan.period.reading}"
        f" beside {plan.base.reading}",
        narrative=said,
        data=parts,
        confidence=min(0.95, 0.6 + 0.3 * score),
        assumptions=(f"compared with {plan.base.reading}",),
        lines=tuple(lines),
        query=to_dict(previous),
    )


def reported(
    question: str, asker: Asker, translator: Translators, now: datetime, wish: Wish
) -> Answer | None:
    """A short report; `None` if none is asked for, or nothing is called like its subject."""
    subject = subject_of(question)
    if subject is None:
        return None
    known = translator(False)
    plan = plan_report(subject, known.schema.catalog, now)
    if plan is None:
        return None
    table, asks = plan
    lines: list[Line] = []
    shown: tuple[str, Result] | None = None
    for asked in asks:
        sql, result = _asked(asked.query, asker, known, wish)
        lines += [Line(text, sql) for text in sentence(asked, result.rows())]
        if asked.kind == "trend" or shown is None:
            shown = (sql, result)
    assert shown is not None
    return Answer(
        "answer",
        question,
        sql=shown[0],
        reading=f"a report about {table.name}",
        narrative="\n".join(line.text for line in lines),
        data=shown[1],
        confidence=0.8,
        lines=tuple(lines),
    )


def _asked(query: MetricQuery, asker: Asker, known: Translator, wish: Wish) -> tuple[str, Result]:
    sql = build_sql(query, known.schema.catalog, known.schema.joins)
    return sql, asker.sql(sql, as_of=wish.as_of, timeout=wish.timeout, cancel=wish.cancel)
