"""A small durable object for tests."""

from __future__ import annotations

import threading
from typing import Any

import thermocline


class Cart(thermocline.DurableObject):
    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS items (name TEXT NOT NULL)")
        self.calls = 0

    def add(self, item: str) -> int:
        self.calls += 1
        self.storage.exec("INSERT INTO items VALUES (?)", item)
        return self.count()

    def count(self) -> int:
        return int(self.storage.exec("SELECT count(*) FROM items").one()[0])

    def items(self) -> list[str]:
        return [name for (name,) in self.storage.exec("SELECT name FROM items ORDER BY rowid")]

    def calls_since_start(self) -> int:
        return self.calls

    def add_and_fail(self, item: str) -> None:
        self.add(item)
        raise ValueError(f"no {item}")

    def bookmark(self) -> str:
        return self.storage.bookmark()

    def bookmark_at(self, instant: Any) -> str:
        return self.storage.bookmark_at(instant)

    def restore(self, bookmark: str) -> str:
        return self.storage.restore(bookmark)

    def fork(self, bookmark: str, name: str) -> None:
        self.storage.fork(bookmark, name)

    def sql(self, text: str, *values: Any) -> list[Any]:
        return self.storage.exec(text, *values).all()


class Gate(thermocline.DurableObject):
    """Stands still in the middle of a turn until it is told to go on."""

    entered = threading.Event()
    opened = threading.Event()

    def stand(self) -> str:
        type(self).entered.set()
        type(self).opened.wait(10)
        return "passed"

    @thermocline.concurrent
    def look(self) -> str:
        return "standing"
