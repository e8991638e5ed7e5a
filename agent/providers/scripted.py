"""A provider that answers out of a script: for tests and demos, without a model.

A script is a list, in Python or in a YAML or JSON file. The first answer is for the question, each
further one for one more repair:

    - question: revenue by region
      answers:
        - {sql: "SELECT region, sum(amont) FROM orders GROUP BY 1", reading: revenue by region}
        - {sql: "SELECT region, sum(amount) FROM orders GROUP BY 1", reading: revenue by region}
    - question: how is the weather?
      answers: [{refuse: there is no table on weather}]
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ...core.errors import Invalid, NotFound, Unavailable, nearest
from ...core.protocols import Cancel
from .base import Completion, Message, OnText, estimated_tokens
from .prompt import question_of

_PIECE = 16
"""Letters that are handed on at once."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`question`: whatever its case and spaces; `None` for any."""

    question: str | None
    answers: tuple[str, ...]


class Scripted:
    """Implements `Provider`. It remembers nothing but `asked`, what it was asked so far, so the same question
    has the same answers each time."""

    name = "scripted"

    def __init__(self, scenes: Sequence[Scene], model: str = "script") -> None:
        self.model = model
        self.asked: list[tuple[Message, ...]] = []
        self._scenes = tuple(scenes)

    def complete(
        self,
        messages: Sequence[Message],
        *,
        timeout: float,  # noqa: ARG002
        max_tokens: int,
        on_text: OnText | None = None,
        cancel: Cancel | None = None,
    ) -> Completion:
        """Raises `NotFound` if the script has no answer."""
        if cancel is not None and cancel.cancelled:
            raise Unavailable("cancelled", hint="the question was cancelled by its caller")
        self.asked.append(tuple(messages))
        text = self._answer(messages)
        if on_text is not None:
            for at in range(0, len(text), _PIECE):
                on_text(text[at : at + _PIECE])
        used = estimated_tokens(text)
        return Completion(
            text,
            sum(estimated_tokens(message.text) for message in messages),
            used,
            "length" if used > max_tokens else "end",
        )

    def _answer(self, messages: Sequence[Message]) -> str:
        question = question_of(messages)
        repairs = sum(message.role == "assistant" for message in messages)
        for scene in self._scenes:
            if scene.question is None or _folded(scene.question) == _folded(question):
                if repairs < len(scene.answers):
                    return scene.answers[repairs]
                raise NotFound(
                    f"the script ends after {len(scene.answers)} answers to {question!r}",
                    hint="write one more",
                )
        known = [scene.question for scene in self._scenes if scene.question is not None]
        raise NotFound(f"the script has no answer to {question!r}", hint=nearest(question, known))


def read(path: str | Path) -> Scripted:
    """The script in a file. Raises `NotFound` if there is none, `Invalid` if it is no script."""
    path = Path(path)
    try:
        # JSON is YAML as well.
        return Scripted(scenes(yaml.safe_load(path.read_text())), model=path.stem)
    except FileNotFoundError:
        raise NotFound(f"no script `{path}`", hint="give the path of a YAML or JSON file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid(
            f"`{path}` is no YAML: {error}", hint="see agent/providers/scripted.py for a script"
        ) from None


def scenes(script: object) -> list[Scene]:
    """What a list says. An entry without a question answers any."""
    if not isinstance(script, list):
        raise Invalid("a script is a list", hint="write `- question: ...` and `answers: [...]`")
    return [_scene(entry) for entry in script]


def _scene(entry: object) -> Scene:
    match entry:
        case {"question": str(question), "answers": list(answers), **rest} if not rest:
            return Scene(question, tuple(map(_text, answers)))
        case {"answers": list(answers), **rest} if not rest:
            return Scene(None, tuple(map(_text, answers)))
    raise Invalid(f"not an entry of a script: {entry!r:.100}", hint="it has `question` and `answers`")


def _text(answer: Any) -> str:
    return json.dumps(answer, default=str) if isinstance(answer, Mapping) else str(answer)


def _folded(question: str) -> str:
    return " ".join(question.casefold().split())
