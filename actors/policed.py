"""What every lake has by its policy, where the policy's documents can be read: files, tokens, agents."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.access import token_digest
from ..core.answers import MOST_ROWS
from ..core.policy_file import given_text
from .policy_documents import applied_policy, checked_policy, shown_policy

if TYPE_CHECKING:
    from ..core.agents import NamedAgent
    from ..tiers.policies import PolicyStore


class PolicedLake(ABC):
    policies: PolicyStore

    @abstractmethod
    def databases(self) -> list[str]: ...

    @abstractmethod
    def database(
        self,
        name: str,
        *,
        principal: str | None = None,
        settings: Mapping[str, str] | None = None,
        door: str = "sdk",
    ) -> Any:
        """A `LakeDatabase` to the owner, a `GuardedDatabase` to others."""

    def agent(
        self,
        name: str,
        *,
        database: str = "main",
        tables: Sequence[str] | None = None,
        roles: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        limit: int = MOST_ROWS,
        max_query_runtime_s: float | None = None,
    ) -> NamedAgent:
        """See `core.protocols.Lakehouse`."""
        from .named_agent import open_agent

        return open_agent(
            self.database(database),
            self.policies,
            name,
            tables=tables,
            roles=roles,
            settings=settings,
            limit=limit,
            max_query_runtime_s=max_query_runtime_s,
        )

    def principal_of(self, token: str) -> str | None:
        return self.policies.current().holder(token_digest(token))

    def has_tokens(self) -> bool:
        return any(principal.token for principal in self.policies.current().principals)

    def policy_text(self) -> str:
        """The policy as a file; without tokens."""
        return shown_policy(self)

    def check_policy(self, source: str | Path) -> list[str]:
        """What a policy file, or its text, names that the lake lacks. Raises `Invalid`, `NotFound`."""
        return checked_policy(self, given_text(source))

    def apply_policy(self, source: str | Path) -> int:
        """Puts a policy file, or its text, in the place of all but tokens; the version then in force."""
        return applied_policy(self, given_text(source))
