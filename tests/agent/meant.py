"""Whether the best meaning of a question is the one meant: it gives the rows of a statement by hand."""

from __future__ import annotations

import duckdb

from thermocline.agent.scoring import same_rows
from thermocline.agent.translate import Translator

from .shop import NOW


def check_meant(question: str, sql: str, rows: duckdb.DuckDBPyConnection, translator: Translator) -> None:
    """In the order of the rows where the statement has one."""
    found = translator.translate(question, NOW)
    expected = rows.execute(sql).fetchall()
    assert same_rows(rows.execute(found.sql).fetchall(), expected, ordered="order by" in sql), found.sql
