"""The verb `policy`: show, check and apply the policy of a lake as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson, Lake, Verbose
from .printing import show_json
from .session import open_lake

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="The policy, in YAML.")]


def register(app: typer.Typer) -> None:
    verbs = typer.Typer(
        help="Show, check and apply who may see what, as one file.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    verbs.command(epilog=_SHOW_EXAMPLES)(show)
    verbs.command(epilog=_CHECK_EXAMPLES)(check)
    verbs.command(epilog=_APPLY_EXAMPLES)(apply)
    app.add_typer(verbs, name="policy")


_SHOW_EXAMPLES = """\b
Examples:
  thermocline policy show
  thermocline policy show > policy.yaml
"""


def show(lake: Lake = "./lake", as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Print the policy in force, as a file that `apply` takes; without tokens."""
    with open_lake(lake, verbose=verbose) as opened:
        text = opened.policy_text()
    if as_json:
        show_json({"policy": text})
    else:
        print(text, end="")


_CHECK_EXAMPLES = """\b
Examples:
  thermocline policy check policy.yaml
"""


def check(file: PolicyFile, lake: Lake = "./lake", as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Read a policy file, and name the tables and columns in it that the lake does not have."""
    with open_lake(lake, verbose=verbose) as opened:
        problems = opened.check_policy(file)
    if as_json:
        show_json({"problems": problems})
    else:
        print("\n".join(problems) or "sound: the lake has all that it names")
    if problems:
        raise typer.Exit(1)


_APPLY_EXAMPLES = """\b
Examples:
  thermocline policy apply policy.yaml
"""


def apply(file: PolicyFile, lake: Lake = "./lake", as_json: AsJson = False) -> None:
    """Put a policy file in the place of all grants, masks, filters, roles and limits; tokens stay."""
    with open_lake(lake, create=True, own=True) as opened:
        version = opened.apply_policy(file)
    if as_json:
        show_json({"version": version})
    else:
        print(f"version {version} is in force")
