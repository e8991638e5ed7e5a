"""`docs/cli.md`, from the command's own help: `python -m thermocline.cli.reference`."""

from __future__ import annotations

from typing import Any

import typer

from .main import app

_INTRO = """\
# The command line

Made from the command's own help by `make docs`; a test holds it to that.

Every verb but `torture` takes `--lake DIR` (or `THERMOCLINE_LAKE`): a folder, `http://host:8380` or
`ray://host:10001`. All but `serve` take `--json`, and those that are about one database `--db NAME`. With
`THERMOCLINE_RUNTIME=ray` every verb opens a folder on a Ray head of this machine. Exit codes: 0; 1 for an
error, printed on stderr with a hint; 2 for wrong usage; 130 for Ctrl-C. Verbs that only read also work while
another process owns the lake.

## How values are printed

| type | table, CSV | JSON |
|---|---|---|
| integers, decimals | all digits | a number with all digits, also beyond 2^53 |
| floats | shortest exact | a number; NaN and the infinities are `null` |
| timestamps | `2026-11-01T10:00:00.5`, with a zone in UTC: `...Z` | the same text |
| dates, times | `2026-11-01`, `10:00:00` | the same text |
| intervals | `P1M2DT3H4.5S` (ISO 8601) | the same text |
| binary | `\\x00ff` | base64 |
| JSON | as stored | the value itself |
| lists, structs, maps | their JSON | arrays, objects, objects |
| null | empty in CSV (an empty text is `""`), `NULL` in a table | `null` |

`--format json` prints `{"columns": [...], "rows": [[...], ...], "certificate": {...}}`. A terminal is shown
100 rows of a table; a file or a pipe gets all.
"""


def reference() -> str:
    """The whole page: one section a verb."""
    group = typer.main.get_group(app)
    context = typer.Context(group, info_name="thermocline", terminal_width=100, max_content_width=100)
    sections = [_INTRO, _section("thermocline", group.get_help(context))]
    for name in group.list_commands(context):
        sections += _of(group.commands[name], name, context)
    return "\n".join(sections)


def _of(command: Any, name: str, parent: Any) -> list[str]:
    """A verb's section, and those of its own verbs."""
    context = typer.Context(command, info_name=name, parent=parent)
    own = _section(context.command_path, command.get_help(context))
    below = [
        part
        for each in getattr(command, "commands", ())
        for part in _of(command.commands[each], each, context)
    ]
    return [own, *below]


def _section(title: str, help_text: str) -> str:
    return f"## {title}\n\n```\n{help_text.rstrip()}\n```\n"


if __name__ == "__main__":
    print(reference(), end="")
