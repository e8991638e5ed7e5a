"""What somebody might try: each a call on a database. The worlds tell whether it told anything.

The statements are in the folder `attempted`, one a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from thermocline.core.protocols import Database

Attempt = tuple[str, Callable[[Database], Any]]

FOLDER = Path(__file__).parent / "attempted"
_VALUES = {
    "ssn": "'003-K003'",
    "salary": "4000",
    "email": "'u04Kk4@x.com'",
    "phone": "'07K0004'",
    "born": "TIMESTAMPTZ '1974-02-05'",
}
"""Masked columns of customers, each with a value that it has in one of the worlds."""

_DIALECTS = ("postgres", "snowflake", "bigquery", "mysql", "spark", "tsql", "oracle", "clickhouse")


def sql(text: str, params: Any = None, **options: Any) -> Attempt:
    shown = text if not options else f"{text}  {options}"
    return shown, lambda database: database.sql(text, params, **options)


def statements(name: str) -> list[str]:
    lines = (FOLDER / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("--")]


def masked_columns() -> Iterator[Attempt]:
    """A masked value by any way through a statement; each way to three of the columns, in turn."""
    columns = list(_VALUES)
    for number, text in enumerate(statements("masked.sql")):
        for column in (columns[(number + step) % len(columns)] for step in range(3)):
            filled = text.replace("{column}", column).replace("{COLUMN}", column.upper())
            yield sql(filled.replace("{value}", _VALUES[column]))
    for column in columns:
        yield sql(f"SELECT id FROM customers WHERE {column}::VARCHAR > ?", ["5"])
        yield sql(f"SELECT id, {column} FROM customers", as_of="2026-05-01T12:00:50Z")


def filtered_rows() -> Iterator[Attempt]:
    """Hidden rows of a table, tables and columns that are not granted."""
    yield from map(sql, statements("filtered.sql"))
    for value in ("7", 7, 7.0, "8", "' OR 1=1 --"):
        yield sql("SELECT product, amount FROM orders WHERE customer_id::VARCHAR >= ?::VARCHAR", [value])
        yield sql("SELECT count(*), sum(amount) FROM orders WHERE amount > 1 OR product = $p", {"p": value})
    for dialect in _DIALECTS:
        yield sql("SELECT product, SUM(amount) AS s FROM orders GROUP BY product ORDER BY s", dialect=dialect)
        yield sql("SELECT ssn, salary FROM customers ORDER BY id", dialect=dialect)
        yield sql("SELECT product FROM orders WHERE customer_id = 8 OR 1 = 1", dialect=dialect)
    for point in (40, "2026-05-01T12:00:50Z", "version:1"):
        yield sql("SELECT sum(amount) FROM orders", as_of=point)
        yield sql("SELECT max(product) FROM orders", as_of=point)


def errors() -> Iterator[Attempt]:
    """Errors that quote a value, or that come only if a hidden row is as guessed."""
    for text in statements("errors.sql"):
        yield sql(text)
        yield sql(f"EXPLAIN ANALYZE {text}")


def looks() -> Iterator[Attempt]:
    """Plans, statistics, streams, searches, and what the calls of a database tell."""
    for text in statements("looks.sql"):
        yield f"certificate of {text}", partial(_certificate, text)
        yield sql(f"EXPLAIN ANALYZE {text}")
        yield f"analysed {text}", partial(_drawing, text)
        yield sql(text)
    for table in ("orders", "customers", "staff"):
        yield f"tiers of {table}", partial(_tiers, table)
    yield "all tiers", partial(_tiers, None)
    for name in ("notes", "day0", "day1"):
        yield f"stream {name}", partial(_stream, name, None)
        yield f"end of stream {name}", partial(_stream, name, 5)
    for words in ("visit", "K", "Q", "number", "closed"):
        yield _search(words, "visits", mode="words")
    for vector in ([3.0, 0.0, 1.0, 0.5], [9.0, 1.0, 1.0, 0.5], [0.0, 1.0, 0.0, 0.0]):
        yield _search(vector, "visits", k=4)
        yield _search(vector, "visits", k=4, where="weight > 0 OR words::INT > 0")
        yield _search(vector, "visits", as_of=160)
    for words in ("K", "Q"):
        yield _search(words, "customers", mode="words")
        yield _search(words, "orders", mode="words")
        yield _search(f"secret{words}1", "secrets", mode="words")


def others() -> Iterator[Attempt]:
    """Ways that fit nowhere else; some of them by another engine or as a stream, too."""
    for text in statements("more.sql"):
        yield sql(text)
    for text in statements("filtered.sql")[::4]:
        yield sql(text, engine="daft")
        yield sql(text, stream=True)


def schemas() -> Iterator[Attempt]:
    """Other customers' schemas."""
    yield from map(sql, statements("schemas.sql"))


def writes() -> Iterator[Attempt]:
    """What would copy hidden values to where they can be read, or change who may read them."""
    sources = ("* FROM orders", "ssn, salary FROM customers", "* FROM notes", "* FROM customer_7.orders")
    for number, source in enumerate(sources):
        yield _then(f"CREATE TABLE copy{number} AS SELECT {source}", f"SELECT * FROM copy{number}")
        yield _then(f"INSERT INTO pool{number} SELECT {source}", f"SELECT * FROM pool{number}")
        made = f"CREATE MATERIALIZED VIEW view{number} AS SELECT {source}"
        yield _then(made, f"SELECT * FROM view{number}")
    yield _then("DROP MASKING POLICY mask_ssn", "SELECT ssn FROM customers")
    yield _then("DROP ROW ACCESS POLICY own_orders", "SELECT * FROM orders")
    yield _then("GRANT SELECT ON secrets TO priya", "SELECT * FROM secrets")
    yield _then("GRANT SELECT ON SCHEMA customer_8 TO priya", "SELECT * FROM customer_28.orders")
    yield _then("ALTER ROLE priya SET app.customer_id = '8'", "SELECT * FROM orders")
    yield _then(
        "CREATE VIRTUAL SCHEMA customer_7 SET app.customer_id = '28'", "SELECT * FROM customer_7.orders"
    )
    yield _then("REFRESH MATERIALIZED VIEW totals", "SELECT * FROM totals")


def _search(query: Any, table: str, **options: Any) -> Attempt:
    shown = f"search {query} in {table} {options}"
    return shown, lambda database: database.search(query, table=table, **options)


def _then(first: str, second: str) -> Attempt:
    def act(database: Database) -> Any:
        database.sql(first)
        return database.sql(second)

    return f"{first}; {second}", act


def _certificate(text: str, database: Database) -> Any:
    return database.sql(text).certificate.to_dict()


def _drawing(text: str, database: Database) -> str:
    """Without times, which differ from run to run."""
    lines = database.explain(text, analyze=True).splitlines()
    return "\n".join(line for line in lines if "0." not in line and "Total Time" not in line)


def _tiers(table: str | None, database: Database) -> Any:
    return database.tiers(table).dicts()


def _stream(name: str, last: int | None, database: Database) -> Any:
    return database.stream(name).read(backwards=last is not None, limit=last)
