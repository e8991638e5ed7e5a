"""The doors of the system, as protocols.

`Lakehouse` and `Database` are what users, the server, the SDKs and the command line talk to; they are the
same in process, over HTTP and on Ray. Who keeps the rows behind them is in `core/owners.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeAlias, runtime_checkable

import pyarrow as pa

from .agents import NamedAgent
from .answers import MOST_ROWS, Answer, Option
from .keys import Keys
from .objects import Objects
from .results import Appended, Imported, Moved, Report, Result
from .sharding import ShardMap

Rows: TypeAlias = Iterable[Mapping[str, Any]] | pa.Table | pa.RecordBatch | pa.RecordBatchReader
Progress: TypeAlias = Callable[[str, int, int | None], None]
"""(step, done, total or None): called now and then on long work."""


class Cancel:
    """Cancels the queries that were given it: call it from any thread. The query raises `Unavailable`."""

    def __init__(self) -> None:
        self._actions: list[Callable[[], None]] = []
        self.cancelled = False

    def __call__(self) -> None:
        self.cancelled = True
        for action in list(self._actions):
            action()

    def watch(self, action: Callable[[], None]) -> None:
        """Has `action` called on cancellation; at once if that has happened."""
        self._actions.append(action)
        if self.cancelled:
            action()

    def unwatch(self, action: Callable[[], None]) -> None:
        self._actions.remove(action)


@runtime_checkable
class Stream(Protocol):
    """The ordered events of one subject, over all tables of a database."""

    name: str

    @property
    def version(self) -> int:
        """The position of the last event; 0 for a new stream."""
        ...

    def read(
        self, *, after: int = 0, limit: int | None = None, backwards: bool = False
    ) -> list[dict[str, Any]]:
        """Events with a position above `after` (backwards: from the newest), envelope and payload."""
        ...


@runtime_checkable
class Database(Protocol):
    """One tenant. See `docs` and the README for examples of each call."""

    name: str

    def append(
        self,
        table: str,
        rows: Rows,
        *,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Appended: ...

    def append_async(
        self,
        table: str,
        rows: Rows,
        *,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Awaitable[Appended]:
        """`append` for asyncio: many at once share commits."""
        ...

    def append_many(self, batches: Mapping[str, Rows]) -> dict[str, Appended]: ...

    def import_file(
        self,
        path: str | Path,
        table: str | Sequence[str] | None = None,
        *,
        event_time: str | None = None,
        id: str | None = None,
        on_error: str = "stop",
        progress: Progress | None = None,
    ) -> Imported:
        """`table`: into which a file goes; of a SQLite file, which of its tables, all without it."""
        ...

    def sql(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        timeout: float | None = None,
        memory_limit: str | None = None,
        cancel: Cancel | None = None,
        stream: bool = False,
        engine: str | None = None,
    ) -> Result: ...

    def search(
        self,
        query: str | Sequence[float],
        *,
        table: str | None = None,
        column: str | None = None,
        k: int = 10,
        mode: Literal["meaning", "words", "both"] = "meaning",
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        as_of: object = None,
        tiers: Sequence[str] | None = None,
        vector: Sequence[float] | None = None,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Result:
        """The `k` events nearest to a text or a vector, the nearest first.

        `table`, `column`: may be left out where there is one of them. `mode`: by what the text means (the
        column `_distance` tells how far), by its words (BM25, `_score`), or by both (reciprocal rank fusion,
        `_score`). `where`: a condition in SQL, with `params` by name. `vector`: what the text means.
        """
        ...

    def ask(
        self,
        question: str | Option,
        *,
        conversation: str | None = None,
        dry_run: bool = False,
        as_of: object = None,
        limit: int = MOST_ROWS,
        guess: bool = False,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Answer:
        """A question in English: an answer with its rows and SQL, a question back, or a refusal.

        `question`: a text, or one of the options of an answer that asked back. `conversation`: its name; a
        question may build on the one before. `dry_run`: the SQL without its rows. `limit`: rows at most.
        `guess`: the best meaning is answered, however unsure; its `confidence` tells.
        """
        ...

    def model(self) -> tuple[int, str] | None:
        """(version, YAML) of the semantic model in force; `None` if there is none."""
        ...

    def model_draft(self) -> str:
        """A semantic model to begin with: what would be guessed without one."""
        ...

    def check_model(self, text: str) -> None:
        """Raises `Invalid` with everything that is wrong, by line."""
        ...

    def apply_model(self, text: str) -> int:
        """Checks a semantic model, and puts it into force as the next version."""
        ...

    def explain(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        analyze: bool = False,
        engine: str | None = None,
    ) -> str: ...

    def stream(self, name: str) -> Stream: ...

    def tables(self) -> list[str]: ...

    def schema(self, table: str, *, as_of: object = None) -> pa.Schema: ...

    def keys(self, table: str) -> Keys:
        """What is told of a table's keys; nothing enforces them. A reference without `to` is to a table of
        which no primary key is told."""
        ...

    def tiers(self, table: str | None = None) -> Result: ...

    def flush(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved: ...

    def compact(self, table: str | None = None, *, progress: Progress | None = None) -> Moved: ...

    def archive(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved: ...

    def expire(self, table: str | None = None, *, progress: Progress | None = None) -> Moved: ...

    def embed(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        """Computes the vectors that are still missing, which otherwise happens behind the appends. Raises
        `Unavailable` if a model is."""
        ...

    def verify(self, *, progress: Progress | None = None) -> Report: ...

    def bookmark(self) -> str: ...

    def shard_map(self) -> ShardMap:
        """How the rows are spread over shards."""
        ...

    def split(self, shard: str) -> ShardMap:
        """Parts a shard in two while appends go on; `Invalid` if it can't be split."""
        ...


@runtime_checkable
class Lakehouse(Protocol):
    """All tenants of one lake."""

    def database(
        self,
        name: str,
        *,
        principal: str | None = None,
        settings: Mapping[str, str] | None = None,
        door: str = "sdk",
    ) -> Database:
        """The tenant of that name; it exists from its first write.

        `principal`: as whom it is read and written, by the policy; without one, as the owner. `settings`:
        what `current_setting` tells row policies. `door`: through which the call came, for the audit.
        """
        ...

    def create_database(
        self,
        name: str,
        *,
        shards: int = 1,
        shard_by: str | None = None,
        key: str | None = None,
        regions: Mapping[str, str] | None = None,
        durability: str = "local",
        region: str | None = None,
    ) -> Database:
        """A tenant with shards of its own choice (`core.sharding.new_shard_map`).

        Nothing happens if it has the same; `Invalid` if it exists with others.
        """
        ...

    def databases(self) -> list[str]: ...

    def agent(
        self,
        name: str,
        *,
        database: str = "main",
        tables: Sequence[str] | None = None,
        roles: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        limit: int = MOST_ROWS,
        max_query_runtime_s: float | None = None,
    ) -> NamedAgent:
        """An agent with that name, which asks as the principal of that name: `priya("analyze sales")`.

        `tables`, `roles`: granted to it, if they are not yet, which is the owner's to do; without any it has
        what it was granted before. `settings`: for row policies. `limit`: rows of an answer at most.
        """
        ...

    def principal_of(self, token: str) -> str | None:
        """Whose token it is; `None` if it is nobody's."""
        ...

    def has_tokens(self) -> bool:
        """Whether somebody has a token: then nobody is taken for the owner who shows nothing."""
        ...

    def policy_text(self) -> str:
        """The policy as a YAML file, `core.policy_file`; without tokens."""
        ...

    def check_policy(self, source: str | Path) -> list[str]:
        """What a policy file, or its text, names that the lake does not have, or that could not be applied.

        Raises `Invalid`, with the lines, for a file that is wrong in itself, `NotFound` if there is none.
        """
        ...

    def apply_policy(self, source: str | Path) -> int:
        """Puts a policy file, or its text, in the place of all but tokens, as one version; which it is.

        Raises as `check_policy`, and `Invalid` for masks and filters that could not be applied.
        """
        ...

    def object(self, kind: type, name: str | None = None) -> Any:
        """A stub of the durable object of that class and name, or of a new one that nobody can name."""
        ...

    def objects(self) -> Objects: ...

    def top(self) -> dict[str, Any]:
        """What is to be seen of it now: at, hosts, shards, lag, problems; see `actors.top`."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
