"""`thermocline serve`, and the other verbs over what it serves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import SALES, Command


@pytest.fixture
def served(shop: Command) -> Iterator[Command]:
    """The commands pointed at `http://...` instead of the folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "thermocline.cli", "serve", "--port", "0"],
        env={**os.environ, "THERMOCLINE_LAKE": str(shop.lake)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        try:
            yield Command(shop.lake, process.stdout.readline().split()[-1])
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_verbs_work_over_http_as_in_a_folder(served: Command, tmp_path: Path) -> None:
    assert served("tables", "--db", "acme").out == "sales\n"
    counted = served("sql", "select count(*) as n from sales", "--db", "acme", "--json").json
    assert counted["rows"] == [[len(SALES)]]
    assert counted["certificate"]["complete"] is True
    assert served("flush", "--db", "acme").out.startswith("flushed 3 rows")
    file = tmp_path / "more.ndjson"
    file.write_text('{"product": "wine", "revenue": 12}\n')
    assert "1 rows into" in served("import", str(file), "--table", "sales", "--db", "acme").out
    assert served("verify", "--db", "acme", "--json").json["rows"] == 4
    assert "hot" in served("explain", "select count(*) from sales", "--db", "acme").out
    missing = served("sql", "select * from nothing", "--db", "acme")
    assert (missing.code, missing.err.startswith("NotFound: ")) == (1, True)


def test_another_address_than_loopback_needs_a_key(shop: Command, tmp_path: Path) -> None:
    refused = shop("serve", "--host", "0.0.0.0", "--port", "0")
    assert refused.code == 1
    assert "THERMOCLINE_API_KEY" in refused.err
    empty = tmp_path / "key"
    empty.touch()
    assert shop("serve", "--port", "0", "--api-key-file", str(empty)).code == 1


def test_a_server_that_is_not_there_is_an_error_with_a_hint(tmp_path: Path) -> None:
    said = Command(tmp_path, "http://127.0.0.1:9")("tables")
    assert said.code == 1
    assert said.err.startswith("Unavailable: ")
    assert "hint: " in said.err
