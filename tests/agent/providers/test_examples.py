"""The examples in the docstrings hold."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = ("base", "budget", "data_block", "events", "http", "reply")


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"thermocline.agent.providers.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
