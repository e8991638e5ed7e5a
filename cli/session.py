"""From the options of a verb to an open lake, and from an error to an exit code."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..core.access import OWNER, Caller
from ..core.errors import Error, NotFound, Unavailable
from .options import RUNTIME_VARIABLE, Runtime

if TYPE_CHECKING:
    from ..core.protocols import Cancel, Database, Lakehouse, Progress

T = TypeVar("T")
_POLL_S = 0.1
_CANCEL_S = 5.0
API_KEY_VARIABLE = "THERMOCLINE_API_KEY"


@contextmanager
def open_lake(
    path: str,
    *,
    create: bool = False,
    own: bool = False,
    verbose: bool = False,
    model: str | None = None,
) -> Iterator[Lakehouse]:
    """The lake; while another process owns it, one to read only, or with `own` `Unavailable`.

    Raises `NotFound` where there is none, unless `create`.
    """
    if not create:
        require_lake(path)
    with _connect(path, own=own, verbose=verbose, model=model) as lake:
        yield lake


@contextmanager
def open_database(
    path: str,
    name: str,
    *,
    who: Caller = OWNER,
    create: bool = False,
    own: bool = False,
    verbose: bool = False,
    model: str | None = None,
) -> Iterator[Database]:
    """One tenant of the lake, as `who` has it. A `NotFound` in an empty one names those that there are."""
    with open_lake(path, create=create, own=own, verbose=verbose, model=model) as lake:
        try:
            yield database_as(lake, name, who)
        except NotFound as error:
            others = lake.databases() if who.principal is None else []
            if others and name not in others:
                raise NotFound(
                    f"{error.message} (database `{name}` is empty)", hint=databases_hint(others)
                ) from error
            raise


def database_as(lake: Lakehouse, name: str, who: Caller) -> Database:
    settings = dict(who.settings) or None
    return lake.database(name, principal=who.principal, settings=settings, door=who.door)


def _connect(path: str, *, own: bool, verbose: bool, model: str | None) -> Lakehouse:
    from .. import connect

    key = os.environ.get(API_KEY_VARIABLE)
    runtime = Runtime(os.environ.get(RUNTIME_VARIABLE) or Runtime.local)
    if is_remote(path) or runtime is Runtime.ray:
        # What a cluster does by itself is not for a command to decide.
        return connect(path, background=is_remote(path), api_key=key, runtime=runtime.value, model=model)
    try:
        return connect(path, background=False, model=model)
    except Unavailable as error:
        if own:
            raise
        if verbose:
            print(f"{error.message}; reading only", file=sys.stderr)
        return connect(path, background=False, read_only=True, model=model)


def require_lake(path: str) -> None:
    if not is_remote(path) and not Path(path).is_dir():
        raise NotFound(
            f"no lake at {path}",
            hint="`thermocline import` and `thermocline demo` make one; --lake DIR names another",
        )


def is_remote(path: str) -> bool:
    return "://" in path


def databases_hint(names: list[str]) -> str:
    return f"this lake has {', '.join(names)}: choose with --db {names[0]}"


def interruptible(call: Callable[[Cancel], T]) -> T:
    """`call` in a thread of its own, so that Ctrl-C reaches us and cancels it at once."""
    from ..core.protocols import Cancel

    cancel, done = Cancel(), threading.Event()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(call(cancel))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread as it is
            failure.append(error)
        finally:
            done.set()

    threading.Thread(target=work, daemon=True).start()
    try:
        # An event, as a `join` that Ctrl-C interrupts takes the thread for ended (CPython 3.11).
        while not done.wait(_POLL_S):
            pass
    except KeyboardInterrupt:
        cancel()
        done.wait(_CANCEL_S)
        raise
    if failure:
        raise failure[0]
    return outcome[0]


@contextmanager
def progress_bar(*, show: bool) -> Iterator[Progress | None]:
    """A callback that draws bars on stderr; `None` where nobody would see them."""
    if not show or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield report


def show_error(error: Error) -> None:
    """The message and, on a second line, what to do about it."""
    print(f"{error.kind}: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
