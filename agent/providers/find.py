"""Providers by name, as a user writes them.

openai:gpt-5-mini                        OpenAI, or what OPENAI_BASE_URL says; the key is OPENAI_API_KEY
anthropic:claude-sonnet-4-5              Anthropic, or what ANTHROPIC_BASE_URL says; ANTHROPIC_API_KEY
ollama:llama3.1:8b                       Ollama on this machine
llama.cpp:                               the server of llama.cpp on this machine
local:http://127.0.0.1:8000/v1#qwen3     any server of OpenAI's protocol, and which of its models
scripted:answers.yaml                    answers out of a file, for tests and demos
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ...core.errors import Invalid, nearest
from ...core.services import Service
from .base import Provider

OLLAMA_URL = "http://127.0.0.1:11434/v1"
LLAMA_CPP_URL = "http://127.0.0.1:8080/v1"
ANY_MODEL = "default"
"""For servers that have one model and don't look at its name."""

FAMILIES = ("openai:", "anthropic:", "ollama:", "llama.cpp:", "local:", "scripted:")


def find(spec: str, *, key: str | None = None, environ: Mapping[str, str] = os.environ) -> Provider:
    """The provider of that name. `key`: instead of the one in the environment; the only one that a server of
    one's own is given.

    Raises `Invalid` for a name that says nothing or a key that is missing, `NotFound` for a script's file.
    """
    family, _, rest = spec.partition(":")
    match family:
        case "openai":
            return _openai(_named(rest, family), key, environ)
        case "anthropic":
            return _anthropic(_named(rest, family), key, environ)
        case "ollama":
            return _local(_named(rest, family), OLLAMA_URL, family, key)
        case "llama.cpp":
            return _local(rest or ANY_MODEL, LLAMA_CPP_URL, family, key)
        case "local":
            url, _, model = rest.partition("#")
            return _local(model or ANY_MODEL, url.rstrip("/"), family, key)
        case "scripted":
            from .scripted import read

            return read(_named(rest, family))
    # What was written could be a key by mistake.
    raise Invalid("no provider of that name", hint=nearest(f"{family}:", FAMILIES))


def _openai(model: str, key: str | None, environ: Mapping[str, str]) -> Provider:
    from .openai import OPENAI_URL, OpenAI

    url = (environ.get("OPENAI_BASE_URL") or OPENAI_URL).rstrip("/")
    key = key or environ.get("OPENAI_API_KEY") or None
    if key is None and url == OPENAI_URL:
        raise Invalid("OpenAI wants a key", hint="set OPENAI_API_KEY, or OPENAI_BASE_URL for another service")
    return OpenAI(model, Service(url, key))


def _anthropic(model: str, key: str | None, environ: Mapping[str, str]) -> Provider:
    from .anthropic import ANTHROPIC_URL, Anthropic

    url = (environ.get("ANTHROPIC_BASE_URL") or ANTHROPIC_URL).rstrip("/")
    key = key or environ.get("ANTHROPIC_API_KEY") or None
    if key is None:
        raise Invalid("Anthropic wants a key", hint="set ANTHROPIC_API_KEY")
    return Anthropic(model, Service(url, key, "ANTHROPIC_API_KEY"))


def _local(model: str, url: str, name: str, key: str | None) -> Provider:
    from .openai import OpenAI

    return OpenAI(model, Service(url, key, "the argument `key`"), name=name, local=True)


def _named(rest: str, family: str) -> str:
    if not rest:
        raise Invalid(f"`{family}:` names nothing", hint=f"write `{family}:` and a name behind it")
    return rest
