"""What the columns of an answer are called: `total_revenue`, `number_of_orders`, `month`.

A plain column keeps its name. A name that the tables read already have is not given twice.
"""

from __future__ import annotations

from collections import Counter

from .catalog import Catalog
from .english.inflection import lemma
from .query import MetricQuery, Term, tables_of

_MEASURED = {
    "sum": "total", "avg": "average", "median": "median", "min": "lowest", "max": "highest",
    "count": "number_of",
}  # fmt: skip
_OF_TIME = {"min": "earliest", "max": "latest"}


def output_names(query: MetricQuery, catalog: Catalog) -> tuple[str, ...]:
    """A name for each term of the select list, empty where the column's own serves."""
    taken = {
        column.name.lower()
        for table in tables_of(query)
        for column in catalog.by_name[table].columns
    }  # fmt: skip
    shown = Counter(t.column.lower() for t in query.select if not t.aggregated and not t.grain)
    found: list[str] = []
    for term in query.select:
        if term.aggregated or term.grain:
            name = _measure(query, term, catalog)
        elif term.column != "*" and shown[term.column.lower()] > 1:
            name = f"{lemma(term.table.lower())}_{term.column.lower()}"
        else:
            name = ""
        found.append("" if name in taken or name in found else name)
    return tuple(found)


def _measure(query: MetricQuery, term: Term, catalog: Catalog) -> str:
    if term.grain:
        return term.grain
    if term.metric:
        name = term.metric.lower()
    elif term.agg == "count":
        key = catalog.key_of(term.table) if term.table in catalog.by_name else None
        rows = term.column == "*" or (key is not None and key.name == term.column)
        word = "number_of" if rows or not term.distinct else "distinct"
        name = f"{word}_{(term.table if rows else term.column).lower()}"
    else:
        column = catalog.column_of[(term.table, term.column)]
        word = _OF_TIME.get(term.agg, "") if column.kind in ("date", "time") else ""
        name = f"{word or _MEASURED[term.agg]}_{term.column.lower()}"
    return f"share_of_{name}" if query.share else name
