"""What a caller holds: an object's identity, and its methods as if it were here. A stub starts nothing."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from itertools import count
from typing import Any

from ...core.errors import Invalid
from ...core.objects import Dispatch, ObjectCall, ObjectId, pack
from .base import callable_names, find_class, is_callable_name
from .turn import current_turn


class Stub:
    """`order`: a name for this stub, under which its calls are numbered; needed where they may overtake."""

    def __init__(
        self, kind: type, identity: ObjectId, dispatch: Dispatch, *, message_bytes: int, order: str = ""
    ) -> None:
        self.id = identity
        self._kind = kind
        self._dispatch = dispatch
        self._message_bytes = message_bytes
        self._order = order
        self._numbers = count(1)

    def __getattr__(self, name: str) -> Method:
        if not is_callable_name(self._kind, name):
            close = difflib.get_close_matches(name, callable_names(self._kind), n=3)
            meant = f"; did you mean {' or '.join(close)}?" if close else ""
            raise AttributeError(f"{self._kind.__name__} has no method {name!r} for callers{meant}")
        return Method(self, name)

    def __repr__(self) -> str:
        return f"<{self.id}>"

    def __reduce__(self) -> tuple[Callable[..., Stub], tuple[Any, ...]]:
        return _received, (self.id, self._message_bytes)

    def _call(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any], operation: str | None = None
    ) -> Any:
        body = pack((args, kwargs), self._message_bytes, f"the call of {method}")
        chain: tuple[bytes, ...] = ()
        if (turn := current_turn()) is not None:
            if self.id.digest in turn.chain:
                raise Invalid(
                    f"{turn.id} calls {self.id}, which waits for it",
                    hint="return first, or let an alarm make the call",
                )
            chain = turn.chain
            derived = turn.next_operation()
            operation = operation or derived
            # A message is an output: nobody may learn from it what could still be lost.
            turn.before_output()
        message = ObjectCall(
            self.id, method, body, operation, chain, self._order, next(self._numbers) if self._order else 0
        )
        return self._dispatch.call(message).value()


class Method:
    """`cart.add("tea")`, or `cart.add.once("order-17")("tea")`: once, however often it is called so."""

    __slots__ = ("_name", "_operation", "_stub")

    def __init__(self, stub: Stub, name: str, operation: str | None = None) -> None:
        self._stub = stub
        self._name = name
        self._operation = operation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._stub._call(self._name, args, kwargs, self._operation)

    def once(self, operation: str) -> Method:
        """The same call under a name: if it was made before, its reply is given again and nothing is done."""
        if not isinstance(operation, str) or not 0 < len(operation) <= 500:
            raise Invalid(f"not an operation: {operation!r}", hint="a text of 1 to 500 characters")
        return Method(self._stub, self._name, operation)


def _received(identity: ObjectId, message_bytes: int) -> Stub:
    """A stub that came with a message, as the object that received it calls others."""
    turn = current_turn()
    if turn is None:
        raise Invalid(
            "a stub was sent out of the lake", hint="send its `id`, and ask the lake for the object"
        )
    return Stub(find_class(identity.class_ref), identity, turn.dispatch, message_bytes=message_bytes)
