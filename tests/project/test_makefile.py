"""The recipes that README and CI call exist and expand."""

from __future__ import annotations

import subprocess

import pytest

from .source import ROOT

RECIPES = [
    "help",
    "demo",
    "test",
    "test-long",
    "test-ray",
    "test-models",
    "test-node",
    "lint",
    "torture",
    "bench",
    "bench-large",
    "clean",
]


@pytest.mark.parametrize("recipe", RECIPES)
def test_each_recipe_expands(recipe: str) -> None:
    subprocess.run(["make", "--dry-run", recipe], cwd=ROOT, check=True, capture_output=True)


def test_demo_passes_its_settings_on() -> None:
    settings = ["EVENTS=7", "DATA=some file.csv", "LAKE=there"]
    plan = subprocess.run(
        ["make", "--dry-run", "demo", *settings], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert 'demo --events 7 --lake "there" --data "some file.csv"' in plan.stdout
