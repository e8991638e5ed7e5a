"""What a database asks of the runtime it lives on: where its shards are, and who may write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..core.asof import AsOf
from ..core.clock import Clock
from ..core.owners import Partition
from ..core.policy import TierPolicy
from ..core.protocols import Cancel
from ..core.results import Result
from ..core.sharding import ShardMap
from ..router.engine import Engine
from .notices import Notices

if TYPE_CHECKING:
    from ..tiers.policies import PolicyStore
    from .audit import Audit
    from .database import LakeDatabase
    from .questions import Models


class Documents(Protocol):
    """The versions of a text."""

    def latest(self) -> tuple[int, str] | None: ...

    def publish(self, text: str) -> int: ...


class Tenancy(Protocol):
    """One database on one runtime. `clock`: what its queries take for now."""

    name: str
    clock: Clock
    remote: bool
    """Whether shards are in other processes, so that work is better done there."""
    background: bool
    """Whether things are done by themselves: views refreshed, events sunk."""

    notices: Notices
    policy: TierPolicy

    @property
    def policies(self) -> PolicyStore: ...

    @property
    def semantic(self) -> Documents:
        """The documents that say what people call things."""
        ...

    @property
    def models(self) -> Models | None:
        """The language model that questions may be put to."""
        ...

    @property
    def audit(self) -> Audit | None:
        """Where queries are noted; `None` if nothing may be written."""
        ...

    @property
    def engine(self) -> Engine:
        """What its queries run with where they are asked. Raises `Unavailable` if that is elsewhere."""
        ...

    @property
    def location(self) -> Callable[[str], str] | None:
        """Where any machine reads the file of a key, as `s3://...`; `None` if only a disk has it."""
        ...

    def object(self, kind: type, name: str) -> Any:
        """A stub of a durable object of the lake."""
        ...

    def exists(self) -> bool:
        """Whether anything was ever written."""
        ...

    def shard_map(self) -> ShardMap:
        """As it was last seen; one local shard if the database was never given another."""
        ...

    def refresh(self) -> ShardMap:
        """As it is."""
        ...

    def partition(self, shard: str, shard_map: ShardMap | None = None) -> Partition:
        """The shard's owner, opened or reached; reading never creates anything.

        `shard_map`: one that names the shard, if that is not the one in force.
        """
        ...

    def check_writable(self) -> None:
        """Raises `Unavailable` if this lake is open for reading only."""
        ...

    def ask_shard(
        self,
        shard: str,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None,
        *,
        as_of: AsOf,
        now_us: int,
        timeout: float | None,
        memory_limit: str | None,
        cancel: Cancel | None,
    ) -> Result:
        """The answer of one shard alone, computed by its host."""
        ...

    def new_id(self) -> str:
        """A text that is nobody else's."""
        ...

    def in_warehouse(
        self,
        warehouse: str,
        database: LakeDatabase,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None,
        limits: Mapping[str, Any],
    ) -> Result:
        """Runs a statement in a warehouse once it is let in. `limits`: keyword arguments of `Router.sql`."""
        ...

    def split(self, shard: str) -> ShardMap:
        """Parts a shard in two while appends go on, or completes that; returns the map then in force."""
        ...

    def quarantine_file(self, table: str, imported: Path) -> Path:
        """Where an import puts the lines that it could not take."""
        ...
