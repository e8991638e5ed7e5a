"""The inspector of the protocol, as its authors publish it, talks to the command."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from thermocline.core.protocols import Lakehouse

from .talk import command, serving

pytestmark = pytest.mark.node

INSPECTOR = "@modelcontextprotocol/inspector"
VERSION = "0.21.2"
"""The last that runs on the node of most machines."""


@pytest.fixture(scope="module")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Installed for this run."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("inspector")
    program = folder / "node_modules" / ".bin" / "mcp-inspector"
    install = [
        npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"{INSPECTOR}@{VERSION}",
    ]  # fmt: skip
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=280)
    if done.returncode:
        pytest.skip(f"the inspector can't be installed: {done.stderr[-200:]}")
    return str(program)


def _said(inspector: str, *arguments: str) -> Any:
    done = subprocess.run(
        [inspector, "--cli", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _stdio(folder: Path) -> list[str]:
    server = command(folder)
    variables = [part for name, value in (server.env or {}).items() for part in ("-e", f"{name}={value}")]
    return [*variables, server.command, *server.args]


def test_it_lists_the_tools_over_stdio(inspector: str, folder: Path) -> None:
    said = _said(inspector, *_stdio(folder), "--method", "tools/list")
    assert len(said["tools"]) == 7


def test_it_calls_one_over_stdio(inspector: str, folder: Path) -> None:
    called = ("--method", "tools/call", "--tool-name", "ask", "--tool-arg", "question=how many orders")
    said = _said(inspector, *_stdio(folder), *called)
    assert "\n90\nend " in said["content"][0]["text"]


def test_it_calls_one_over_http_with_a_token(
    inspector: str, guarded_lake: Lakehouse, tokens: dict[str, str]
) -> None:
    called = ("--method", "tools/call", "--tool-name", "run_sql")
    sql = ("--tool-arg", "sql=select distinct region from orders")
    header = ("--header", f"Authorization: Bearer {tokens['priya']}")
    with serving(guarded_lake) as url:
        said = _said(inspector, url, "--transport", "http", *header, *called, *sql)
    assert "\nnorth\nend " in said["content"][0]["text"]
