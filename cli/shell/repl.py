"""Read, run, print: the loop of the shell."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from ...core.access import OWNER, Caller
from ...core.errors import Error
from ...core.protocols import Cancel, Database, Lakehouse
from ...core.results import Result
from ..options import Format
from ..printing import show_result
from ..session import interruptible, show_error
from .commands import COMMANDS, Shell, run_command
from .completion import LakeCompleter
from .statements import is_finished, split

HISTORY_FILE = Path("~/.thermocline_history")


def run(lake: Lakehouse, database: Database, who: Caller = OWNER) -> None:
    """Until `.quit` or Ctrl-D. `who`: as whom other databases are opened."""
    shell = Shell(lake, database, who)
    completer = LakeCompleter(database, COMMANDS)
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(HISTORY_FILE.expanduser())),
        completer=completer,
        complete_while_typing=False,
        lexer=PygmentsLexer(SqlLexer),
        multiline=True,
        key_bindings=_keys(),
        prompt_continuation=lambda width, _line, _soft: "." * (width - 1) + " ",
    )
    print("SQL ends with ; and .help lists the commands", file=sys.stderr)
    while not shell.finished:
        try:
            text = session.prompt(prompt(shell))
        except KeyboardInterrupt:
            continue
        except EOFError:
            break
        run_text(shell, text)
        completer.forget(shell.database)


def run_text(shell: Shell, text: str) -> None:
    """One entry: a dot-command, or statements. Errors are shown and end the entry, not the shell."""
    try:
        if is_command(text):
            run_command(shell, text)
            return
        for statement in split(text):
            _run_statement(shell, statement)
    except Error as error:
        show_error(error)
    except KeyboardInterrupt:
        print("cancelled", file=sys.stderr)


def prompt(shell: Shell) -> str:
    return shell.database.name + (f" as of {shell.as_of}" if shell.as_of else "") + "> "


def is_command(text: str) -> bool:
    return text.lstrip().startswith((".", "\\"))


def _run_statement(shell: Shell, statement: str) -> None:
    def ask(cancel: Cancel) -> Result:
        return shell.database.sql(statement, as_of=shell.as_of, cancel=cancel)

    started = time.perf_counter()
    result = interruptible(ask)
    took_ms = (time.perf_counter() - started) * 1000
    show_result(result, shell.format, certificate=shell.certificate)
    if shell.timing and shell.format is Format.table:
        rows = len(result)
        print(f"({rows:,} row{'' if rows == 1 else 's'}, {took_ms:,.1f} ms)")


def _keys() -> KeyBindings:
    """Enter runs what is complete and otherwise begins a new line."""
    keys = KeyBindings()

    @keys.add("enter")
    def enter(event: KeyPressEvent) -> None:
        buffer: Buffer = event.current_buffer
        text = buffer.text
        if not text.strip() or is_command(text) or is_finished(text):
            buffer.validate_and_handle()
        else:
            buffer.newline()

    return keys
