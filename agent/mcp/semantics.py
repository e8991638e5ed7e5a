"""The semantic model as YAML: tables, columns, joins and metrics as the caller sees them. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from ..catalog import Catalog, Column, Table


def as_yaml(catalog: Catalog) -> str:
    shown: dict[str, Any] = {"tables": {table.name: _table(table) for table in catalog.tables}}
    shown["joins"] = [
        f"{j.left}.{j.left_column} = {j.right}.{j.right_column}" + ("" if j.given else " (inferred)")
        for j in catalog.joins
    ]
    shown["metrics"] = {
        m.name: {"table": m.table, "sql": m.sql} | _if(synonyms=list(m.synonyms)) for m in catalog.metrics
    }
    told: str = yaml.safe_dump({k: v for k, v in shown.items() if v}, sort_keys=False, width=200)
    return told


def _table(table: Table) -> dict[str, Any]:
    told = {"rows": table.rows, **_if(key=list(table.primary_key), time=table.time_column)}
    told |= _if(synonyms=list(table.synonyms))
    return told | {"columns": {column.name: _column(column) for column in table.columns}}


def _column(column: Column) -> Any:
    more = _if(unit=column.unit, synonyms=list(column.synonyms), masked=column.values_hidden)
    return {"kind": column.kind, **more} if more else column.kind


def _if(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value}
