"""A small closed lake, one of its files damaged, and what the lake then says of itself."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from thermocline.core.errors import Corrupt
from thermocline.router.nearest import narrow
from thermocline.tiers.vectors import sidecar

from .opening import Clock, opened
from .play import play
from .script import Operation, Part, script

SEED = 11
CLOSED_AT_HOURS = 9
ANSWERS = (
    "select count(*), sum(n), max(text), count(distinct sku) from orders",
    "select count(*), sum(n), max(text), sum(extra) from stock",
    "select count(*), sum(n), max(text), max(_seq) from notes",
    "select _stream, max(_position), count(*) from stock where _stream is not null group by 1 order by 1",
    "select sku, count(*), min(_recorded_at) from orders group by 1 order by 1",
    "select n from pictures order by seen <-> [0.1, 0.9, 0.3, 0.7, 0.5, 0.2, 0.8, 0.4] limit 5",
    "select count(*), count(meant), sum(meant[3]) from pictures",
)
RETRIED = Operation("append", (Part("orders", ({"n": 100_000, "sku": "a", "_id": "retried"},)),))

Damage = Callable[[bytes], bytes | None]
"""A file's content -> what is left of it; `None`: not even the file."""


@dataclass(frozen=True)
class SmallLake:
    """`path`: where it is damaged, `sound`: what it is restored from; Iceberg knows it by its path."""

    path: Path
    sound: Path
    answers: tuple[object, ...]

    def files(self) -> list[str]:
        """Paths below the lake, sorted; those without content left out, as there is nothing to damage."""
        return sorted(
            path.relative_to(self.sound).as_posix()
            for path in self.sound.rglob("*")
            if path.is_file() and path.stat().st_size
        )

    def outcome(self, name: str, damage: Damage) -> str:
        """'same' answers everywhere, or the message of the `Corrupt` that came instead.

        Raises `AssertionError` for another answer, and whatever else the lake raises.
        """
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self.sound, self.path)
        file = self.path / name
        left = damage(file.read_bytes())
        if left is None:
            file.unlink()
        else:
            file.write_bytes(left)
        try:
            found = ask(self.path)
        except Corrupt as error:
            return error.message
        assert found == self.answers, f"{name}: damaged, and nobody noticed"
        return "same"


def build(folder: Path) -> SmallLake:
    path, sound = folder / "lake", folder / "sound"
    with opened(path, Clock()) as lake:
        play(lake, [RETRIED, *script(SEED, 2)], 0, lambda _: None)
        paint(lake.database)
    shutil.copytree(path, sound)
    answers = ask(path)
    return SmallLake(path, sound, answers)


def paint(database: Any) -> None:
    """A table of vectors in three tiers, given ones and computed ones."""
    database.sql(
        "create table pictures (n bigint, said varchar, seen float[8],"
        " meant float[32] generated always as (embed('hashing', said)))"
    )
    rng = random.Random(SEED)
    with patch.object(sidecar, "FEWEST", 8):
        for tier in range(3):
            rows = [
                {"n": n, "said": f"number {n}", "seen": [rng.random() for _ in range(8)]}
                for n in range(20 * tier, 20 * tier + 20)
            ]
            database.append("pictures", rows)
            database.embed("pictures")
            if tier < 2:
                database.flush("pictures")
            if tier == 0:
                database.archive("pictures")


def ask(path: Path) -> tuple[object, ...]:
    """Everything that a user could ask, in the order in which damage should come to light."""
    with opened(path, Clock(CLOSED_AT_HOURS)) as lake, patch.object(narrow, "FEW_BYTES", -1):
        database = lake.database
        answers: list[object] = []
        for sql in ANSWERS:
            result = database.sql(sql)
            answers.append(result.rows())
            result.certificate.verify()
        answers.append(database.search("number 17", table="pictures", column="meant", k=3).rows())
        answers += [database.stream(f"thread-{n}").version for n in range(4)]
        answers.append(database.tables())
        retried = database.append("orders", [dict(row) for row in RETRIED.parts[0].rows])
        answers.append((retried.rows, retried.duplicates))
        answers.append(database.verify())
        return tuple(answers)


def flips(names: list[str], sizes: dict[str, int], count: int, seed: int) -> Iterator[tuple[str, int]]:
    """(file, bit): every file in turn, at random places."""
    rng = random.Random(seed)
    for number in range(count):
        name = names[number % len(names)]
        yield name, rng.randrange(sizes[name] * 8)


def flipped(bit: int) -> Damage:
    def damage(data: bytes) -> bytes:
        spoilt = bytearray(data)
        spoilt[bit // 8] ^= 1 << bit % 8
        return bytes(spoilt)

    return damage


def cut(share: float) -> Damage:
    return lambda data: data[: min(int(len(data) * share), len(data) - 1)]


def removed(_: bytes) -> None:
    return None
