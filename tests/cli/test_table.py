"""Tables for people: aligned, within the terminal, and safe to look at."""

from __future__ import annotations

from thermocline.cli.table import cell_width, draw, fit


def test_numbers_stand_right_and_null_is_named() -> None:
    lines = draw(["product", "n"], [("tea", "4.50"), (None, "12")], numbers=[False, True])
    assert lines == [
        " product │    n",
        "─────────┼──────",
        " tea     │ 4.50",
        " NULL    │   12",
    ]


def test_an_empty_answer_still_shows_its_columns() -> None:
    assert draw(["a", "b"], [], numbers=[False, False]) == [" a │ b", "───┼───"]


def test_the_widest_columns_give_way_to_the_terminal() -> None:
    lines = draw(["id", "text"], [("1", "x" * 100)], numbers=[True, False], width=40)
    assert {cell_width(line) for line in lines} <= set(range(41))
    assert lines[2].endswith("x…")
    assert lines[2].startswith("  1 │")


def test_columns_never_vanish() -> None:
    assert fit([50, 50, 3], room=10) == [8, 8, 3]


def test_wide_characters_keep_the_columns_straight() -> None:
    lines = draw(["name", "n"], [("お茶", "1"), ("tea", "2")], numbers=[False, True])
    assert len({cell_width(line) for line in lines[2:]}) == 1


def test_control_characters_do_not_reach_the_terminal() -> None:
    (row,) = draw(["v"], [("\x1b[31mred\n",)], numbers=[False])[2:]
    assert row == r" \x1b[31mred\n"
