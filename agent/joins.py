"""The shortest tree of joins that connects some tables, and whether another is as short."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .catalog import Catalog, Join


@dataclass(frozen=True, slots=True)
class JoinTree:
    """`joins` in an order in which each touches what came before. `ways`: paths that are as short as each
    other, the one taken first; none where no other is.
    """

    root: str
    joins: tuple[Join, ...]
    ways: tuple[tuple[Join, ...], ...] = ()

    def through(self, via: tuple[Join, ...]) -> JoinTree:
        """The tree with each join replaced by the one of `via` between the same tables."""
        chosen = {frozenset((j.left, j.right)): j for j in via}
        return JoinTree(self.root, tuple(chosen.get(frozenset((j.left, j.right)), j) for j in self.joins))

    @property
    def tables(self) -> frozenset[str]:
        """Every table in it."""
        return frozenset({self.root, *(j.left for j in self.joins), *(j.right for j in self.joins)})


class Joins:
    """Join trees over one catalog, each found once."""

    def __init__(self, catalog: Catalog) -> None:
        self._edges: dict[str, list[Join]] = {table.name: [] for table in catalog.tables}
        for join in catalog.joins:
            self._edges[join.left].append(join)
            self._edges[join.right].append(join)
        self.tree = lru_cache(maxsize=4096)(self._tree)

    def between(self, one: str, other: str) -> tuple[Join, ...]:
        """Every given join between two tables."""
        return tuple(j for j in self._edges[one] if j.given and _other(j, one) == other)

    def repeats(self, tables: tuple[str, ...], table: str) -> bool:
        """Whether joining `tables` may repeat rows of `table`: some join leads from it to many."""
        tree = self.tree(tables)
        if tree is None:
            return False
        reached, waiting = {table}, [table]
        while waiting:
            here = waiting.pop()
            for join in tree.joins:
                other = _other(join, here) if here in (join.left, join.right) else here
                if other in reached:
                    continue
                if join.right == here:
                    return True
                reached.add(other)
                waiting.append(other)
        return False

    def neighbours(self, table: str) -> frozenset[str]:
        """Tables one join away."""
        return frozenset(_other(join, table) for join in self._edges[table])

    def distance(self, one: str, other: str) -> int:
        """Joins between two tables, 99 when nothing connects them."""
        tree = self.tree((one, other))
        return 99 if tree is None else len(tree.joins)

    def _tree(self, tables: tuple[str, ...]) -> JoinTree | None:
        if not tables:
            return None
        root = tables[0]
        inside = {root: None}
        joins: list[Join] = []
        ways: tuple[tuple[Join, ...], ...] = ()
        missing = [table for table in tables[1:] if table != root]
        while missing:
            found = self._nearest(inside, missing)
            if not found:
                return None
            path = found[0]
            ways = ways or (found if len(found) > 1 else ())
            start = next(table for table in inside if table in (path[0].left, path[0].right))
            for join in path:
                start = _other(join, start)
                inside[start] = None
                joins.append(join)
            missing = [table for table in missing if table not in inside]
        return JoinTree(root, tuple(joins), ways)

    def _nearest(self, inside: Iterable[str], missing: list[str]) -> tuple[tuple[Join, ...], ...]:
        """The shortest paths from the tree to the nearest missing table, given joins before inferred ones."""
        frontier: list[tuple[str, tuple[Join, ...]]] = [(table, ()) for table in inside]
        seen = set(inside)
        while frontier:
            reached: list[tuple[str, tuple[Join, ...]]] = []
            for table, path in frontier:
                for join in sorted(self._edges[table], key=lambda j: not j.given):
                    other = _other(join, table)
                    if other not in seen:
                        reached.append((other, (*path, join)))
            hits = [path for table, path in reached if table in missing]
            if hits:
                best = min(hits, key=_guessed)
                same = [p for p in hits if _ends(p) == _ends(best) and _guessed(p) == _guessed(best)]
                return best, *(path for path in same if path != best)
            seen.update(table for table, _ in reached)
            frontier = list(dict(reached).items())
        return ()


def _other(join: Join, table: str) -> str:
    return join.right if join.left == table else join.left


def _guessed(path: tuple[Join, ...]) -> int:
    """How many of its joins no key declares."""
    return sum(not join.given for join in path)


def _ends(path: tuple[Join, ...]) -> frozenset[str]:
    """The table where a path ends, as the one that only its last join touches."""
    last = {path[-1].left, path[-1].right}
    if len(path) > 1:
        last -= {path[-2].left, path[-2].right}
    return frozenset(last)
