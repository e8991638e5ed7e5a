"""Takes the cut that a query reads: which shards, at which point in each, and their snapshots.

conditions + shard map --> shards that can hold rows --> one snapshot call for shards with the same tables
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..core.asof import AsOf, AtBookmark, AtInstant, AtSequence, AtVersion, Now
from ..core.errors import Invalid, NotFound, Unavailable
from ..core.manifest import DataFile, FileRef
from ..core.owners import DatabaseOwner
from ..core.schema import Table
from ..core.sharding import HOME, ShardMap
from ..core.snapshots import ShardSnapshot, TableSnapshot
from .bind import Bound
from .constants import Surroundings
from .plan import TableCut
from .shard_prune import Holding, all_hold, existing_at, holding, may_prune

Points = Mapping[tuple[str, str | None], AsOf]
"""(table name folded, point of the reference, `None` for the statement's own) -> point in time."""

TRIES = 8
"""Of a cut that meets shards just being split."""


@dataclass
class Cut:
    """What was taken. `holdings`: the shards that matter to each view, `None` for a database of one shard."""

    tables: dict[tuple[str, str | None], TableCut] = field(default_factory=dict)
    holdings: Mapping[str, Holding] | None = None
    snapshots: list[ShardSnapshot] = field(default_factory=list)
    _owners: dict[int, ShardSnapshot] = field(default_factory=dict)

    def take(self, snapshot: ShardSnapshot) -> None:
        self.snapshots.append(snapshot)
        self._owners.update((id(table), snapshot) for table in snapshot.tables.values())

    def path(self, table: TableSnapshot, file: DataFile) -> Path:
        return self._owners[id(table)].path(file)

    def locate(self, table: TableSnapshot) -> Callable[[FileRef], Path]:
        return self._owners[id(table)].locate

    def footer_rows(self, table: TableSnapshot) -> Callable[[DataFile], int]:
        return self._owners[id(table)].footer_rows

    def release(self) -> None:
        for snapshot in self.snapshots:
            snapshot.release()


def take_cut(owner: DatabaseOwner, bound: Bound, points: Points, around: Surroundings) -> Cut:
    """Raises `NotFound` for a table that is none, `Invalid` for a point that names no cut of these shards."""
    for _ in range(TRIES):
        shard_map = owner.shard_map()
        cut = _take(owner, shard_map, bound, points, around)
        if owner.shard_map().version == shard_map.version:
            return cut
        # A shard was split: rows may have gone to others, which were not asked.
        cut.release()
    raise Unavailable("the shards keep changing", hint="ask again")


def _take(
    owner: DatabaseOwner, shard_map: ShardMap, bound: Bound, points: Points, around: Surroundings
) -> Cut:
    if shard_map.single:
        return _of_one(owner, shard_map, points)
    known = _catalog(owner, bound, shard_map, points)
    holdings = _holdings(bound, shard_map, known, points, around)
    cut = _of_several(owner, bound, shard_map, points, holdings, known)
    if any(_other_table(known.get(name), found) for (name, _), found in cut.tables.items()):
        # The name was another table's at that point, so its columns proved nothing.
        cut.release()
        holdings = _holdings(bound, shard_map, {}, points, around)
        return _of_several(owner, bound, shard_map, points, holdings, {})
    if any(_maybe_wider(points[key], known.get(key[0]), found) for key, found in cut.tables.items()):
        # A column is a shard's from its next event on: at that point, another shard may have had it.
        cut.release()
        return _of_several(owner, bound, shard_map, points, holdings, known, widely=True)
    return cut


def table_points(points: Points) -> Iterator[dict[str, tuple[AsOf, str | None]]]:
    """Table name -> (point in time, point); a further one for names that are read at a second point."""
    calls: list[dict[str, tuple[AsOf, str | None]]] = []
    for (name, point), as_of in points.items():
        call = next((call for call in calls if name not in call), None)
        if call is None:
            calls.append(call := {})
        call[name] = (as_of, point)
    return iter(calls)


def over_shards(as_of: AsOf, shard_map: ShardMap, shards: Collection[str]) -> AsOf:
    """A point in time as it can be asked of these shards.

    A shard that came from one that a bookmark names did not exist then: it is read before its first event.
    Raises `Invalid` for what has a meaning in one shard only, and for a bookmark that leaves one out.
    """
    if isinstance(as_of, AtSequence | AtVersion) and len(shards) > 1:
        what = f"sequence {as_of}" if isinstance(as_of, AtSequence) else str(as_of)
        raise Invalid(
            f"{what} names a point in one shard, and this reads {len(shards)}",
            hint="give an instant or a bookmark, as bookmark() returns it",
        )
    if not isinstance(as_of, AtBookmark):
        return as_of
    seqs = dict(as_of.seqs)
    for shard in shards:
        if shard not in seqs:
            if not any(ancestor in seqs for ancestor in shard_map.ancestors(shard)):
                raise Invalid(f"the bookmark does not name {shard}", hint="take one with bookmark()")
            seqs[shard] = 0
    return AtBookmark(seqs)


def _of_one(owner: DatabaseOwner, shard_map: ShardMap, points: Points) -> Cut:
    cut = Cut()
    try:
        for call in table_points(points):
            cuts = {name: as_of for name, (as_of, _) in call.items()}
            (snapshot,) = owner.snapshots(cuts, shard_map.names)
            cut.take(snapshot)
            for name, (_, point) in call.items():
                table = snapshot.tables[name]
                cut.tables[name, point] = TableCut(table.schema, (table,))
    except BaseException:
        cut.release()
        raise
    return cut


def _of_several(
    owner: DatabaseOwner,
    bound: Bound,
    shard_map: ShardMap,
    points: Points,
    holdings: Mapping[str, Holding],
    known: Mapping[str, Table],
    *,
    widely: bool = False,
) -> Cut:
    """`widely`: all shards are asked for the past, if only to learn what the table looked like."""
    asked = _asked(bound, shard_map, points, holdings, widely)
    cut = Cut(holdings=holdings)
    found: dict[tuple[str, str | None], list[TableSnapshot]] = {key: [] for key in points}
    try:
        for call in table_points(points):
            for shards, names in _groups(call, asked, shard_map):
                cuts = {name: asked[name, call[name][1]][1] for name in names}
                for snapshot in owner.snapshots(cuts, shards):
                    cut.take(snapshot)
                    for name in names:
                        found[name, call[name][1]].append(snapshot.tables[name])
        for key, tables in found.items():
            cut.tables[key] = _table_cut(tables, shard_map, points[key], known.get(key[0]))
    except BaseException:
        cut.release()
        raise
    return cut


def _asked(
    bound: Bound, shard_map: ShardMap, points: Points, holdings: Mapping[str, Holding], widely: bool
) -> dict[tuple[str, str | None], tuple[tuple[str, ...], AsOf]]:
    """For each table at each point: the shards to ask, and the point as they understand it."""
    needed: dict[tuple[str, str | None], set[str]] = {key: set() for key in points}
    at_point: dict[str | None, set[str]] = {}
    for ref in bound.refs:
        shards = holdings[ref.view].shards
        needed[ref.name.lower(), ref.point].update(shards)
        at_point.setdefault(ref.point, set()).update(shards)
    asked = {}
    for key, as_of in points.items():
        if isinstance(as_of, AtInstant | AtBookmark):
            # What the table looked like then, the home shard alone knows.
            everywhere = existing_at(all_hold(shard_map), shard_map, as_of).shards
            needed[key].update(everywhere if widely else [HOME])
        ordered = tuple(name for name in shard_map.names if name in needed[key])
        others = at_point[key[1]] if isinstance(as_of, AtSequence | AtVersion) else ordered
        asked[key] = ordered, over_shards(as_of, shard_map, others)
    return asked


def _groups(
    call: Mapping[str, tuple[AsOf, str | None]],
    asked: Mapping[tuple[str, str | None], tuple[tuple[str, ...], AsOf]],
    shard_map: ShardMap,
) -> list[tuple[list[str], tuple[str, ...]]]:
    """(shards, tables to ask them for): a shard is asked once, so that its cut is one."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for shard in shard_map.names:
        names = tuple(name for name, (_, point) in call.items() if shard in asked[name, point][0])
        if names:
            groups.setdefault(names, []).append(shard)
    return [(shards, names) for names, shards in groups.items()]


def _table_cut(
    tables: list[TableSnapshot], shard_map: ShardMap, as_of: AsOf, known: Table | None
) -> TableCut:
    order = {name: number for number, name in enumerate(shard_map.names)}
    tables = sorted(tables, key=lambda table: order[table.shard])
    ids = {table.table.id for table in tables}
    if len(ids) > 1:
        raise Unavailable(
            f"`{tables[0].table.name}` is being dropped or created", hint="ask again, or for another instant"
        )
    # All follow the home shard, some a moment later: the widest is what the table looks like.
    if isinstance(as_of, Now):
        schemas = [table.table.schema for table in tables]
        schemas += [known.schema] if known is not None and known.id in ids else []
    else:
        schemas = [table.schema for table in tables]
    return TableCut(max(schemas, key=lambda schema: schema.version), tuple(tables))


def _catalog(owner: DatabaseOwner, bound: Bound, shard_map: ShardMap, points: Points) -> dict[str, Table]:
    """The tables whose conditions may leave shards out, as they look now."""
    known: dict[str, Table] = {}
    for ref in bound.refs:
        name = ref.name.lower()
        if name not in known and may_prune(bound, ref, shard_map):
            try:
                known[name] = owner.table(name)
            except NotFound:
                if isinstance(points[name, ref.point], Now):
                    raise
    return known


def _holdings(
    bound: Bound, shard_map: ShardMap, known: Mapping[str, Table], points: Points, around: Surroundings
) -> dict[str, Holding]:
    """By view; references that share one have no conditions."""
    found = {}
    for ref in bound.refs:
        name = ref.name.lower()
        held = (
            holding(bound, ref, shard_map, known[name].schema, around)
            if name in known
            else all_hold(shard_map)
        )
        found[ref.view] = existing_at(held, shard_map, points[name, ref.point])
    return found


def _maybe_wider(as_of: AsOf, known: Table | None, cut: TableCut) -> bool:
    past = isinstance(as_of, AtInstant | AtBookmark)
    return past and known is not None and cut.schema.version < known.schema.version


def _other_table(known: Table | None, cut: TableCut) -> bool:
    return known is not None and cut.shards[0].table.id != known.id
