"""Answers as agents read them: what was understood, the rows, and what they were read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from mcp_types import CallToolResult, TextContent

from ...core.answers import Answer
from ...core.results import Result
from .certificates import brief
from .data import MOST_BYTES, block, csv_line, csv_lines, fenced, fitting, one_line

META = "thermocline"
"""Under this name `_meta` has for programs what the text says in brief: sql and the whole certificate."""

_ROOM_FOR_ROWS = MOST_BYTES - 6_000
"""What is left of a result when its other lines are as long as they can be."""


@dataclass(frozen=True, slots=True)
class Rows:
    """`text`: rows as data; `shown`: how many of them; `more`: whether there are others behind them."""

    text: str
    shown: int
    more: bool


def rows_of(table: pa.Table, *, more: bool, most: int = _ROOM_FOR_ROWS) -> Rows:
    """`more`: there are rows behind those of the table. Rows that take too many bytes are left out, too."""
    lines = list(csv_lines(table))
    header = csv_line(table.schema.names)
    shown = fitting(lines, most - len(header.encode()))
    more = more or shown < len(lines)
    told = f"the first {shown}, TRUNCATED, there are more" if more else f"all {shown}"
    return Rows(fenced("rows", f"{told}; CSV", [header, *lines[:shown]]), shown, more)


def told(lines: Sequence[str | None], meta: Mapping[str, Any] | None = None) -> CallToolResult:
    """A result of lines, those that are nothing left out."""
    text = "\n".join(line for line in lines if line)
    content = TextContent(type="text", text=text)
    return CallToolResult(content=[content], _meta={META: dict(meta)} if meta else None)


def of_answer(answer: Answer, name: str | None) -> CallToolResult:
    """`name`: by which the answer can be explained."""
    if answer.kind != "answer":
        return told(
            [f"refused: {one_line(answer.narrative)}", "Reword it, or use search_catalog and query_metrics."]
        )
    head = [
        f"answer {name}" if name else None,
        f"confidence {answer.confidence:.2f}" if answer.question else None,
    ]
    rows = None if answer.data is None else rows_of(answer.data.arrow(), more=answer.truncated)
    lines = [
        "; ".join(part for part in head if part),
        f"understood as: {one_line(answer.reading)}" if answer.reading else None,
        *(f"assumed: {one_line(line)}" for line in answer.assumptions),
        f"sql: {one_line(answer.sql)}" if answer.sql else None,
        "verified: this SQL was vouched for" if answer.verified else None,
        "not run" if rows is None else rows.text,
        None if answer.data is None else brief(answer.data.certificate),
        "The rest: run_sql with this sql." if rows is not None and rows.more else None,
    ]
    meta = {
        "answer_id": name,
        "sql": answer.sql,
        "certificate": None if answer.certificate is None else answer.certificate.to_dict(),
        "truncated": rows is not None and rows.more,
    }
    return told(lines, meta)


def of_result(
    result: Result, rows: Rows, note: str | None = None, cursor: str | None = None
) -> CallToolResult:
    """`cursor`: of the rows behind these."""
    meta = {"certificate": result.certificate.to_dict(), "truncated": rows.more, "cursor": cursor}
    following = f"cursor: {cursor}" if cursor else None
    return told([rows.text, brief(result.certificate), note, following], meta)


def of_text(title: str, text: str) -> CallToolResult:
    lines = text.splitlines()
    return told([block(title, f"{len(lines)} lines", lines, _ROOM_FOR_ROWS)])
