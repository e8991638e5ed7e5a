"""The verb `objects`: the durable objects of a lake, listed, inspected, exported and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import Invalid, NotFound
from .options import AsJson, Lake
from .printing import show_json, show_rows
from .session import open_lake

if TYPE_CHECKING:
    from ..core.objects import ObjectFacts
    from ..core.protocols import Lakehouse

Which = Annotated[
    str | None,
    typer.Argument(metavar="[OBJECT]", help="Its name, CLASS/NAME, or the first digits of its id."),
]

_EXAMPLES = """\b
Examples:
  thermocline objects
  thermocline objects --class Cart
  thermocline objects cart-7 --json
  thermocline objects Cart/cart-7 --export cart-7.sqlite
  thermocline objects 8d6f2a6a --delete
"""


def register(app: typer.Typer) -> None:
    app.command(epilog=_EXAMPLES)(objects)


def objects(
    which: Which = None,
    lake: Lake = "./lake",
    kind: Annotated[
        str | None, typer.Option("--class", metavar="CLASS", help="Only those of a class: Cart.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write its storage as a new SQLite file."),
    ] = None,
    bookmark: Annotated[
        str | None, typer.Option("--bookmark", metavar="B", help="Export it as it was at a bookmark.")
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove it, its history and its alarms for good.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the durable objects of a lake; inspect, export or delete one of them."""
    if which is None and (export or delete or bookmark):
        raise Invalid("which object?", hint="`thermocline objects` lists them; name one")
    with open_lake(lake, own=True) as opened:
        found = [facts for facts in opened.objects() if kind is None or _class(facts) == kind]
        if which is None:
            _show(found, as_json)
            return
        facts = _one(found, which)
        if export is not None:
            print(opened.objects().export(facts.id, export, bookmark))
        if delete:
            _delete(opened, facts)
        elif export is None:
            _show([facts], as_json)


def _delete(lake: Lakehouse, facts: ObjectFacts) -> None:
    lake.objects().delete(facts.id)
    print(f"deleted {facts.id}")


def _one(found: Sequence[ObjectFacts], which: str) -> ObjectFacts:
    """Raises `NotFound` for none, `Invalid` for several."""
    named = [f for f in found if which in (f.id.name, f"{_class(f)}/{f.id.name}", f.id.hex)]
    named = named or [f for f in found if len(which) >= 6 and f.id.hex.startswith(which)]
    if not named:
        raise NotFound(f"no object `{which}`", hint="`thermocline objects` lists them")
    if len(named) > 1:
        several = ", ".join(sorted(f"{_class(f)}/{f.id.name}" for f in named))
        raise Invalid(f"`{which}` may be {several}", hint="name the class too, or give the id")
    return named[0]


def _show(found: Sequence[ObjectFacts], as_json: bool) -> None:
    if as_json:
        show_json([facts.to_dict() for facts in found])
        return
    names = ["class", "name", "id", "state", "bytes", "turns", "alarms", "last active"]
    show_rows(names, [_row(facts) for facts in found])


def _row(facts: ObjectFacts) -> list[str]:
    active = datetime.fromtimestamp(facts.last_active_us // 1_000_000, UTC)
    return [
        _class(facts),
        facts.id.name or "",
        facts.id.hex[:16],
        facts.state,
        f"{facts.size:,}",
        f"{facts.seq:,}",
        str(facts.alarms),
        f"{active:%Y-%m-%d %H:%M:%S}",
    ]


def _class(facts: ObjectFacts) -> str:
    return facts.id.class_ref.rpartition(":")[2]
