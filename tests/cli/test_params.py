"""`--param`: by place, by name, with the type that JSON gives."""

from __future__ import annotations

from thermocline.cli.options import parse_params


def test_values_are_json_or_else_text() -> None:
    given = ["tea", "4.5", "9007199254740993", "true", "null", '"42"']
    assert parse_params(given, "select ?") == ["tea", 4.5, 9007199254740993, True, None, "42"]


def test_a_name_counts_where_the_sql_has_it() -> None:
    assert parse_params(["p=tea", "n=2"], "select $p, $n") == {"p": "tea", "n": 2}


def test_an_equals_sign_in_a_value_is_no_name() -> None:
    assert parse_params(["a=b"], "select ?") == ["a=b"]


def test_none_given_is_none() -> None:
    assert parse_params(None, "select 1") is None
