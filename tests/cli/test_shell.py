"""The interactive shell, typed at through a pipe as through a keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from thermocline.cli.shell import repl
from thermocline.cli.shell.commands import COMMANDS
from thermocline.cli.shell.completion import LakeCompleter
from thermocline.core.protocols import Lakehouse

from .conftest import SALES

Typed = Callable[[str], tuple[str, str]]


@pytest.fixture
def typed(
    lake: Lakehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """`typed("select 1;\\r")` -> (stdout, stderr) of a session that ends with Ctrl-D."""
    lake.database("acme").append("sales", SALES)
    monkeypatch.setattr(repl, "HISTORY_FILE", tmp_path / "history")

    def run(keys: str) -> tuple[str, str]:
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            pipe.send_text(keys + "\x04")
            repl.run(lake, lake.database("acme"))
        captured = capsys.readouterr()
        return captured.out, captured.err

    return run


def test_a_statement_runs_over_several_lines(typed: Typed) -> None:
    out, _ = typed("select product\rfrom sales\rwhere revenue > 4;\r")
    assert " tea" in out
    assert "(1 row, " in out


def test_an_error_ends_the_statement_not_the_shell(typed: Typed) -> None:
    out, err = typed("select nothing from sales;\rselect 42 as n;\r")
    assert "hint: " in err
    assert "42" in out


def test_dot_commands_tell_of_the_lake(typed: Typed) -> None:
    out, _ = typed(".tables\r.schema sales\r.tiers\r.databases\r.help\r")
    assert "sales" in out
    assert "VARCHAR" in out
    assert "hot" in out
    assert "acme" in out
    assert all(command in out for command in COMMANDS)


def test_as_of_holds_until_now(typed: Typed) -> None:
    out, _ = typed(
        ".format csv\r.asof 2\rselect count(*) as n from sales;\r"
        ".asof now\rselect count(*) as n from sales;\r"
    )
    assert "n\n2\n" in out
    assert "n\n3\n" in out


def test_the_certificate_follows_when_asked_for(typed: Typed) -> None:
    out, _ = typed(".certificate on\rselect count(*) from sales;\r")
    assert "certificate: complete" in out


def test_an_unknown_command_names_the_nearest(typed: Typed) -> None:
    _, err = typed(".tabels\r")
    assert ".tables" in err


def test_quit_leaves(typed: Typed) -> None:
    out, _ = typed("\\q\rselect 42;\r")
    assert "42" not in out


def test_tab_offers_what_the_lake_has(lake: Lakehouse) -> None:
    database = lake.database("acme")
    completer = LakeCompleter(database, COMMANDS)
    database.append("sales", [{"unit price": 4.5}])
    offered = [c.text for c in completer.get_completions(Document("select unit"), CompleteEvent())]
    assert offered == ['"unit price"']
    database.append("sales", [{"units": 3}])
    completer.forget(database)
    offered = [c.text for c in completer.get_completions(Document("select unit"), CompleteEvent())]
    assert offered == ['"unit price"', "units"]


def test_history_is_kept(typed: Typed, tmp_path: Path) -> None:
    typed("select 41;\r")
    assert "select 41;" in (tmp_path / "history").read_text()
