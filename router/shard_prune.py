"""Which shards can hold a row that a reference's conditions let through, by the shard map. In doubt, all.

customer = 'c7' and day > ...     hash by customer: the shard of c7's hash, and those it was split from
_time >= ... and _time < ...      by hour: the shards of these hours, if they are few
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ..core.asof import AsOf, AtBookmark, AtInstant
from ..core.clock import DAY_US
from ..core.schema import ENVELOPE, ENVELOPE_IDS, Schema
from ..core.sharding import HOME, HOUR_US, STREAM, ShardMap
from .bind import Bound, Ref
from .constants import Surroundings, Value, constant, to_temporal
from .prune import COMPARISONS, FLIPPED, Column, column_of
from .references import column, conditions, written
from .shard_keys import key_constants
from .syntax import Node

MOST_HOURS = 48
"""Of a range of time; a longer one touches every shard anyway."""

Span = tuple[int, int]
"""First and last microsecond."""

_ALWAYS: Span = (-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Holding:
    """`shards`: in which rows that matter can lie; `pruned`: (shard, the condition that rules it out)."""

    shards: tuple[str, ...]
    pruned: tuple[tuple[str, str], ...] = ()


def all_hold(shard_map: ShardMap) -> Holding:
    return Holding(shard_map.names)


def existing_at(held: Holding, shard_map: ShardMap, as_of: AsOf) -> Holding:
    """Without the shards that came from a split after that point: what they hold now lay elsewhere then."""
    later = [name for name in held.shards if _came_after(shard_map, name, as_of)]
    if not later:
        return held
    shards = tuple(name for name in held.shards if name not in later)
    return Holding(shards, (*held.pruned, *((name, f"made after {as_of}") for name in later)))


def _came_after(shard_map: ShardMap, name: str, as_of: AsOf) -> bool:
    match as_of:
        case AtInstant(micros):
            since = shard_map.shard(name).since_us
            return since is not None and micros <= since
        case AtBookmark(seqs):
            return name not in seqs and any(shard in seqs for shard in shard_map.ancestors(name))
        case _:
            return False


def may_prune(bound: Bound, ref: Ref, shard_map: ShardMap) -> bool:
    """Whether the reference has conditions that name the key, so that looking closer is worth while."""
    key = key_column(shard_map)
    found = conditions(bound.selects[ref.select], ref)
    return bool(found) and any(names[-1].lower() == key for names in bound.selects[ref.select].columns)


def key_column(shard_map: ShardMap) -> str:
    """The column by which rows find their shard, folded."""
    return "_time" if shard_map.key is None else shard_map.key.lower()


def holding(bound: Bound, ref: Ref, shard_map: ShardMap, schema: Schema, around: Surroundings) -> Holding:
    """`schema`: what the table shows. One shard is always left, as a view needs something to read."""
    judge = _judge(bound, ref, shard_map, schema, around)
    if judge is None:
        return all_hold(shard_map)
    left, pruned = dict.fromkeys(shard_map.names), dict[str, str]()
    for text, shards in judge(conditions(bound.selects[ref.select], ref)):
        for shard in [name for name in left if name not in shards]:
            del left[shard]
            pruned[shard] = text
    if not left:
        left, pruned = {HOME: None}, {name: why for name, why in pruned.items() if name != HOME}
    return Holding(tuple(left), tuple((name, pruned[name]) for name in shard_map.names if name in pruned))


_Judgement = list[tuple[str, frozenset[str]]]
"""(condition as written, the shards that it leaves) for each condition that speaks of the key."""


def _judge(
    bound: Bound, ref: Ref, shard_map: ShardMap, schema: Schema, around: Surroundings
) -> Callable[[Sequence[Node]], _Judgement] | None:
    name = key_column(shard_map)
    if name in (STREAM, "_time"):
        field_id, arrow = ENVELOPE_IDS[name], ENVELOPE.field(name).type
    elif name in schema.by_folded_name:
        field_id, arrow = schema.by_folded_name[name].id, schema.by_folded_name[name].type
    else:
        return None

    def is_key(names: tuple[str, ...]) -> bool:
        found: Column | None = column(bound, ref, schema, (), names)
        return found is not None and not found.tier and found.field_id == field_id

    if shard_map.by == "hour":
        return lambda found: _by_hour(bound, _Times(is_key, around), shard_map, found)
    keys = _Keys(is_key, arrow, shard_map, around)
    return lambda found: [
        (written(bound, node), shards) for node in found if (shards := keys.holding(node)) is not None
    ]


@dataclass(frozen=True, slots=True)
class _Keys:
    """Equality and IN on the key column, joined by AND and OR."""

    is_key: Callable[[tuple[str, ...]], bool]
    type: pa.DataType
    shard_map: ShardMap
    around: Surroundings

    def holding(self, node: Node) -> frozenset[str] | None:
        kind = node["type"]
        if kind in ("CONJUNCTION_AND", "CONJUNCTION_OR"):
            parts = [self.holding(child) for child in node["children"]]
            known = [part for part in parts if part is not None]
            if kind == "CONJUNCTION_OR":
                return frozenset().union(*known) if len(known) == len(parts) else None
            return frozenset.intersection(*known) if known else None
        if kind == "COMPARE_EQUAL":
            left = self._of(node["left"], [node["right"]])
            return self._of(node["right"], [node["left"]]) if left is None else left
        if kind == "COMPARE_IN" and node["class"] == "OPERATOR":
            return self._of(node["children"][0], node["children"][1:])
        return None

    def _of(self, subject: Node, constants: Sequence[Node]) -> frozenset[str] | None:
        if subject["class"] != "COLUMN_REF" or not self.is_key(tuple(subject["column_names"])):
            return None
        keys = key_constants(constants, self.type, self.around)
        return None if keys is None else self.shard_map.holding(keys)


def _by_hour(bound: Bound, times: _Times, shard_map: ShardMap, found: Sequence[Node]) -> _Judgement:
    """All conditions together: one may give the beginning and another the end."""
    speaking = [node for node in found if times.span(node) != _ALWAYS]
    first, last = _overlap([times.span(node) for node in speaking])
    hours = range(first // HOUR_US, last // HOUR_US + 1)
    if len(hours) > MOST_HOURS:
        return []
    return [(" and ".join(written(bound, node) for node in speaking), shard_map.holding(hours))]


@dataclass(frozen=True, slots=True)
class _Times:
    """The span of `_time` outside of which a condition is false."""

    is_key: Callable[[tuple[str, ...]], bool]
    around: Surroundings

    def span(self, node: Node) -> Span:
        kind = node["type"]
        if kind == "CONJUNCTION_AND":
            return _overlap([self.span(child) for child in node["children"]])
        if kind == "CONJUNCTION_OR":
            return _hull([self.span(child) for child in node["children"]])
        if kind in COMPARISONS:
            op, left, right = COMPARISONS[kind], node["left"], node["right"]
            return _overlap([self._test(left, op, right), self._test(right, FLIPPED[op], left)])
        if kind == "COMPARE_BETWEEN" and node["class"] == "BETWEEN":
            subject = node["input"]
            return _overlap(
                [self._test(subject, ">=", node["lower"]), self._test(subject, "<=", node["upper"])]
            )
        if kind == "COMPARE_IN" and node["class"] == "OPERATOR":
            return _hull([self._test(node["children"][0], "=", item) for item in node["children"][1:]])
        return _ALWAYS

    def _test(self, subject: Node, op: str, other: Node) -> Span:
        """`_time op constant`, or `_time::date op constant`."""
        found = column_of(subject)
        if found is None or found[1] not in ("", "date") or not self.is_key(found[0]):
            return _ALWAYS
        value = constant(other, self.around)
        if value is None:
            return _ALWAYS
        unit = _unit(value, found[1])
        if unit is None:
            return _ALWAYS
        first, last = unit
        match op:
            case "<":
                return _ALWAYS[0], first - 1
            case "<=":
                return _ALWAYS[0], last
            case ">":
                return last + 1, _ALWAYS[1]
            case ">=":
                return first, _ALWAYS[1]
            case _:
                return first, last


def _unit(value: Value, transform: str) -> Span | None:
    """The instants that are equal to a constant: one, or those of a day."""
    if transform == "date":
        day = None if value.kind in ("timestamp", "instant") else to_temporal(value, "date")
        return None if day is None else (day.value * DAY_US, (day.value + 1) * DAY_US - 1)
    instant = to_temporal(value, "instant")
    return None if instant is None else (instant.value, instant.value)


def _overlap(spans: Sequence[Span]) -> Span:
    return max([_ALWAYS[0], *(first for first, _ in spans)]), min([_ALWAYS[1], *(last for _, last in spans)])


def _hull(spans: Sequence[Span]) -> Span:
    return min(first for first, _ in spans), max(last for _, last in spans)
