"""The command `thermocline`: its verbs, and what becomes of an error.

Exit codes: 0; 1 for an error of ours, with its hint; 2 for wrong usage; 130 for Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ..core.errors import Error, Unavailable
from . import (
    asking,
    evaluating,
    looking,
    mcp,
    modelling,
    moving,
    objects,
    policy,
    querying,
    serving,
    spreading,
    top,
    torturing,
)
from .demo import verb as demo
from .session import show_error


class Verbs(TyperGroup):
    """The group of all verbs; the one place where errors end."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Error as error:
            show_error(error)
            raise typer.Exit(1) from error
        except MemoryError as error:
            show_error(Unavailable("out of memory", hint="ask for fewer rows, or --format arrow"))
            raise typer.Exit(1) from error
        except BrokenPipeError as error:
            # The reader has seen enough (`| head`). Nothing may be flushed into the pipe at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from error


app = typer.Typer(
    cls=Verbs,
    name="thermocline",
    help="An event-sourced lakehouse: one ordered log, three tiers, one provable answer.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def thermocline(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """The options before a verb."""
    if version:
        from .. import __version__

        print(__version__)
        raise typer.Exit


_ASKING = (querying, asking, modelling, evaluating)
_KEEPING = (moving, spreading, policy, objects, serving, mcp, torturing)
for module in (demo, *_ASKING, looking, top, *_KEEPING):
    module.register(app)


def main() -> None:
    """The console script."""
    app()
