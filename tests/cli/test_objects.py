"""`thermocline objects`: what durable objects a lake has, without the code that they run."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Command

MAKE = """
import sys
import thermocline

class Cart(thermocline.DurableObject):
    def start(self):
        self.storage.exec("create table if not exists items (name text)")

    def add(self, item):
        self.storage.exec("insert into items values (?)", item)
        return self.storage.bookmark()

class Shelf(Cart):
    pass

with thermocline.connect(sys.argv[1]) as lake:
    lake.object(Cart, "seven").add("tea")
    lake.object(Shelf, "seven").add("cups")
    lake.object(Cart, "eight").add("milk")
    print(lake.object(Cart, "eight").add("wine"))
"""


@pytest.fixture
def bookmark(command: Command) -> str:
    """That of cart eight with milk alone; the lake is that of `command`."""
    made = subprocess.run(
        [sys.executable, "-c", MAKE, str(command.lake)], capture_output=True, text=True, check=True
    )
    return made.stdout.strip()


@pytest.mark.usefixtures("bookmark")
def test_they_are_listed_and_inspected(command: Command) -> None:
    said = command("objects")
    assert all(name in said.out for name in ("Cart", "Shelf", "seven", "eight"))
    listed = command("objects", "--json").json
    assert sorted((o["class"].rpartition(":")[2], o["name"], o["seq"]) for o in listed) == [
        ("Cart", "eight", 3),
        ("Cart", "seven", 2),
        ("Shelf", "seven", 2),
    ]
    (one,) = command("objects", "eight", "--json").json
    assert one == command("objects", one["id"][:8], "--json").json[0]
    assert len(command("objects", "--class", "Cart", "--json").json) == 2


def test_one_is_exported_as_it_was(command: Command, bookmark: str, tmp_path: Path) -> None:
    now, then = tmp_path / "now.sqlite", tmp_path / "then.sqlite"
    command("objects", "eight", "--export", str(now))
    command("objects", "Cart/eight", "--export", str(then), "--bookmark", bookmark)
    found = []
    for file in (now, then):
        with sqlite3.connect(file) as exported:
            found.append([name for (name,) in exported.execute("select name from items")])
        exported.close()
    assert found == [["milk", "wine"], ["milk"]]


@pytest.mark.usefixtures("bookmark")
def test_one_is_deleted(command: Command) -> None:
    assert command("objects", "Shelf/seven", "--delete").out == "deleted Shelf `seven`\n"
    assert [o["name"] for o in command("objects", "--json").json if o["class"].endswith("Shelf")] == []


@pytest.mark.usefixtures("bookmark")
def test_which_one_has_to_be_clear(command: Command) -> None:
    assert "Cart/seven, Shelf/seven" in command("objects", "seven").err
    assert "no object `nine`" in command("objects", "nine").err
    assert "which object?" in command("objects", "--delete").err
