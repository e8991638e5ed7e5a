"""The options that verbs share, each written once."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Annotated, Any

import typer

from ..core.access import Caller, caller
from ..core.errors import Invalid


class Format(StrEnum):
    table = "table"
    json = "json"
    ndjson = "ndjson"
    csv = "csv"
    arrow = "arrow"


class OnError(StrEnum):
    stop = "stop"
    quarantine = "quarantine"


class Mode(StrEnum):
    meaning = "meaning"
    words = "words"
    both = "both"


class Runtime(StrEnum):
    local = "local"
    ray = "ray"


RUNTIME_VARIABLE = "THERMOCLINE_RUNTIME"

Lake = Annotated[
    str,
    typer.Option(
        "--lake",
        envvar="THERMOCLINE_LAKE",
        metavar="DIR",
        help="The lake: a folder, http://... or ray://...",
    ),
]
Db = Annotated[str, typer.Option("--db", metavar="NAME", help="The database, one per tenant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Tell on stderr what else happens.")]
TableName = Annotated[str | None, typer.Argument(metavar="TABLE", help="One table; without it, all.")]
Sql = Annotated[str, typer.Argument(metavar="SQL", help="One statement.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="WHEN",
        help="As it was known then: an instant, a sequence, version:N or a bookmark.",
    ),
]
Dialect = Annotated[
    str | None, typer.Option("--dialect", metavar="NAME", help="Read SQL of snowflake, spark, postgres, ...")
]
Engine = Annotated[
    str | None,
    typer.Option("--engine", metavar="NAME", help="duckdb (default), daft, or auto: daft for large scans."),
]
Timeout = Annotated[float | None, typer.Option("--timeout", metavar="SECONDS", help="Give up after that.")]
Param = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="VALUE",
        help="For the next ? of the SQL; NAME=VALUE for $NAME. JSON, or else text. Repeatable.",
    ),
]
UpTo = Annotated[int | None, typer.Option("--up-to", metavar="SEQ", help="Up to this sequence, included.")]
Certificate = Annotated[bool, typer.Option("--certificate", help="Show what the answer read, as proof.")]

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="Asked where the grammar is not sure: ollama:llama3.1:8b, openai:gpt-5-mini, ...",
    ),
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="As this principal has it; for the owner of the lake."),
]
Setting = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="With --as: what current_setting tells row policies. Repeatable."
    ),
]

_NAMED = re.compile(r"^([A-Za-z_]\w*)=(.*)$", re.DOTALL)


def who(principal: str | None, settings: list[str] | None) -> Caller:
    """As whom a verb asks. Raises `Invalid`."""
    pairs = [text.partition("=") for text in settings or ()]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise Invalid(f"--set {name}", hint="--set app.customer_id=7")
    return caller(principal, {name: value for name, _, value in pairs}, "cli")


def parse_params(given: list[str] | None, sql: str) -> list[Any] | dict[str, Any] | None:
    """Values for `?` in order, or by name for `$name`: `a=b` is named only where the SQL has `$a`."""
    if not given:
        return None
    named = [_NAMED.match(text) for text in given]
    if all(found and re.search(rf"\${found[1]}\b", sql) for found in named):
        return {found[1]: _value(found[2]) for found in named if found}
    return [_value(text) for text in given]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
