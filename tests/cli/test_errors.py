"""What the command says when it cannot, and with which exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import thermocline

from .conftest import Command

FOREVER = "select sum(a.range * b.range % 7) from range(3000000) a, range(3000000) b"


def test_an_error_has_a_hint_and_exit_code_1(shop: Command) -> None:
    said = shop("sql", "select revenu from sales", "--db", "acme")
    assert (said.code, said.out) == (1, "")
    assert "revenu" in said.err
    assert "hint: " in said.err
    assert "revenue" in said.err


def test_wrong_usage_is_exit_code_2(command: Command) -> None:
    assert command("sql", "select 1", "--no-such-option").code == 2
    assert command("no-such-verb").code == 2
    assert command("import").code == 2


@pytest.mark.parametrize(
    "verb", [["tables"], ["sql", "select 1"], ["flush"], ["verify"], ["explain", "select 1"]]
)
def test_a_question_to_a_missing_lake_does_not_make_one(command: Command, verb: list[str]) -> None:
    said = command(*verb)
    assert said.code == 1
    assert "no lake at" in said.err
    assert not command.lake.exists()


def test_an_empty_database_points_to_those_that_are_not(shop: Command) -> None:
    assert "--db acme" in shop("tables").err
    assert "--db acme" in shop("sql", "select * from sales").err


def test_a_malformed_instant_is_refused(shop: Command) -> None:
    said = shop("sql", "select 1 from sales", "--db", "acme", "--as-of", "yesterday-ish")
    assert said.code == 1
    assert "yesterday-ish" in said.err


def test_beside_an_owner_one_may_read_but_not_change(shop: Command) -> None:
    with thermocline.connect(shop.lake, background=False):
        counted = _run(
            shop, "sql", "select count(*) as n from sales", "--db", "acme", "--format", "csv", "--verbose"
        )
        assert (counted.returncode, counted.stdout) == (0, b"n\n3\n")
        assert b"reading only" in counted.stderr
        assert _run(shop, "verify", "--db", "acme").returncode == 0
        refused = _run(shop, "flush", "--db", "acme")
        assert refused.returncode == 1
        assert b"hint: " in refused.stderr


def test_a_reader_that_leaves_early_is_no_error(shop: Command) -> None:
    many = "select range, 'some text that fills the pipe' from range(300000)"
    with _start(shop, "sql", many, "--db", "acme", "--format", "csv") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_ctrl_c_stops_a_query_with_130(shop: Command) -> None:
    with _start(shop, "sql", "--db", "acme", "--format", "csv") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"select 'at work'; {FOREVER};".encode())
        process.stdin.close()
        assert [process.stdout.readline(), process.stdout.readline()][1] == b"at work\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130, process.stderr and process.stderr.read()


def test_a_query_gives_up_after_its_timeout(shop: Command) -> None:
    said = shop("sql", FOREVER, "--db", "acme", "--timeout", "0.3")
    assert said.code == 1
    assert said.err.startswith("Unavailable: ")


def test_help_comes_at_once() -> None:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "thermocline.cli", "--help"], check=True, capture_output=True)
    assert time.perf_counter() - started < 2.0


def test_help_loads_no_engine() -> None:
    program = (
        "import sys; from thermocline.cli.main import app\n"
        "try: app(['sql', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = ('duckdb', 'fastapi', 'pyarrow', 'pyiceberg', 'rich')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


@contextmanager
def _start(command: Command, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-m", "thermocline.cli", *arguments],
        env={**os.environ, "THERMOCLINE_LAKE": str(command.lake)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _run(command: Command, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    with _start(command, *arguments) as process:
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)
