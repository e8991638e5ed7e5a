"""What the shell makes of what is typed: statements, completions, commands."""

from __future__ import annotations

import pytest

from thermocline.cli.shell.completion import offer, quoted
from thermocline.cli.shell.statements import is_finished, split

COLUMNS = {"sales": ["product", "revenue", "Flight Date"], "stock": ["product", "shelf"]}


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("select 1", ["select 1"]),
        ("select 1; select 2;", ["select 1", "select 2"]),
        ("select ';' , \"a;b\"; select 2", ["select ';' , \"a;b\"", "select 2"]),
        ("select 'it''s; fine';", ["select 'it''s; fine'"]),
        ("select 1 -- no; end\n+ 1;", ["select 1 -- no; end\n+ 1"]),
        ("select 1 /* a; b */;", ["select 1 /* a; b */"]),
        ("select $$a;b$$, $x$;$$;$x$;", ["select $$a;b$$, $x$;$$;$x$"]),
        ("select $1; select 7-2/1", ["select $1", "select 7-2/1"]),
        (" ; ;\n-- only a comment\n;", []),
    ],
)
def test_a_script_is_cut_at_its_semicolons(script: str, statements: list[str]) -> None:
    assert split(script) == statements


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("select 1", False),
        ("select 1;", True),
        ("select ';", False),
        ("select 1; -- done", True),
        ("a; b", False),
        ("select /* ;", False),
        ("select $$ ;", False),
    ],
)
def test_enter_runs_only_what_is_finished(text: str, finished: bool) -> None:
    assert is_finished(text) is finished


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("select * from sa", "sales"),
        ("select rev", "revenue"),
        ("select sales.p", "product"),
        ("sel", "select"),
        ("SEL", "SELECT"),
        ("select _rec", "_recorded_at"),
        (".ta", ".tables"),
        ("\\ta", ".tables"),
    ],
)
def test_tab_offers_the_nearest_name_first(before: str, first: str) -> None:
    _, offers = offer(before, commands=[".tables", ".tiers"], columns=COLUMNS)
    assert offers[0] == first


def test_after_a_table_and_a_dot_only_its_columns_are_offered() -> None:
    assert offer("select stock.", commands=[], columns=COLUMNS) == ("", ["product", "shelf"])


def test_a_name_that_needs_quotes_is_completed_with_them() -> None:
    assert quoted("Flight Date") == '"Flight Date"'
    assert quoted("revenue") == "revenue"
