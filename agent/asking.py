"""From a question to an answer: catalog, meaning, SQL, the checks of every statement, rows, a sentence.

    question --> verified queries --> translate (pure) --> the door's own sql: policy, plan, tiers --> Answer

Whoever asks is the door: what it may not read, no question reads, and no catalog has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from ..core.answers import Answer, Kind, Option, Wish
from ..core.errors import Denied, Error, Invalid, NotFound
from ..core.results import Result
from .asker import Asker, first_rows
from .build import build_sql
from .errors import Unconnected
from .modelled import Model, ask_model
from .narrative import narrative
from .query import MetricQuery, from_dict, to_dict
from .reading import reading
from .studies import explained, reported
from .translate import Translation, Translator


def ask(
    question: str | Option,
    asker: Asker,
    translator: Callable[[bool], Translator],
    now: datetime,
    wish: Wish,
    previous: Mapping[str, Any] | None = None,
    vouched: str | None = None,
    model: Model | None = None,
    turns: Sequence[Mapping[str, Any]] = (),
) -> Answer:
    """`translator(fresh)`: over what is known of the database, read anew if `fresh`. `previous`: the meaning
    of the question before, which this one may build on. `vouched`: SQL that somebody verified for this very
    question. `model`: asked where the grammar is not sure; `turns`: what it is told of the conversation.

    Raises `Invalid` for a question that is none.
    """
    if isinstance(question, Option) and not question.query:
        question = question.question  # a model's own words
    if isinstance(question, Option):
        return _run(question.question, _chosen(question, translator), asker, wish)
    if not isinstance(question, str) or not question.strip():
        raise Invalid("a question is a text", hint='ask("how many orders this month?")')
    if vouched is not None:
        told = Answer(
            "answer", question, vouched, "as verified", confidence=1.0, verified=True, translator="verified"
        )
        return told if wish.dry_run else _with_rows(told, vouched, asker, wish)
    before = None if previous is None else _meaning(previous)
    more = explained(question, before, asker, translator, now, wish) or reported(
        question, asker, translator, now, wish
    )
    if more is not None:
        return more
    found = translator(False).translate(question, now, previous=before)
    if found.kind != "answer":
        # What was appended a moment ago has words, too.
        found = translator(True).translate(question, now, previous=before)
    if model is not None and found.kind != "answer":
        told = ask_model(question, asker, translator(False).schema.catalog, now, wish, model, turns)
        return _with_rows(told, told.sql, asker, wish) if told.sql and not wish.dry_run else told
    return _run(question, found, asker, wish)


def meaning_of(query: MetricQuery, translator: Translator) -> Translation:
    """A meaning that was chosen, or given as it is, as if it had been asked in words. Raises `Invalid`."""
    schema = translator.schema
    try:
        sql = build_sql(query, schema.catalog, schema.joins)
    except (Unconnected, KeyError) as error:
        raise Invalid(f"this can't be asked here: {error}", hint="describe() tells what there is") from None
    return Translation("answer", query, sql, reading(query, schema.catalog), confidence=1.0)


def _chosen(option: Option, translator: Callable[[bool], Translator]) -> Translation:
    query = _meaning(option.query)
    try:
        return meaning_of(query, translator(False))
    except Invalid:
        # It may be of a table that came a moment ago.
        return meaning_of(query, translator(True))


def _run(question: str, found: Translation, asker: Asker, wish: Wish) -> Answer:
    if wish.guess and found.sql:
        found = replace(found, kind="answer")
    told = Answer(
        kind=cast(Kind, found.kind),
        question=question,
        sql=found.sql if found.kind == "answer" else None,
        reading=found.reading,
        confidence=round(found.confidence, 3),
        assumptions=found.assumptions,
        options=tuple(Option(o.reading, question, to_dict(o.query)) for o in found.options),
        unplaced=found.unplaced,
        nearest=_nearest(found),
        as_of=None if wish.as_of is None else str(wish.as_of),
        query=None if found.query is None else to_dict(found.query),
    )
    if told.kind != "answer" or told.sql is None:
        return replace(told, narrative=_said(told))
    if wish.dry_run:
        return told
    return _with_rows(told, told.sql, asker, wish)


def _with_rows(told: Answer, sql: str, asker: Asker, wish: Wish) -> Answer:
    try:
        result = asker.sql(sql, as_of=wish.as_of, timeout=wish.timeout, cancel=wish.cancel, stream=True)
        rows, truncated = first_rows(result, wish.limit)
    except (Denied, NotFound):
        raise
    except Error as error:
        if error.retryable:
            raise
        said = f"The question was understood as: {told.reading}. Its SQL failed: {error.message}"
        return replace(told, kind="refuse", narrative=said)
    data = Result(rows, result.certificate, engine=result.engine)
    said = narrative(data.columns, data.rows(), truncated=truncated)
    return replace(told, data=data, truncated=truncated, narrative=said)


_WORTH_TELLING = 0.2
"""A meaning less sure than this is none."""


def _said(told: Answer) -> str:
    if told.kind == "clarify":
        ways = "; ".join(f"({at}) {option.reading}" for at, option in enumerate(told.options, 1))
        return f"Which of these is meant? {ways}"
    if not told.unplaced and told.reading and told.confidence >= _WORTH_TELLING:
        return (
            f"Not sure enough to answer. The likeliest meaning: {told.reading}. "
            "Say it in other words, or ask for a guess."
        )
    if not told.unplaced:
        return "This is no question that the tables here can answer."
    words = ", ".join(f"“{word}”" for word in told.unplaced)
    near = f" The nearest known: {', '.join(told.nearest)}." if told.nearest else ""
    return f"Nothing here is called {words}.{near}"


def _nearest(found: Translation) -> tuple[str, ...]:
    names = [name for word in found.unplaced for name in (found.nearest or {}).get(word, ())]
    return tuple(dict.fromkeys(names))


def _meaning(raw: Mapping[str, Any]) -> MetricQuery:
    """Raises `Invalid` for what no translator wrote."""
    try:
        query = from_dict(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(f"not a meaning of a question: {error}", hint="pass on what an answer gave") from None
    if not isinstance(query, MetricQuery):
        raise Invalid("not a meaning of a question", hint="pass on what an answer gave")
    return query
