"""Catalogs in which a question has no answer, or two: a needed column taken out, or doubled."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import sqlglot
from sqlglot import exp

from thermocline.agent.catalog import Catalog, Column
from thermocline.agent.values import ValueIndex

from .questions_data import Question


def without_column(catalog: Catalog, question: Question) -> Catalog | None:
    """The catalog without one column that the expected statement needs, nor its values."""
    column = _needed(catalog, question)
    if column is None:
        return None
    tables = tuple(
        replace(t, columns=tuple(c for c in t.columns if c is not column)) if t.name == column.table else t
        for t in catalog.tables
    )
    return _rebuilt(replace(catalog, tables=tables))


def doubled(catalog: Catalog, question: Question) -> Catalog | None:
    """The catalog with such a column there twice, as `x_1` and `x_2`."""
    column = _needed(catalog, question)
    if column is None:
        return None
    twins = tuple(
        replace(column, name=f"{column.name}_{number}", words=(*column.words, str(number)))
        for number in (1, 2)
    )
    tables = tuple(
        replace(t, columns=tuple(n for c in t.columns for n in (twins if c is column else (c,))))
        if t.name == column.table
        else t
        for t in catalog.tables
    )
    return _rebuilt(replace(catalog, tables=tables))


def _needed(catalog: Catalog, question: Question) -> Column | None:
    """A column of the expected statement that is no key, chosen by the question's id."""
    try:
        parsed = sqlglot.parse_one(question.sql.replace('"', "'"), dialect="duckdb")
    except sqlglot.errors.ParseError:
        return None
    names = {column.name.lower() for column in parsed.find_all(exp.Column)}
    read = {table.name.lower() for table in parsed.find_all(exp.Table)}
    joined = {(j.left, j.left_column) for j in catalog.joins} | {
        (j.right, j.right_column) for j in catalog.joins
    }
    found = [
        column
        for table in catalog.tables
        if table.name.lower() in read
        for column in table.columns
        if column.name.lower() in names
        and (table.name, column.name) not in joined
        and column.name not in table.primary_key
        and not column.is_id
    ]
    found = [c for c in found if sum(c.name.lower() == o.name.lower() for o in found) == 1]
    if not found:
        return None
    return found[int(hashlib.sha256(question.id.encode()).hexdigest(), 16) % len(found)]


def _rebuilt(catalog: Catalog) -> Catalog:
    """The catalog with an index of just the values it has."""
    columns = [(c.table, c.name, c.values) for t in catalog.tables for c in t.columns]
    return replace(catalog, values=ValueIndex.of(columns))
