"""What a question in English gives back: an answer with its SQL, a question to the asker, or a refusal."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from .certificate import Certificate
from .errors import Invalid
from .results import Result
from .values import json_columns

if TYPE_CHECKING:
    from .protocols import Cancel

Kind = Literal["answer", "clarify", "refuse"]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to understand a question: `ask` takes it in the place of the question. `query`: its meaning, as
    `agent.query.to_dict` writes it."""

    reading: str
    question: str
    query: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"reading": self.reading, "question": self.question, "query": dict(self.query)}

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Option:
        return Option(str(raw["reading"]), str(raw["question"]), raw["query"])


MOST_ROWS = 1_000
"""Rows of an answer, unless the asker says otherwise."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How an answer is wanted. `limit`: rows at most. `guess`: also where it is not sure."""

    dry_run: bool = False
    as_of: object = None
    limit: int = MOST_ROWS
    guess: bool = False
    timeout: float | None = None
    cancel: Cancel | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.limit, int) or self.limit < 1:
            raise Invalid(f"limit={self.limit!r}", hint="rows, at least 1")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report, and the SQL that says it."""

    text: str
    sql: str

    def to_dict(self) -> dict[str, str]:
        return {"text": self.text, "sql": self.sql}


@dataclass(frozen=True)
class Answer:
    """`kind`: answer, clarify (which of the `options`?) or refuse (`unplaced`: words that mean nothing here).

    `data`: rows with their certificate, `None` if nothing was run. `reading`: the question as it was
    understood. `narrative`: the answer in a sentence or two. `confidence`: from 0 to 1, as calibrated.
    `verified`: the SQL is one that somebody vouched for. `translator`: grammar, verified or a model's name.
    `truncated`: there are more rows than were fetched. `lines`: of a report, or of what explains a change;
    each was read by its own SQL. `query`: the meaning, for a next question to build on.
    """

    kind: Kind
    question: str
    sql: str | None = None
    reading: str = ""
    narrative: str = ""
    data: Result | None = None
    confidence: float = 0.0
    assumptions: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    unplaced: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    verified: bool = False
    truncated: bool = False
    translator: str = "grammar"
    conversation: str | None = None
    as_of: str | None = None
    lines: tuple[Line, ...] = ()
    query: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def certificate(self) -> Certificate | None:
        return None if self.data is None else self.data.certificate

    def to_dict(self) -> dict[str, Any]:
        """As JSON can say it, rows included."""
        shown = self._told()
        if self.data is None:
            return shown
        table = self.data.arrow()
        batches = [zip(*json_columns(batch), strict=True) for batch in table.to_batches()]
        return shown | {
            "columns": table.schema.names,
            "rows": [row for batch in batches for row in batch],
            "certificate": self.data.certificate.to_dict(),
        }

    def to_wire(self) -> dict[str, Any]:
        """The same with the rows as Arrow, so that nothing of them is lost."""
        if self.data is None:
            return self._told()
        table = self.data.arrow()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        arrow = base64.b64encode(sink.getvalue().to_pybytes()).decode()
        return self._told() | {"arrow": arrow, "certificate": self.data.certificate.to_dict()}

    @staticmethod
    def from_wire(raw: Mapping[str, Any]) -> Answer:
        data = None
        if "arrow" in raw:
            rows = pa.ipc.open_stream(base64.b64decode(raw["arrow"])).read_all()
            data = Result(rows, Certificate.from_dict(raw["certificate"]))
        tuples: dict[str, Any] = {n: tuple(raw[n]) for n in ("assumptions", "unplaced", "nearest")}
        plain = {name: raw[name] for name in _PLAIN}
        return Answer(
            **plain,
            **tuples,
            options=tuple(map(Option.from_dict, raw["options"])),
            lines=tuple(Line(**line) for line in raw["lines"]),
            data=data,
        )

    def meaning(self) -> Answer:
        """What of it another question may build on, without rows."""
        return Answer(self.kind, self.question, sql=self.sql, query=self.query)

    def with_conversation(self, name: str | None) -> Answer:
        return replace(self, conversation=name)

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        told |= {name: list(getattr(self, name)) for name in ("assumptions", "unplaced", "nearest")}
        told["lines"] = [line.to_dict() for line in self.lines]
        return told | {"options": [option.to_dict() for option in self.options]}


_PLAIN = (
    "kind",
    "question",
    "sql",
    "reading",
    "narrative",
    "confidence",
    "verified",
    "truncated",
    "translator",
    "conversation",
    "as_of",
    "query",
)
