"""Whatever a principal asks in English, what the policy hides has no part in the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from thermocline.actors.local import LocalLake
from thermocline.core.answers import Answer
from thermocline.core.errors import Error
from thermocline.core.protocols import Database

from .attempts import FOLDER
from .worlds import build

QUESTIONS = (FOLDER / "questions.txt").read_text().splitlines()


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalLake, LocalLake]]:
    folder = tmp_path_factory.mktemp("asked")
    with build(folder / "0", 0) as first, build(folder / "1", 1) as second:
        yield first, second


def heard(database: Database, question: str) -> Any:
    try:
        answer: Answer = database.ask(question, guess=True)
    except Error as error:
        return error.kind, error.message, error.hint
    told = answer.to_dict()
    told["rows"] = sorted(map(repr, told.get("rows", ())))
    told.pop("certificate", None)
    told.pop("narrative")  # names the first rows, whose order may be anybody's
    return told, None if answer.certificate is None else answer.certificate.to_dict()


def test_both_worlds_answer_the_same(lakes: tuple[LocalLake, LocalLake]) -> None:
    told = []
    for question in QUESTIONS:
        first, second = (heard(lake.database("acme", principal="priya"), question) for lake in lakes)
        if first != second:
            told.append((question, first, second))
    assert not told


def test_most_of_them_tell_the_owner_something(lakes: tuple[LocalLake, LocalLake]) -> None:
    """So they are questions that would tell, were it not for the policy."""
    telling = [
        q for q in QUESTIONS if heard(lakes[0].database("acme"), q) != heard(lakes[1].database("acme"), q)
    ]
    assert len(telling) >= 0.6 * len(QUESTIONS)
