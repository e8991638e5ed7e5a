"""Questions in English over one database: what is known of it is kept a while, for each who sees it so."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from ..agent.asker import Asker, check
from ..agent.asking import ask
from ..agent.catalog import Catalog, build_catalog
from ..agent.facts import read_facts, told_joins
from ..agent.modelled import Model
from ..agent.providers.base import Provider
from ..agent.providers.budget import Budget, Ledger, within
from ..agent.semantic.document import draft, known_of, read_model, usable_model
from ..agent.semantic.model import merged
from ..agent.translate import Translator
from ..core.answers import Answer, Option, Wish
from ..core.clock import Clock, from_micros, now_us
from ..core.keys import Keys
from ..tiers.semantic_models import SemanticModels
from .family.agent import question_key

if TYPE_CHECKING:
    from .family.agent import AgentDO

KEPT = 32
"""Catalogs: one for each who sees something else."""

REMEMBERED_US = 60_000_000
"""How old a catalog may be; a word that it does not know has it read anew."""

NEVER_SOONER_US = 1_000_000


_FENCE = 24
_TOLD_TURNS = 6


@dataclass(frozen=True)
class Models:
    """The language model of a lake, what a question may cost, and what was spent."""

    provider: Provider
    budget: Budget
    ledger: Ledger

    def of(self, door: Known, fence: Callable[[], str]) -> Model:
        """As whoever asks may use it."""
        budget = within(self.budget, door.model_limits())
        return Model(self.provider, self.ledger, budget, door.asks_as(), fence)


class Known(Asker, Protocol):
    """A database as somebody has it."""

    name: str

    def tables(self) -> list[str]: ...

    def schema(self, table: str) -> pa.Schema: ...

    def keys(self, table: str) -> Keys: ...

    def masked(self) -> Collection[tuple[str, str]]:
        """(table, column) of the columns whose values are not shown."""
        ...

    def asks_as(self) -> str:
        """In whose name a model is asked."""
        ...

    def model_limits(self) -> Mapping[str, float]:
        """What may be taken of it, by the names in `core.limits`."""
        ...

    def sight(self) -> Hashable:
        """Equal for those who see the same."""
        ...


class Questions:
    """One per database. `agent`: the object in which a conversation is kept, by its name. `models`: what the
    lake has of them."""

    def __init__(
        self,
        clock: Clock,
        agent: Callable[[str], AgentDO],
        new_id: Callable[[], str],
        semantic: SemanticModels,
        models: Models | None = None,
    ) -> None:
        self._clock = clock
        self._agent = agent
        self._new_id = new_id
        self._semantic = semantic
        self._models = models
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[int, Translator]] = OrderedDict()

    def ask(self, door: Known, question: str | Option, wish: Wish, conversation: str | None) -> Answer:
        """`conversation`: the name of an agent whose turns the question belongs to."""
        if conversation is None:
            return self._asked(door, question, wish, None, {}, [])
        return self.converse(door, question, wish, self._agent(conversation)).with_conversation(conversation)

    def converse(
        self, door: Known, question: str | Option, wish: Wish, agent: Any, given: Answer | None = None
    ) -> Answer:
        """As the next turn of an agent. `given`: an answer to build on, in the place of its own last one."""
        previous = _last_meaning(agent) if given is None else given.query
        text = question.question if isinstance(question, Option) else question
        vouched = {v["question"]: v["sql"] for v in agent.verified(text)} if isinstance(text, str) else {}
        answer = self._asked(door, question, wish, previous, vouched, _last_turns(agent))
        agent.say("user", answer.question)
        agent.say("agent", {"kind": answer.kind, "sql": answer.sql, "query": answer.query})
        agent.note(
            {
                "question": answer.question,
                "kind": answer.kind,
                "sql": answer.sql,
                "reading": answer.reading,
                "ranges": None if answer.certificate is None else answer.certificate.to_dict()["tables"],
                "given": None if given is None else {"question": given.question, "sql": given.sql},
            }
        )
        return answer

    def _asked(
        self,
        door: Known,
        question: str | Option,
        wish: Wish,
        previous: Mapping[str, Any] | None,
        vouched: Mapping[str, str],
        turns: list[dict[str, Any]],
    ) -> Answer:
        return ask(
            question,
            door,
            lambda fresh: self.translator(door, fresh=fresh),
            from_micros(now_us(self._clock)),
            wish,
            previous,
            next(iter(vouched.values()), None) or self._vouched(door, question),
            None if self._models is None else self._models.of(door, self._fence),
            turns,
        )

    def _vouched(self, door: Known, question: str | Option) -> str | None:
        return self.vouched(door, question) if isinstance(question, str) else None

    def _fence(self) -> str:
        return self._new_id().replace("-", "")[-_FENCE:]

    def draft(self, door: Known) -> str:
        """A semantic model to begin with."""
        return draft(self._catalog(door))

    def check_model(self, door: Known, text: str) -> None:
        """Raises `Invalid` with everything that is wrong with a semantic model."""
        read_model(text, known_of(self._catalog(door)), lambda sql: check(door, sql))

    def vouched(self, door: Known, question: str) -> str | None:
        """The SQL that the semantic model verifies for a question."""
        document = self._semantic.latest()
        if document is None:
            return None
        key = question_key(question)
        known = known_of(self.translator(door).schema.catalog)
        found = usable_model(document[1], known).verified
        return next((v.sql for v in found if question_key(v.question) == key), None)

    def _catalog(self, door: Known) -> Catalog:
        facts = read_facts(door, door.masked())
        return build_catalog(facts, told_joins(door, facts))

    def translator(self, door: Known, *, fresh: bool = False) -> Translator:
        """Over what the door can read now, or could a short while ago."""
        key, now = door.sight(), now_us(self._clock)
        with self._lock:
            found = self._kept.get(key)
        if found is not None and now - found[0] < (NEVER_SOONER_US if fresh else REMEMBERED_US):
            return found[1]
        catalog = self._catalog(door)
        if (document := self._semantic.latest()) is not None:
            catalog = merged(catalog, usable_model(document[1], known_of(catalog)))
        translator = Translator(catalog)
        with self._lock:
            self._kept[key] = (now, translator)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return translator


def _last_turns(agent: Any) -> list[dict[str, Any]]:
    """Question, SQL and reading of its last answers."""
    found: list[dict[str, Any]] = agent.provenance()
    return found[-_TOLD_TURNS:]


def _last_meaning(agent: Any) -> Any:
    """The meaning of the last question that had one."""
    turns: list[dict[str, Any]] = agent.turns()
    for turn in reversed(turns):
        if turn["role"] == "agent" and turn["content"].get("query") is not None:
            return turn["content"]["query"]
    return None
