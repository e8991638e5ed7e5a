"""Providers by name, and what is said of names that say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from thermocline.agent.providers.find import find
from thermocline.core.errors import Invalid, NotFound

from .serving import ASKED, KEY, PROTOCOLS, Planned, Server


@pytest.mark.parametrize(
    ("spec", "environ", "name", "model"),
    [
        ("openai:gpt-5-mini", {"OPENAI_API_KEY": KEY}, "openai", "gpt-5-mini"),
        ("openai:qwen", {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1/"}, "openai", "qwen"),
        ("anthropic:claude-x", {"ANTHROPIC_API_KEY": KEY}, "anthropic", "claude-x"),
        ("ollama:llama3.1:8b", {}, "ollama", "llama3.1:8b"),
        ("llama.cpp:", {}, "llama.cpp", "default"),
        ("local:http://127.0.0.1:8000/v1", {}, "local", "default"),
        ("local:http://127.0.0.1:8000/v1/#qwen3:4b", {}, "local", "qwen3:4b"),
    ],
)
def test_a_name_says_who_and_which_model(spec: str, environ: dict[str, str], name: str, model: str) -> None:
    found = find(spec, environ=environ)
    assert (found.name, found.model) == (name, model)


@pytest.mark.parametrize(
    ("spec", "variable"),
    [("openai:gpt-5-mini", "OPENAI_API_KEY"), ("anthropic:claude-x", "ANTHROPIC_API_KEY")],
)
def test_a_key_that_is_missing_is_named(spec: str, variable: str) -> None:
    with pytest.raises(Invalid) as caught:
        find(spec, environ={variable: ""})
    assert variable in caught.value.hint


@pytest.mark.parametrize(
    "spec", ["", "gpt-5", "openai:", "anthropic:", "ollama:", "scripted:", "olama:llama3"]
)
def test_a_name_that_says_nothing_is_refused(spec: str) -> None:
    with pytest.raises(Invalid) as caught:
        find(spec, environ={})
    assert caught.value.hint


def test_a_name_that_is_nearly_right_is_guessed_at() -> None:
    with pytest.raises(Invalid, match="no provider") as caught:
        find("olama:llama3", environ={})
    assert "ollama:" in caught.value.hint


def test_what_is_found_can_be_asked(server: Server) -> None:
    server.answers = [Planned([PROTOCOLS["openai"].stream(["1"])])]
    environ = {"OPENAI_BASE_URL": f"{server.url}/v1/", "OPENAI_API_KEY": KEY}
    assert find("openai:m", environ=environ).complete(ASKED, timeout=20, max_tokens=9).text == "1"
    assert find(f"local:{server.url}/v1#m", environ=environ).complete(ASKED, timeout=20, max_tokens=9).text
    server.answers = [Planned([PROTOCOLS["anthropic"].stream(["1"])])]
    environ = {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": KEY}
    assert find("anthropic:m", environ=environ).complete(ASKED, timeout=20, max_tokens=9).text == "1"
    first, second, third = server.asked
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert third.headers["x-api-key"] == KEY
    # The key of one service goes to no other.
    assert KEY not in str(second.headers)


def test_a_server_on_this_machine_is_asked_without_the_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.answers = [Planned([PROTOCOLS["openai"].stream(["1"])])]
    assert find(f"local:{server.url}/v1").complete(ASKED, timeout=5, max_tokens=9).text == "1"


def test_openais_own_models_are_told_the_limit_by_its_newer_name() -> None:
    hosted = find("openai:gpt-5-mini", key=KEY, environ={})
    other = find("openai:qwen", environ={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    assert (hosted._limit, other._limit) == ("max_completion_tokens", "max_tokens")


def test_a_script_is_found_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("- answers: [SELECT 1]")
    assert find(f"scripted:{tmp_path / 's.yaml'}").complete(ASKED, timeout=1, max_tokens=9).text == "SELECT 1"
    with pytest.raises(NotFound, match="no script"):
        find(f"scripted:{tmp_path / 'none.yaml'}")
