"""What a language model is asked and what it answers, whoever runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from ...core.errors import Unavailable
from ...core.protocols import Cancel

Role: TypeAlias = Literal["system", "user", "assistant"]
Stopped: TypeAlias = Literal["end", "length", "refused"]
"""Why an answer ends: it was finished, `max_tokens` were reached, or the model or its filter declined."""
OnText: TypeAlias = Callable[[str], None]
"""Called with each piece of an answer's text, as it comes."""

_BYTES_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """`input_tokens`, `output_tokens`: as the service counts them, or estimated if it doesn't say."""

    text: str
    input_tokens: int
    output_tokens: int
    stopped: Stopped


class BrokenOff(Unavailable):
    """In the middle of an answer that was heard. It was paid for, so who pays decides to ask again."""


class Provider(Protocol):
    """Safe to use from several threads."""

    @property
    def name(self) -> str:
        """Who answers: `openai`, `anthropic`, `ollama`, ..."""
        ...

    @property
    def model(self) -> str: ...

    def complete(
        self,
        messages: Sequence[Message],
        *,
        timeout: float,
        max_tokens: int,
        on_text: OnText | None = None,
        cancel: Cancel | None = None,
    ) -> Completion:
        """One answer, within `timeout` seconds, retries included.

        Once `on_text` was called, nothing is retried, as a text would begin twice: it is `BrokenOff`. Raises
        `Unavailable` if it may work later, `Invalid` if the service or the model's name is wrong, `Denied`
        for a key or a budget.
        """
        ...


def estimated_tokens(text: str) -> int:
    """Rather too many than too few.

    >>> estimated_tokens("revenue by region")
    6
    """
    return -(-len(text.encode(errors="replace")) // _BYTES_PER_TOKEN)
