"""What an agent keeps: turns, memories, open questions; forgetting, and forks."""

from __future__ import annotations

from pathlib import Path

import pytest

import thermocline
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Conflict, Invalid, NotFound


def test_turns_are_kept_in_order_and_forgotten_from_the_front(lake: LocalLake) -> None:
    agent = lake.database("acme").agent("support")
    assert [agent.say("user", "hello"), agent.say("agent", {"text": "hi", "tokens": 3})] == [1, 2]
    agent.say("user", "bye")
    assert [(t["role"], t["content"]) for t in agent.turns(after=1)] == [
        ("agent", {"text": "hi", "tokens": 3}),
        ("user", "bye"),
    ]
    assert [t["number"] for t in agent.turns(limit=2)] == [1, 2]
    assert agent.forget_turns(up_to=2) == 2
    assert [t["number"] for t in agent.turns()] == [3]
    assert agent.forget_turns() == 1
    assert agent.say("user", "again") == 4


def test_memories_are_named(lake: LocalLake) -> None:
    agent = lake.database("acme").agent("support")
    agent.remember("user.name", "Ann")
    agent.remember("user.likes", ["tea"])
    agent.remember("user.name", "Anna")
    agent.remember("other", None)
    assert agent.recall("user.name") == "Anna"
    assert agent.memories("user.") == {"user.likes": ["tea"], "user.name": "Anna"}
    assert agent.forget("other")
    assert not agent.forget("other")
    with pytest.raises(NotFound):
        agent.recall("other")
    with pytest.raises(Invalid):
        agent.remember("bad", {1, 2})


def test_questions_stay_open_until_they_are_answered(lake: LocalLake) -> None:
    agent = lake.database("acme").agent("support")
    number = agent.ask("Which year?", ["2025", "2026"])
    agent.ask("Which shop?")
    with pytest.raises(Invalid, match="none of the options"):
        agent.answer(number, "2024")
    agent.answer(number, "2026")
    assert [q["question"] for q in agent.open_questions()] == ["Which shop?"]
    with pytest.raises(NotFound):
        agent.answer(number, "2025")


def test_a_fork_goes_its_own_way_from_a_bookmark(lake: LocalLake) -> None:
    shop = lake.database("acme")
    agent = shop.agent("support")
    agent.say("user", "one")
    then = agent.bookmark()
    agent.say("user", "two")
    agent.fork("now")
    agent.fork("before", then)
    shop.agent("now").say("user", "three")
    assert [t["content"] for t in shop.agent("before").turns()] == ["one"]
    assert [t["content"] for t in shop.agent("now").turns()] == ["one", "two", "three"]
    assert [t["content"] for t in agent.turns()] == ["one", "two"]
    with pytest.raises(Conflict):
        agent.fork("now")


def test_its_state_outlives_the_process_and_can_be_forgotten(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        lake.database("acme").agent("support").remember("a", 1)
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        agent = lake.database("acme").agent("support")
        assert agent.memories() == {"a": 1}
        agent.forget_all()
        assert agent.memories() == {}
        assert lake.database("other").agent("support").memories() == {}
