"""A shard's log as an object: what it holds, and projections of it.

    state, seq --> events with a higher sequence, in order --> apply(state, event) --> state, seq: one commit

A projection is the same however often it is interrupted, and can be rebuilt from sequence 0.
"""

from __future__ import annotations

import heapq
import importlib
import pickle
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ...core.asof import Now
from ...core.clock import now_us
from ...core.errors import Invalid, NotFound, nearest
from ...core.schema import ENVELOPE
from ...core.types import quote
from ..objects.base import DurableObject

if TYPE_CHECKING:
    from ..tenancy import Tenancy

Apply = Callable[[Any, dict[str, Any]], Any]

EVENTS_PER_TURN = 5_000

_functions: dict[str, Apply] = {}
"""Those of this process, also such as no import would find: in a test, in a notebook."""


class PartitionDO(DurableObject):
    """Its name is `<database>/<shard>`."""

    def facts(self) -> dict[str, Any]:
        """Head, bytes and queue of the hot tier, watermarks of each table, and the projections."""
        name, shard = self._names
        facts = self.ctx.database(name).shards.partition(shard).facts()
        projections = [
            {"name": key.removeprefix("projection/"), "seq": kept["seq"], "function": kept["function"]}
            for key, kept in self.storage.list(prefix="projection/").items()
        ]
        return {**asdict(facts), "projections": projections}

    def define(self, name: str, function: str, initial: Any, tables: Sequence[str] | None) -> None:
        """Nothing happens if it is defined so; with another function, start or tables it begins anew."""
        wanted = {"function": function, "initial": pickle.dumps(initial), "tables": tables and list(tables)}
        kept = self.storage.get(f"projection/{name}")
        if kept is None or any(kept[key] != value for key, value in wanted.items()):
            self._keep(name, {**wanted, "seq": 0}, initial)

    def project(self, name: str) -> tuple[Any, int, bool]:
        """(state, the sequence it stands at, whether more events wait). Raises what the function raises."""
        kept, state = self._kept(name)
        apply = _function(kept["function"])
        head, events, more = self._events(kept["tables"], kept["seq"])
        for event in events:
            state = apply(state, event)
        at = events[-1]["_seq"] if more else max(head, kept["seq"])
        if at > kept["seq"]:
            self._keep(name, {**kept, "seq": at}, state)
        return state, at, more

    def rebuild(self, name: str) -> None:
        """From sequence 0, at its next use."""
        kept, _ = self._kept(name)
        self._keep(name, {**kept, "seq": 0}, pickle.loads(kept["initial"]))

    def drop(self, name: str) -> None:
        self._kept(name)
        self.storage.delete(f"projection/{name}")
        self.storage.delete(f"state/{name}")

    def _events(self, tables: Sequence[str] | None, after: int) -> tuple[int, list[dict[str, Any]], bool]:
        """(the shard's head, its next events, whether there are more up to the head)."""
        name, shard = self._names
        database = self.ctx.database(name)
        head = database.shards.partition(shard).bookmark_seq()
        if head <= after:
            return head, [], False
        envelope = ", ".join(ENVELOPE.names)
        parts = []
        for table in database.tables() if tables is None else tables:
            found = database.shards.ask_shard(
                shard,
                # Up to the head: one table must not be read further than another.
                f"SELECT {envelope}, * FROM {quote(table)} WHERE _seq > ? AND _seq <= ?"
                f" ORDER BY _seq LIMIT {EVENTS_PER_TURN + 1}",
                [after, head],
                as_of=Now(),
                now_us=now_us(self.ctx.clock),
                timeout=None,
                memory_limit=None,
                cancel=None,
            )
            parts.append([{"_table": table, **row} for row in found.dicts()])
        events = list(heapq.merge(*parts, key=lambda event: event["_seq"]))
        return head, events[:EVENTS_PER_TURN], len(events) > EVENTS_PER_TURN

    def _kept(self, name: str) -> tuple[dict[str, Any], Any]:
        kept = self.storage.get(f"projection/{name}")
        if kept is None:
            known = [key.removeprefix("projection/") for key in self.storage.list(prefix="projection/")]
            raise NotFound(f"no projection `{name}`", hint=nearest(name, known))
        return kept, self.storage.get(f"state/{name}")

    def _keep(self, name: str, kept: dict[str, Any], state: Any) -> None:
        self.storage.put({f"projection/{name}": kept, f"state/{name}": state})

    @property
    def _names(self) -> tuple[str, str]:
        database, _, shard = (self.ctx.id.name or "").rpartition("/")
        return database, shard


class Projection:
    """`db.projection(name, apply)`: a state that follows the events of each shard.

    `shards`: the names of those there are now, as splits make more; `define`: gives the stub of one.
    """

    def __init__(self, name: str, shards: Callable[[], Sequence[str]], define: Callable[[str], Any]) -> None:
        self.name = name
        self._shards = shards
        self._define = define
        self._known: dict[str, Any] = {}
        self._stubs()

    def states(self) -> dict[str, Any]:
        """Shard -> its state, after all events that were appended before the call."""
        return {shard: self._caught_up(stub)[0] for shard, stub in self._stubs().items()}

    def state(self, combine: Callable[[Any, Any], Any] | None = None) -> Any:
        """The state; over several shards, `combine` makes one of two. Raises `Invalid` without it."""
        first, *others = self.states().values()
        if others and combine is None:
            what = f"`{self.name}` has a state in each of {len(others) + 1} shards"
            raise Invalid(what, hint="give combine=")
        for other in others:
            assert combine is not None
            first = combine(first, other)
        return first

    def checkpoints(self) -> dict[str, int]:
        """Shard -> the sequence at which its state stands."""
        return {shard: self._caught_up(stub)[1] for shard, stub in self._stubs().items()}

    def rebuild(self) -> None:
        """Begins at sequence 0 again."""
        for stub in self._stubs().values():
            stub.rebuild(self.name)

    def drop(self) -> None:
        for stub in self._stubs().values():
            stub.drop(self.name)

    def _stubs(self) -> dict[str, Any]:
        for shard in self._shards():
            if shard not in self._known:
                self._known[shard] = self._define(shard)
        return self._known

    def _caught_up(self, stub: Any) -> tuple[Any, int]:
        while True:
            state, seq, more = stub.project(self.name)
            if not more:
                return state, seq


def projection(
    tenancy: Tenancy, name: str, apply: Apply, initial: Any, tables: Sequence[str] | None
) -> Projection:
    """Of a database's events, with a state in each of its shards."""
    function = function_ref(apply)

    def define(shard: str) -> Any:
        stub = tenancy.object(PartitionDO, f"{tenancy.name}/{shard}")
        stub.define(name, function, initial, tables)
        return stub

    return Projection(name, lambda: tenancy.refresh().names, define)


def function_ref(apply: Apply) -> str:
    """`module:qualified.name`, by which hosts find the function."""
    ref = f"{apply.__module__}:{apply.__qualname__}"
    _functions[ref] = apply
    return ref


def _function(ref: str) -> Apply:
    """Raises `NotFound` if this process has no such function."""
    if ref in _functions:
        return _functions[ref]
    module, _, path = ref.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        hint = "put it at the top of a module that the hosts can import"
        raise NotFound(f"no function {ref}: {error}", hint=hint) from error
    apply: Apply = found
    return apply
