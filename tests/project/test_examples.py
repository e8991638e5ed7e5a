"""The examples in docstrings hold."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from .source import ROOT, modules

EXAMPLES = [file for file in modules() if ">>> " in (ROOT / file).read_text()]


@pytest.mark.parametrize("file", EXAMPLES, ids=str)
def test_examples(file: Path) -> None:
    found = doctest.testmod(importlib.import_module(".".join(["thermocline", *file.with_suffix("").parts])))
    assert found.attempted > 0
    assert found.failed == 0
