"""DuckDB, locked down: the one place that knows it.

One in-memory instance parses and runs everything; a query with its own memory limit gets an instance of its
own. Instances may read the lake's directories and nothing else, install and load nothing, and refuse every
change of configuration. What an instance is asked to run was parsed by DuckDB itself before, and checked.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import orjson
import pyarrow as pa

from ..core.errors import Invalid, Unavailable
from ..core.protocols import Cancel
from ..core.types import quote

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

Parameters = Sequence[Any] | Mapping[str, Any] | None

INSTANCES_KEPT = 4
MOST_TEMP = "64GB"

_POLL_S = 0.05
"""How late a signal may be seen that another thread got."""

_FIXED = {
    # The threads that read ahead in 2.0 can leave a query waiting for ever (duckdb#25600); without them the
    # query's own threads read, as fast.
    "async_threads": "0",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "max_temp_directory_size": MOST_TEMP,
}
_MEMORY = re.compile(r"^\s*\d+(\.\d+)?\s*([KMGT]i?B?|B)\s*$", re.IGNORECASE)
_PARSE = "SELECT json_serialize_sql(?, skip_null := true, skip_empty := true, skip_default := true)"


class EngineError(Exception):
    """What DuckDB said. `kind` is the name of its exception class; `failures.py` makes ours of it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class Engine:
    """`lake`: the directory whose files may be read; `directories`: further ones, such as an object store's.

    `threads`: per instance, by default one per core.
    """

    def __init__(self, lake: Path, directories: Sequence[Path] = (), threads: int | None = None) -> None:
        self._temp = lake.absolute() / "tmp"
        self._allowed = [str(path.absolute()) for path in (lake, *directories)]
        self._threads = threads or os.cpu_count() or 1
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._instances: OrderedDict[str, duckdb.DuckDBPyConnection] = OrderedDict()

    def parse(self, text: str) -> dict[str, Any]:
        """DuckDB's own syntax tree, or `{"error": True, ...}` for what is no SELECT or no SQL."""
        with self.session() as session:
            tree: dict[str, Any] = orjson.loads(session.value(_PARSE, [text]))
        return tree

    def statement_kinds(self, text: str) -> list[str]:
        """What kinds of statements a text holds, in DuckDB's names; raises `EngineError` if it is no SQL."""
        with self.session() as session, translated():
            return [statement.type.name for statement in session.connection.extract_statements(text)]

    @contextmanager
    def session(self, memory_limit: str | None = None) -> Iterator[Session]:
        """A connection for one query. Raises `Invalid` for a memory limit that is none."""
        session = Session(self._instance(memory_limit).cursor(), self._worker)
        try:
            yield session
        finally:
            session.close()

    def open_session(self, memory_limit: str | None = None) -> Session:
        """The same for a caller that closes it later."""
        return Session(self._instance(memory_limit).cursor(), self._worker)

    def discard(self) -> None:
        """Forgets all instances; after a fatal error of one, the next query makes a new one."""
        with self._lock:
            self._instances.clear()

    def close(self) -> None:
        with self._lock:
            for instance in self._instances.values():
                instance.close()
            self._instances.clear()
            if self._pool is not None:
                self._pool.shutdown()
                self._pool = None

    def _worker(self) -> ThreadPoolExecutor:
        """One thread, as only the main thread hands its work over."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="thermocline-query")
        return self._pool

    def _instance(self, memory_limit: str | None) -> duckdb.DuckDBPyConnection:
        if memory_limit is not None and not _MEMORY.match(memory_limit):
            raise Invalid(f"not a memory limit: {memory_limit!r}", hint="write it as 512MB or 2GB")
        key = "" if memory_limit is None else memory_limit.replace(" ", "").upper()
        with self._lock:
            instance = self._instances.get(key)
            if instance is None:
                instance = self._instances[key] = self._start(memory_limit)
                if len(self._instances) > INSTANCES_KEPT:
                    # The default one stays; an instance still in use lives on in its cursors.
                    self._instances.pop(next(k for k in self._instances if k))
            self._instances.move_to_end(key)
            return instance

    def _start(self, memory_limit: str | None) -> duckdb.DuckDBPyConnection:
        import duckdb

        config: dict[str, str | bool | int | float | list[str]] = {
            **_FIXED,
            "threads": self._threads,
            "temp_directory": str(self._temp),
        }
        if memory_limit is not None:
            config["memory_limit"] = memory_limit.strip()
        try:
            instance = duckdb.connect(":memory:", config=config)
        except duckdb.Error as error:
            raise Invalid(f"not a memory limit: {memory_limit!r}", hint=str(error)) from error
        instance.execute("SET TimeZone = 'UTC'")
        instance.execute(f"SET allowed_directories = [{', '.join(map(text_literal, self._allowed))}]")
        instance.execute("SET enable_external_access = false")
        instance.execute("SET lock_configuration = true")
        return instance


def text_literal(value: str) -> str:
    """
    >>> text_literal("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


class Session:
    """One connection with its own temporary names; not for two threads, save `interrupt`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, worker: Callable[[], ThreadPoolExecutor]
    ) -> None:
        self.connection = connection
        self._worker = worker
        self._kept: list[Any] = []

    def close(self) -> None:
        self.connection.close()
        self._kept.clear()

    def interrupt(self) -> None:
        """May come when the query has just ended and the connection is closed."""
        import duckdb

        with suppress(duckdb.ConnectionException):
            self.connection.interrupt()

    def register(self, name: str, table: pa.Table) -> None:
        with translated():
            self.connection.register(name, table)
        self._kept.append(table)

    def create_view(self, name: str, select: str) -> None:
        with translated():
            self.connection.execute(f"CREATE TEMP VIEW {quote(name)} AS {select}")

    def create_macro(self, definition: str) -> None:
        with translated():
            self.connection.execute(f"CREATE TEMP MACRO {definition}")

    def can_read(self, path: str) -> bool:
        """Whether every value of a Parquet file can be read."""
        try:
            self.value(f"SELECT bit_xor(hash(f)) FROM read_parquet({text_literal(path)}) AS f")
        except EngineError:
            return False
        return True

    def value(self, sql: str, parameters: Parameters = None) -> Any:
        """The first value of the first row."""
        with translated():
            return self._first_row(sql, parameters)[0]

    def rendered(self, node: Mapping[str, Any]) -> str:
        """The SQL text of a SELECT's syntax tree, as `Engine.parse` gives it."""
        tree = orjson.dumps({"error": False, "statements": [{"node": node}]}).decode()
        # Not `value`, whose result stays open: the session goes on.
        return str(self.run("SELECT json_deserialize_sql(?::JSON)", [tree])[0].column(0)[0].as_py())

    def text(self, sql: str, parameters: Parameters = None) -> str:
        """The second value of the first row, where EXPLAIN puts its drawing."""
        with translated():
            return str(self.interruptible(lambda: self._first_row(sql, parameters))[1])

    def run(self, sql: str, parameters: Parameters = None) -> tuple[pa.Table, list[str]]:
        """All rows, and the SQL types of the columns."""

        def run() -> tuple[pa.Table, list[str]]:
            relation = self._relation(sql, parameters)
            return relation.to_arrow_table(), [str(t) for t in relation.types]

        with translated():
            return self.interruptible(run)

    def columns(self, sql: str, parameters: Parameters = None) -> list[tuple[str, str]]:
        """(name, SQL type) of what a query would give."""
        with translated():
            relation = self._relation(sql, parameters)
            return [(name, str(t)) for name, t in zip(relation.columns, relation.types, strict=True)]

    def stream(self, sql: str, parameters: Parameters = None) -> tuple[pa.RecordBatchReader, list[str]]:
        """The same as batches that are made as they are asked for; read them under `translated`."""

        def start() -> tuple[pa.RecordBatchReader, list[str]]:
            relation = self._relation(sql, parameters)
            return relation.to_arrow_reader(), [str(t) for t in relation.types]

        with translated():
            return self.interruptible(start)

    def interruptible(self, action: Callable[[], T]) -> T:
        """Runs `action` so that Ctrl-C, or what another signal raises, ends it: while DuckDB holds the main
        thread, Python sees no signal."""
        if threading.current_thread() is not threading.main_thread():
            return action()
        future = self._worker().submit(action)
        try:
            # Any thread may get the signal, and then it wakes this one only where it is waiting no longer.
            while not wait([future], timeout=_POLL_S).done:
                pass
            return future.result()
        except BaseException:
            while not future.done():
                with suppress(KeyboardInterrupt):  # Ctrl-C once more
                    self.interrupt()
                    wait([future], timeout=0.01)
            raise

    def _first_row(self, sql: str, parameters: Parameters) -> tuple[Any, ...]:
        row = self.connection.execute(sql, _bound(parameters)).fetchone()
        assert row is not None
        return row

    def _relation(self, sql: str, parameters: Parameters) -> Any:
        return self.connection.sql(sql, params=_bound(parameters)) if parameters else self.connection.sql(sql)


def _bound(parameters: Parameters) -> Parameters:
    """Arrays of float32 as vectors: DuckDB would take them for lists of doubles."""
    import duckdb

    if isinstance(parameters, Mapping):
        return {
            name: duckdb.Value(value.tolist(), duckdb.array_type(duckdb.sqltypes.FLOAT, len(value)))
            if isinstance(value, np.ndarray) and value.dtype == np.float32 and value.ndim == 1
            else value
            for name, value in parameters.items()
        }
    return parameters


class Watch:
    """Interrupts the sessions of a query when its time is up or its caller cancels."""

    def __init__(self, session: Session, timeout: float | None, cancel: Cancel | None) -> None:
        self._sessions = [session]
        self._cancel = cancel
        self._timeout = timeout
        self._timed_out = False
        self._done = threading.Event()
        if timeout is not None:
            threading.Thread(target=self._wait, args=(timeout,), daemon=True).start()
        if cancel is not None:
            cancel.watch(self._stop)

    def over(self, session: Session) -> Session:
        """Another session of the same query."""
        self._sessions.append(session)
        return session

    def check(self) -> None:
        """Raises `Unavailable` if the query must not go on."""
        if reason := self.reason():
            raise reason

    def reason(self) -> Unavailable | None:
        if self._cancel is not None and self._cancel.cancelled:
            return Unavailable("cancelled", hint="the query was cancelled by its caller")
        if self._timed_out:
            return Unavailable(
                f"the query took more than {self._timeout:g} s", hint="narrow it, or give a longer timeout"
            )
        return None

    def end(self) -> None:
        self._done.set()
        if self._cancel is not None:
            with suppress(ValueError):
                self._cancel.unwatch(self._stop)

    def _stop(self) -> None:
        threading.Thread(target=self._interrupt, daemon=True).start()

    def _wait(self, timeout: float) -> None:
        if not self._done.wait(timeout):
            self._timed_out = True
            self._interrupt()

    def _interrupt(self) -> None:
        # Again and again: one that falls between two statements of the query is lost.
        while not self._done.is_set():
            for session in list(self._sessions):
                session.interrupt()
            self._done.wait(0.01)


@contextmanager
def translated() -> Iterator[None]:
    """DuckDB's exceptions as `EngineError`."""
    import duckdb

    try:
        yield
    except (duckdb.Error, RuntimeError, pa.ArrowException) as error:
        raise EngineError(type(error).__name__, str(error)) from error
    except OSError as error:  # inside a stream, where Arrow passes on the text alone
        raise EngineError(_kind_told(str(error)), str(error)) from error


def _kind_told(message: str) -> str:
    """
    >>> _kind_told("Out of Memory Error: failed to pin"), _kind_told("INTERRUPT Error: Interrupted!")
    ('OutOfMemoryException', 'InterruptException')
    """
    words, told, _ = message.partition(" Error: ")
    if not told:
        return "IOException"
    parts = (word.title() if word.isupper() and len(word) > 2 else word for word in words.split())
    return "".join(part[0].upper() + part[1:] for part in parts) + "Exception"
