"""The dot-commands of the shell: what they are called, what they say of themselves, what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...core.access import OWNER, Caller
from ...core.asof import Now, parse_as_of
from ...core.errors import Error, Invalid, nearest
from ...core.protocols import Database, Lakehouse
from ...core.types import type_name
from ..options import Format
from ..printing import show_table
from ..session import database_as
from ..table import draw


@dataclass
class Shell:
    """What the shell remembers between two lines."""

    lake: Lakehouse
    database: Database
    who: Caller = OWNER
    as_of: str | None = None
    format: Format = Format.table
    certificate: bool = False
    timing: bool = True
    finished: bool = field(default=False)


@dataclass(frozen=True, slots=True)
class Command:
    usage: str
    help: str
    run: Callable[[Shell, str], None]


def run_command(shell: Shell, line: str) -> None:
    """`.tables`, or `\\q` as psql has it. Raises `Invalid` with the nearest names."""
    name, _, argument = line.strip().partition(" ")
    name = "." + name.lstrip(".\\")
    name = {
        ".q": ".quit",
        ".exit": ".quit",
        ".dt": ".tables",
        ".d": ".schema",
        ".l": ".databases",
        ".?": ".help",
    }.get(name, name)
    if name not in COMMANDS:
        raise Invalid(f"no command {name}", hint=nearest(name, COMMANDS))
    COMMANDS[name].run(shell, argument.strip().rstrip(";").strip())


def _help(_: Shell, __: str) -> None:
    for command in COMMANDS.values():
        print(f"  {command.usage:<24} {command.help}")
    print("  SQL ends with a semicolon and may take several lines; Ctrl-C stops it, Ctrl-D leaves.")


def _tables(shell: Shell, _: str) -> None:
    for name in shell.database.tables():
        print(name)


def _databases(shell: Shell, _: str) -> None:
    for name in shell.lake.databases():
        print(name)


def _schema(shell: Shell, table: str) -> None:
    for name in [table] if table else shell.database.tables():
        fields = shell.database.schema(name, as_of=shell.as_of)
        rows = [(f.name, _type(f.type)) for f in fields]
        print("\n".join(draw([name, "type"], rows, numbers=[False, False])))


def _tiers(shell: Shell, table: str) -> None:
    show_table(shell.database.tiers(table or None))


def _db(shell: Shell, name: str) -> None:
    if name:
        shell.database = database_as(shell.lake, name, shell.who)
    print(shell.database.name)


def _as_of(shell: Shell, when: str) -> None:
    if when:
        point = parse_as_of(None if when.lower() == "now" else when)
        shell.as_of = None if isinstance(point, Now) else when
    print(f"as of {shell.as_of or 'now'}")


def _format(shell: Shell, name: str) -> None:
    if name:
        if name not in (known := [f.value for f in Format if f is not Format.arrow]):
            raise Invalid(f"no format {name!r}", hint=f"one of: {', '.join(known)}")
        shell.format = Format(name)
    print(shell.format.value)


def _certificate(shell: Shell, value: str) -> None:
    shell.certificate = _switch(value, shell.certificate)


def _timing(shell: Shell, value: str) -> None:
    shell.timing = _switch(value, shell.timing)


def _quit(shell: Shell, _: str) -> None:
    shell.finished = True


def _switch(value: str, now: bool) -> bool:
    match value.lower():
        case "":
            return not now
        case "on" | "off":
            return value.lower() == "on"
        case _:
            raise Invalid(f"neither on nor off: {value!r}", hint="say on, off, or nothing to change it")


def _type(arrow: object) -> str:
    try:
        return type_name(arrow)
    except Error:
        return str(arrow)


COMMANDS: dict[str, Command] = {
    ".help": Command(".help", "this list", _help),
    ".tables": Command(".tables", "the tables of the database", _tables),
    ".schema": Command(".schema [TABLE]", "columns and their types", _schema),
    ".tiers": Command(".tiers [TABLE]", "rows, files and bytes by tier", _tiers),
    ".databases": Command(".databases", "the databases of the lake", _databases),
    ".db": Command(".db [NAME]", "change the database", _db),
    ".asof": Command(".asof [WHEN|now]", "ask as of an instant or a sequence", _as_of),
    ".format": Command(".format [NAME]", "table, json, ndjson or csv", _format),
    ".certificate": Command(".certificate [on|off]", "show what each answer read", _certificate),
    ".timing": Command(".timing [on|off]", "show how long it took", _timing),
    ".quit": Command(".quit", "leave (also \\q)", _quit),
}
