"""Questions in English over one database: what is known of it is kept a while, for each who sees it so."""

from __future__ import annotations

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
from ..agent.semantic.model import Verified, merged
from ..agent.translate import Translator
from ..core.answers import Answer, Option, Wish
from ..core.clock import Clock, from_micros, now_us
from ..core.keys import Keys
from ..core.recent import Recent
from .family.agent import question_key

if TYPE_CHECKING:
    from .family.agent import AgentDO
    from .tenancy import Documents

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


@dataclass(frozen=True, slots=True)
class Understood:
    """A translator, and the tables and last events of the database when it was made."""

    translator: Translator
    tables: tuple[str, ...]
    bookmark: str


class Questions:
    """One per database. `agent`: the object in which a conversation is kept, by its name. `bookmark`: of the
    database as it is now. `models`: what the lake has of them."""

    def __init__(
        self,
        clock: Clock,
        agent: Callable[[str], AgentDO],
        new_id: Callable[[], str],
        semantic: Documents,
        bookmark: Callable[[], str],
        models: Models | None = None,
    ) -> None:
        self._clock = clock
        self._agent = agent
        self._new_id = new_id
        self._semantic = semantic
        self._bookmark = bookmark
        self._models = models
        self._translators = Recent[Understood](clock)
        self._verified = Recent[tuple[Verified, ...]](clock)

    def ask(self, door: Known, question: str | Option, wish: Wish, conversation: str | None) -> Answer:
        """`conversation`: the name of an agent whose turns the question belongs to."""
        if conversation is None:
            return self._asked(door, question, wish, None, {}, [])
        agent = self._agent(_agent_name(conversation))
        return self.converse(door, question, wish, agent).with_conversation(conversation)

    def converse(
        self, door: Known, question: str | Option, wish: Wish, agent: AgentDO, given: Answer | None = None
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
        key = question_key(question)
        return next((v.sql for v in self._told(door) if question_key(v.question) == key), None)

    def verified(self, door: Known, may_run: Callable[[str], bool]) -> tuple[Verified, ...]:
        """What the semantic model verifies, as far as the door may run it."""

        def find_out() -> tuple[Verified, ...]:
            return tuple(verified for verified in self._told(door) if may_run(verified.sql))

        return self._verified.get((door.sight(), self._semantic.latest()), find_out)

    def _told(self, door: Known) -> tuple[Verified, ...]:
        document = self._semantic.latest()
        if document is None:
            return ()
        return usable_model(document[1], known_of(self.translator(door).schema.catalog)).verified

    def _catalog(self, door: Known) -> Catalog:
        facts = read_facts(door, door.masked())
        return build_catalog(facts, told_joins(door, facts))

    def translator(self, door: Known, *, fresh: bool = False) -> Translator:
        """Over what the door can read now, or could a short while ago; `fresh`: if anything came since."""
        key, find_out = door.sight(), lambda: self._understood(door)
        kept = self._translators.get(key, find_out)
        if fresh and (kept.bookmark != self._bookmark() or kept.tables != tuple(door.tables())):
            kept = self._translators.get(key, find_out, fresh=True)
        return kept.translator

    def _understood(self, door: Known) -> Understood:
        bookmark, tables = self._bookmark(), tuple(door.tables())
        catalog = self._catalog(door)
        if (document := self._semantic.latest()) is not None:
            catalog = merged(catalog, usable_model(document[1], known_of(catalog)))
        return Understood(Translator(catalog), tables, bookmark)


def _last_turns(agent: AgentDO) -> list[dict[str, Any]]:
    """Question, SQL and reading of its last answers."""
    return agent.provenance()[-_TOLD_TURNS:]


def _agent_name(conversation: str) -> str:
    """Of the agent that keeps a conversation; ids begin with a digit as often as not, names never do."""
    return f"c-{conversation}" if conversation[:1].isdigit() else conversation


def _last_meaning(agent: AgentDO) -> Any:
    """The meaning of the last question that had one."""
    for turn in reversed(agent.turns()):
        if turn["role"] == "agent" and turn["content"].get("query") is not None:
            return turn["content"]["query"]
    return None
