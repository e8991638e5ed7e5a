"""Verbs about the shards of a database: create, shards, split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import Invalid
from .options import AsJson, Lake, Verbose
from .printing import show_json, show_rows
from .session import open_database, open_lake

if TYPE_CHECKING:
    from ..core.sharding import ShardMap

DbName = Annotated[str, typer.Argument(metavar="DB", help="The database.")]


def register(app: typer.Typer) -> None:
    app.command(epilog=_CREATE_EXAMPLES)(create)
    app.command(epilog=_SHARDS_EXAMPLES)(shards)
    app.command(epilog=_SPLIT_EXAMPLES)(split)


_CREATE_EXAMPLES = """\b
Examples:
  thermocline create acme --shards 4 --key customer
  thermocline create metrics --shards 8 --by hour
  thermocline create acme --durability replicated --region eu
  thermocline create shop --key country --in DE=eu --in US=us
"""


def create(
    db: DbName,
    lake: Lake = "./lake",
    shards: Annotated[int, typer.Option("--shards", metavar="N", help="How many to start with.")] = 1,
    by: Annotated[
        str | None, typer.Option("--by", metavar="WAY", help="tenant, hash, hour or region.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="COL", help="The column whose hash or region decides.")
    ] = None,
    region_of: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="VALUE=REGION", help="Rows of a key and where they stay. Repeatable."),
    ] = None,
    durability: Annotated[
        str, typer.Option("--durability", metavar="MODE", help="local, or replicated to the object store.")
    ] = "local",
    region: Annotated[
        str | None, typer.Option("--region", metavar="LABEL", help="Where all of it has to stay.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create a database with shards; without this, one is made by its first write."""
    regions = dict(_pair(text) for text in region_of or ()) or None
    with open_lake(lake, create=True, own=True) as opened:
        made = opened.create_database(
            db, shards=shards, shard_by=by, key=key, regions=regions, durability=durability, region=region
        )
        _show(made.shard_map(), as_json)


_SHARDS_EXAMPLES = """\b
Examples:
  thermocline shards acme
"""


def shards(db: DbName, lake: Lake = "./lake", as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Show the shards of a database and what each takes."""
    with open_database(lake, db, verbose=verbose) as database:
        _show(database.shard_map(), as_json)


_SPLIT_EXAMPLES = """\b
Examples:
  thermocline split acme shard-2
"""


def split(
    db: DbName,
    shard: Annotated[str, typer.Argument(metavar="SHARD", help="As `thermocline shards` names it.")],
    lake: Lake = "./lake",
    as_json: AsJson = False,
) -> None:
    """Part a shard in two; what it holds stays readable where it is."""
    with open_database(lake, db, own=True) as database:
        _show(database.split(shard), as_json)


def _show(shard_map: ShardMap, as_json: bool) -> None:
    if as_json:
        show_json(shard_map.to_dict())
        return
    by = shard_map.by if shard_map.key is None else f"{shard_map.by} of {shard_map.key}"
    print(f"by {by}, {shard_map.durability}")
    names = ["shard", "takes", "region", "parent"]
    show_rows(names, [_row(shard_map, name) for name in shard_map.names])


def _row(shard_map: ShardMap, name: str) -> list[str]:
    shard = shard_map.shard(name)
    takes = shard.value or f"{shard.lo:08x}-{shard.hi - 1:08x}"
    return [
        name,
        takes if shard.live else "nothing more: it was split",
        shard_map.region_of(name) or "any",
        shard.parent or "",
    ]


def _pair(text: str) -> tuple[str, str]:
    value, equals, region = text.partition("=")
    if not equals or not region:
        raise Invalid(f"--in {text}", hint="--in DE=eu")
    return value, region
