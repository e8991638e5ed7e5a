"""The verb that lets AI agents in: a server of the Model Context Protocol, over stdio or HTTP."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import Invalid, NotFound
from .options import As, Db, Lake, Model, Setting, Verbose, who
from .session import database_as, databases_hint, is_remote, open_lake

if TYPE_CHECKING:
    from ..agent.mcp.doors import Settings
    from ..core.access import Caller
    from ..core.protocols import Lakehouse


def register(app: typer.Typer) -> None:
    app.command(epilog=_EXAMPLES)(mcp)


_EXAMPLES = """\b
Examples:
  thermocline mcp --lake /data/lake --db acme
  thermocline mcp --lake /data/lake --db acme --as analyst --set app.customer_id=7
  thermocline mcp --lake http://127.0.0.1:8380 --db acme
  thermocline mcp --lake /data/lake --db acme --http --port 8381
  thermocline mcp --lake /data/lake --db acme --as analyst --model anthropic:claude-sonnet-4-5
"""

_POLL_S = 0.2


def mcp(
    lake: Lake = "./lake",
    db: Db = "main",
    as_: As = None,
    set_: Setting = None,
    http: Annotated[
        bool, typer.Option("--http", help="Serve HTTP in place of stdio; the token of a request says whose.")
    ] = False,
    host: Annotated[str, typer.Option("--host", help="Any but loopback needs tokens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8381,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=1000, help="Rows, unless a call says otherwise.")
    ] = 50,
    allow_writes: Annotated[
        bool, typer.Option("--allow-writes", help="Let run_sql change data, once that is confirmed.")
    ] = False,
    model: Model = None,
    verbose: Verbose = False,
) -> None:
    """Serve one database to AI agents: the Model Context Protocol, over stdio or HTTP."""
    caller = who(as_, set_)
    if http and caller.principal is not None:
        raise Invalid("--as is for stdio", hint="over HTTP the token of a request says who calls")
    from ..agent.mcp import doors

    chosen = doors.Settings(limit=limit, allow_writes=allow_writes)
    with open_lake(lake, verbose=verbose, model=model) as opened:
        if not is_remote(lake):  # where a token may not list them
            _check_database(opened, db)
        if http:
            from ..server.agents import serve_agents

            serve_agents(opened, db, host, port, chosen)
        else:
            _serve_stdio(opened, db, caller, chosen)


def _check_database(lake: Lakehouse, name: str) -> None:
    known = lake.databases()
    if known and name not in known:
        raise NotFound(f"no database `{name}`", hint=databases_hint(known))


def _serve_stdio(lake: Lakehouse, db: str, caller: Caller, settings: Settings) -> None:
    from ..agent.mcp.callers import bound
    from ..agent.mcp.doors import Doors
    from ..agent.mcp.server import create_server
    from ..agent.mcp.writing import may_change

    if settings.allow_writes and not may_change(database_as(lake, db, caller)):
        print(f"`{caller.principal}` was granted no changes, so run_sql only reads", file=sys.stderr)
        settings = replace(settings, allow_writes=False)
    server = create_server(Doors(lake, db, bound(caller.principal, dict(caller.settings)), settings))
    if caller.principal is None:
        print(f"agents have the owner's rights in `{db}`; --as PRINCIPAL gives them less", file=sys.stderr)
    _until_told_to_stop(lambda: server.run("stdio"))


def _until_told_to_stop(run: Callable[[], None]) -> None:
    """`run` in a thread that may be left behind: one that reads stdin can't be woken by a signal."""
    done = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread as it is
            failed.append(error)
        finally:
            done.set()

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=work, daemon=True).start()
    try:
        with suppress(KeyboardInterrupt):
            while not done.wait(_POLL_S):
                pass
    finally:
        signal.signal(signal.SIGTERM, before)
    if failed:
        raise failed[0]
