"""Verbs about the semantic model: show, infer, check, apply."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..core.errors import NotFound
from .options import AsJson, Db, Lake, Verbose
from .printing import show_json
from .session import open_database

File = Annotated[Path, typer.Argument(metavar="FILE", help="A semantic model in YAML.")]

model = typer.Typer(
    help="What people call things: synonyms, metrics, joins, verified queries.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    app.add_typer(model, name="model")


@model.command(
    epilog="""\b
Examples:
  thermocline model infer --db acme > acme.yaml
"""
)
def infer(lake: Lake = "./lake", db: Db = "main", verbose: Verbose = False) -> None:
    """Write a draft of a model: what would be guessed without one."""
    with open_database(lake, db, verbose=verbose) as database:
        print(database.model_draft(), end="")


@model.command(
    epilog="""\b
Examples:
  thermocline model show --db acme
"""
)
def show(lake: Lake = "./lake", db: Db = "main", as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Show the model that is in force."""
    with open_database(lake, db, verbose=verbose) as database:
        found = database.model()
    if found is None:
        raise NotFound("there is no semantic model yet", hint="thermocline model infer writes a draft")
    if as_json:
        show_json({"version": found[0], "text": found[1]})
    else:
        print(found[1], end="")


@model.command(
    epilog="""\b
Examples:
  thermocline model check acme.yaml --db acme
"""
)
def check(file: File, lake: Lake = "./lake", db: Db = "main", verbose: Verbose = False) -> None:
    """Say what is wrong with a model, line by line."""
    with open_database(lake, db, verbose=verbose) as database:
        database.check_model(_text(file))
    print(f"{file}: fine")


@model.command(
    epilog="""\b
Examples:
  thermocline model apply acme.yaml --db acme
"""
)
def apply(
    file: File, lake: Lake = "./lake", db: Db = "main", as_json: AsJson = False, verbose: Verbose = False
) -> None:
    """Put a model into force; the old versions stay in the lake."""
    with open_database(lake, db, own=True, verbose=verbose) as database:
        version = database.apply_model(_text(file))
    if as_json:
        show_json({"version": version})
    else:
        print(f"version {version} of the semantic model is in force")


def _text(file: Path) -> str:
    if not file.is_file():
        raise NotFound(f"no file {file}", hint="check the path")
    return file.read_text()
