"""The server as a process and as an address: who is let in, what goes where, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

import thermocline
from thermocline.agent.mcp.doors import Settings
from thermocline.core.errors import Invalid
from thermocline.core.protocols import Lakehouse
from thermocline.server.agents import prepare_agents

from ..cli.conftest import Command
from .talk import Agent, command, over_http, over_stdio, serving, speak

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    },
}
HEADERS = {"Accept": "application/json, text/event-stream"}


def _started(lake: Path, *arguments: str) -> subprocess.Popen[str]:
    server = command(lake, *arguments)
    return subprocess.Popen(
        [server.command, *server.args],
        env=os.environ | (server.env or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _is_free(lake: Path) -> bool:
    """Whether nobody owns the lake."""
    with thermocline.connect(lake, background=False) as opened:
        return "acme" in opened.databases()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_stdio_the_owner_is_told_once_that_it_is_one(folder: Path, mode: str) -> None:
    async def act(agent: Agent) -> list[Any]:
        await agent("run_sql", sql="select * from nothing")
        return (await agent("ask", question="how many orders")).rows

    with tempfile.TemporaryFile("w+") as errors:
        assert speak(act, over_stdio(command(folder), errors, mode=mode)) == [("90",)]
        errors.seek(0)
        assert errors.read().splitlines() == [
            "agents have the owner's rights in `acme`; --as PRINCIPAL gives them less"
        ]
    assert _is_free(folder)


def test_stdout_is_only_protocol_and_the_end_of_stdin_is_the_end(folder: Path) -> None:
    process = _started(folder)
    out, errors = process.communicate("nonsense\n", timeout=120)
    assert process.returncode == 0, errors
    assert all(line.startswith('{"jsonrpc":') for line in out.splitlines())
    assert _is_free(folder)


def test_a_signal_ends_it_and_lets_go_of_the_lake(folder: Path) -> None:
    process = _started(folder)
    assert process.stderr is not None
    assert "owner's rights" in process.stderr.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert _is_free(folder)


def test_over_http_as_a_command(guarded_folder: Path, tokens: dict[str, str]) -> None:
    process = _started(guarded_folder, "--http", "--port", "0")
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        said = speak(
            lambda agent: agent("run_sql", sql="select distinct region from orders"),
            over_http(url, tokens["priya"]),
        )
        assert said.rows == [("north",)]
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert _is_free(guarded_folder)


def test_without_tokens_the_owner_of_this_machine_is_let_in(lake: Lakehouse) -> None:
    with serving(lake) as url:
        assert speak(lambda agent: agent("run_sql", sql="select 1 as n"), over_http(url)).rows == [("1",)]


@pytest.mark.parametrize("shown", [None, "Bearer nonsense", "Bearer", "Basic cHJpeWE6eA=="])
def test_as_soon_as_there_are_tokens_one_must_be_shown(guarded_lake: Lakehouse, shown: str | None) -> None:
    headers = HEADERS | ({"Authorization": shown} if shown else {})
    with serving(guarded_lake) as url, httpx2.Client(trust_env=False) as client:
        answer = client.post(url, json=HELLO, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_that_is_made_closes_the_door_at_once(own_lake: Lakehouse) -> None:
    with serving(own_lake) as url, httpx2.Client(trust_env=False) as client:
        before = client.post(url, json=HELLO, headers=HEADERS).status_code
        own_lake.database("acme").sql("create role priya")
        own_lake.database("acme").sql("create token for priya")
        after = client.post(url, json=HELLO, headers=HEADERS).status_code
    assert (before, after) == (200, 401)


def test_a_session_is_its_principals_own(guarded_lake: Lakehouse, tokens: dict[str, str]) -> None:
    with serving(guarded_lake) as url, httpx2.Client(trust_env=False) as client:

        def post(who: str, body: Any, **more: str) -> httpx2.Response:
            return client.post(
                url, json=body, headers=HEADERS | {"Authorization": f"Bearer {tokens[who]}"} | more
            )

        session = post("priya", HELLO).headers["mcp-session-id"]
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        named = {"mcp-session-id": session, "mcp-protocol-version": "2025-06-18"}
        assert post("priya", listing, **named).status_code == 200
        assert post("clerk", listing, **named).status_code in (401, 403, 404)


def test_an_address_of_others_needs_tokens(lake: Lakehouse) -> None:
    with pytest.raises(Invalid, match="nobody has a token"):
        prepare_agents(lake, "acme", "0.0.0.0", 0, Settings())


def test_another_host_name_is_refused_on_loopback(lake: Lakehouse) -> None:
    """As a page in a browser would use one that points here."""
    with serving(lake) as url, httpx2.Client(trust_env=False) as client:
        assert client.post(url, json=HELLO, headers=HEADERS | {"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--db", "acne"), "no database `acne`"),
        (("--db", "acme", "--http", "--as", "priya"), "--as is for stdio"),
        (("--db", "acme", "--as", "priya", "--set", "region"), "--set region"),
        (("--db", "acme", "--as", "pri ya"), "not a name of a principal"),
        (("--db", "acme", "--set", "a=b"), "settings are a principal's"),
    ],
)
def test_what_cant_be_served_is_said_at_once(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = Command(folder)("mcp", *arguments)
    assert (done.code, done.out) == (1, "")
    assert said in done.err
