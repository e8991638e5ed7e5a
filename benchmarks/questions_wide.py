"""Tables of events, as a lake holds them: what a table points at stands in it as columns, and has no rows.

    orders(id, customer_id, amount), customers(id, name, city)  -->  orders(customer, city, amount)

The databases of research are in normal form, so the translator would learn little of the others from them.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import duckdb

from thermocline.agent.catalog import Catalog, Join, Table

from .questions_data import Databases

SUFFIX = ".wide"
_MOST_OF_PARENT = 3
_MOST_ROWS = 50_000


def widened(databases: Databases, name: str, folder: Path) -> str | None:
    """Writes `name` with wide tables beside it; its name, or nothing where no table can be widened."""
    catalog = databases.catalog(name)
    made = [text for table in catalog.tables if (text := _wide(catalog, table, random.Random(name)))]
    if not made:
        return None
    file = folder / f"{name}{SUFFIX}.duckdb"
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"ATTACH '{folder / name}.duckdb' AS source (READ_ONLY)")
        for text in made:
            connection.execute(text)
    Path(f"{file}.fk.json").write_text(json.dumps([]))
    return name + SUFFIX


def _wide(catalog: Catalog, table: Table, chance: random.Random) -> str | None:
    """The statement that makes the table, if it measures something and points at something with a name."""
    joins = [j for j in catalog.joins if j.given and j.left == table.name and j.right != table.name]
    joins = [j for j in joins if [other.right for other in joins].count(j.right) == 1]
    keys = {j.left_column for j in catalog.joins if j.left == table.name} | set(table.primary_key)
    shown = {c.name.lower(): f"c.{_q(c.name)}" for c in table.columns if c.name not in keys and not c.is_id}
    if table.rows < 2 or not any(c.numeric for c in table.columns if c.name.lower() in shown):
        return None
    parts = []
    for number, join in enumerate(joins):
        for column, sql in _of_parent(catalog, join, f"p{number}", chance):
            if column not in shown:
                shown[column] = sql
                parts.append(number)
    if not parts:
        return None
    source = f"source.{_q(table.name)} AS c"
    for number in dict.fromkeys(parts):
        join, alias = joins[number], f"p{number}"
        on = f"c.{_q(join.left_column)} = {alias}.{_q(join.right_column)}"
        source += f" LEFT JOIN source.{_q(join.right)} AS {alias} ON {on}"
    columns = ", ".join(f"{sql} AS {_q(column)}" for column, sql in shown.items())
    return f"CREATE TABLE {_q(table.name)} AS SELECT {columns} FROM {source} LIMIT {_MOST_ROWS}"


def _of_parent(catalog: Catalog, join: Join, alias: str, chance: random.Random) -> list[tuple[str, str]]:
    """(column, SQL): what the row is called by, or its number, and some of its texts."""
    parent = catalog.by_name[join.right]
    names = catalog.names_of(parent.name)
    if len(names) != 1:
        return []
    called = names[0].name if chance.random() < 0.7 else join.right_column
    texts = [c for c in parent.columns if c.kind == "text" and not (c.is_id or c.unique or c in names)]
    beside = [(c.name.lower(), f"{alias}.{_q(c.name)}") for c in texts[:_MOST_OF_PARENT]]
    return [("_".join(parent.words), f"{alias}.{_q(called)}"), *beside]


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
