"""Documents that are made from the code agree with it."""

from __future__ import annotations

from thermocline.cli.reference import reference

from .source import ROOT


def test_the_command_line_page_is_current() -> None:
    assert (ROOT / "docs/cli.md").read_text() == reference(), "run `make docs`"
