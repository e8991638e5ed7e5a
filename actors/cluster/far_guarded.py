"""A database behind `ray://` as a named principal has it: each call is made, and checked, in the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...core.access import Caller
from ...core.errors import Invalid
from ...core.protocols import Cancel
from ...core.results import Result
from ..streams import LakeStream

if TYPE_CHECKING:
    from .far_compute import FarCompute

_ASKING = ("ask", "search", "explain", "head", "tables", "schema", "keys", "bookmark", "tiers", "shard_map")
_MODEL = ("model", "model_draft", "check_model", "apply_model")
_APPENDING = ("append", "append_many")
_MANAGING = ("flush", "compact", "embed", "archive", "expire", "verify", "split")
_CALLS = frozenset((*_ASKING, *_MODEL, *_APPENDING, *_MANAGING))
"""Those whose arguments and answers are values."""


class FarGuarded:
    """Implements `core.protocols.Database` but for imports: the file is on this machine."""

    def __init__(self, name: str, caller: Caller, compute: FarCompute) -> None:
        self.name = name
        self.caller = caller
        self._compute = compute

    def __getattr__(self, method: str) -> Any:
        if method not in _CALLS:
            raise AttributeError(method)

        def call(*args: Any, **kwargs: Any) -> Any:
            kwargs.pop("progress", None)
            return self._compute.database(self.name, method, *args, caller=self.caller, **kwargs)

        return call

    async def append_async(self, table: str, rows: Any, **options: Any) -> Any:
        return self.append(table, rows, **options)

    def import_file(self, path: object, table: object = None, **options: object) -> Any:  # noqa: ARG002
        raise Invalid(
            f"{path} is on this machine, not in the cluster", hint="read it here, and append its rows"
        )

    def stream(self, name: str) -> LakeStream:
        return LakeStream(self, name)

    def sql(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        cancel: Cancel | None = None,
        **limits: Any,
    ) -> Result:
        return self._compute.sql(self.name, sql, params, limits, cancel, self.caller)
