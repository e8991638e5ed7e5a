"""A question put to a language model, behind the same checks as any statement.

    catalog as its asker has it --> prompt --> a proposal --> EXPLAIN through the door: policy, names, types
                                      ^--- what is wrong, at most three times ---|

A model sees what its asker sees and no masked column; what it proposes runs as the asker's own statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core.answers import Answer, Option, Wish
from ..core.errors import Denied, Error, Invalid, NotFound
from .asker import Asker, check
from .catalog import Catalog, Table
from .providers.base import Provider
from .providers.budget import Budget, Ledger, Metered
from .providers.prompt import ColumnFacts, Example, TableFacts, Turn, prompt
from .providers.repair import StructuredError, propose

DIALECT = (
    "The dialect is DuckDB's. Only one SELECT is accepted, without files, settings or other catalogs."
    " Quote names that are not plain words with double quotes."
)
MOST_TABLES = 40
USUAL_TIMEOUT_S = 120.0
_NAMED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Model:
    """`agent`: in whose name it is paid. `fence`: a new one for each prompt, that nobody can guess."""

    provider: Provider
    ledger: Ledger
    budget: Budget
    agent: str
    fence: Callable[[], str]


def ask_model(
    question: str,
    asker: Asker,
    catalog: Catalog,
    now: datetime,
    wish: Wish,
    model: Model,
    turns: Sequence[Mapping[str, Any]] = (),
    examples: Sequence[tuple[str, str]] = (),
) -> Answer:
    """The model's answer without its rows: its SQL has passed the checks, or it asks back, or refuses.

    Raises `Unavailable` if the model can't be reached in time, `Denied` if a budget is used up.
    """
    asked = prompt(
        question,
        [_described(table) for table in catalog.tables[:MOST_TABLES]],
        fence=model.fence(),
        now=now,
        dialect=DIALECT,
        examples=[Example(*pair) for pair in examples],
        turns=[Turn(t["question"], t["sql"], t.get("reading", "")) for t in turns if t.get("sql")],
    )
    metered = Metered(model.provider, model.ledger.question(model.agent, model.budget))
    found = propose(
        metered,
        asked,
        lambda sql: wrong_with(sql, asker),
        timeout=wish.timeout or USUAL_TIMEOUT_S,
        cancel=wish.cancel,
    )
    name = f"{found.provider}:{found.model}"
    if found.sql is not None:
        return Answer(
            "answer",
            question,
            sql=found.sql,
            reading=found.reading,
            confidence=found.confidence or 0.0,
            assumptions=found.assumptions,
            translator=name,
        )
    if found.clarify:
        options = tuple(Option(reading, reading, {}) for reading in found.clarify)
        said = "Which of these is meant? " + "; ".join(f"({n}) {o.reading}" for n, o in enumerate(options, 1))
        return Answer("clarify", question, options=options, narrative=said, translator=name)
    return Answer("refuse", question, narrative=found.refusal or "It can't be answered.", translator=name)


def wrong_with(sql: str, asker: Asker) -> StructuredError | None:
    """What the door finds wrong with a statement, `None` if it would run. Waits are not errors of the SQL."""
    try:
        check(asker, sql)
    except Denied as error:
        return _structured("not_allowed", error)
    except NotFound as error:
        return _structured("unknown_column" if "column" in error.message else "unknown_table", error)
    except Invalid as error:
        return _structured(_kind(error.message), error)
    return None


def _kind(message: str) -> str:
    lowered = message.lower()
    if "not sql" in lowered:
        return "syntax"
    if "function" in lowered:
        return "function"
    if "ambiguous" in lowered:
        return "ambiguous"
    return "not_allowed" if "not allowed" in lowered or "only queries" in lowered else "type"


def _structured(kind: str, error: Error) -> StructuredError:
    names = tuple(_NAMED.findall(error.message))
    return StructuredError(kind, error.message, names, tuple(_NAMED.findall(error.hint)))


def _described(table: Table) -> TableFacts:
    """Masked columns are left out: not even their names reach a model."""
    columns = tuple(
        ColumnFacts(c.name, c.kind, comment=" ".join((*c.synonyms, c.unit)).strip(), samples=c.values)
        for c in table.columns
        if not c.values_hidden
    )
    return TableFacts(table.name, columns, comment=", ".join(table.synonyms))
