"""Durable objects of a served lake: stubs whose calls are requests, and the list of what there is."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...core.errors import Invalid
from ...core.objects import ObjectFacts, ObjectId, RemoteError, class_ref, named_id, random_id
from ...core.wire import dump
from .rows import NewIds
from .transport import Request, Transport


class HttpObjects:
    """Implements `core.protocols.Objects`."""

    def __init__(self, transport: Transport, new_ids: NewIds) -> None:
        self._transport = transport
        self._new_ids = new_ids

    def stub(self, kind: type, name: str | None = None) -> HttpStub:
        ref = class_ref(kind)
        # An id of ours is as good as one made there: 128 bits, of which 74 are chance.
        chance = bytes.fromhex(self._new_ids(1)[0].replace("-", ""))
        return self.reach(random_id(ref, lambda _: chance) if name is None else named_id(ref, name))

    def reach(self, identity: ObjectId) -> HttpStub:
        return HttpStub(identity, self._transport, self._new_ids)

    def __iter__(self) -> Iterator[ObjectFacts]:
        return iter(self.list())

    def list(self, kind: type | None = None) -> Sequence[ObjectFacts]:
        """Those of the classes that the server offers."""
        found = [
            ObjectFacts.from_dict(raw)
            for raw in self._transport.send(Request("GET", "/v1/objects"))["objects"]
        ]
        return [facts for facts in found if kind is None or facts.id.class_ref == class_ref(kind)]

    def inspect(self, which: Any) -> ObjectFacts:
        identity = _id(which)
        return ObjectFacts.from_dict(self._transport.send(Request("GET", f"{_path(identity)}/facts")))

    def export(self, which: Any, path: str | Path, bookmark: str | None = None) -> Path:
        file = Path(path)
        if file.exists():
            raise Invalid(f"{file} exists", hint="name a new file")
        request = Request("GET", _path(_id(which)), params={"bookmark": bookmark}, accept="*/*")
        with self._transport.open(request) as response:
            file.write_bytes(response.read())
        return file

    def delete(self, which: Any) -> None:
        self._transport.send(Request("DELETE", _path(_id(which)), repeatable=False))


class HttpStub:
    """An object's methods as if it were here. A stub sends nothing until one is called."""

    def __init__(self, identity: ObjectId, transport: Transport, new_ids: NewIds) -> None:
        self.id = identity
        self._transport = transport
        self._new_ids = new_ids

    def __getattr__(self, name: str) -> HttpMethod:
        if name.startswith("_"):
            raise AttributeError(f"{name!r} is not for callers")
        return HttpMethod(self, name)

    def __repr__(self) -> str:
        return f"<{self.id}>"

    def _call(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any], operation: str | None) -> Any:
        message = {
            "name": self.id.name,
            "id": self.id.hex if self.id.name is None else None,
            "method": method,
            "args": list(args),
            "kwargs": kwargs,
            # With a name of its own a call may be sent again when its reply is lost.
            "operation": operation or self._new_ids(1)[0],
        }
        reply = self._transport.send(
            Request("POST", f"/v1/objects/{_ref(self.id)}/call", content=dump(message), patience_s=None)
        )
        if reply.get("raised"):
            raise _raised(reply["raised"], self.id)
        return reply["value"]


class HttpMethod:
    def __init__(self, stub: HttpStub, name: str, operation: str | None = None) -> None:
        self._stub = stub
        self._name = name
        self._operation = operation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._stub._call(self._name, args, kwargs, self._operation)

    def once(self, operation: str) -> HttpMethod:
        """The same call under a name: if it was made before, its reply is given again."""
        return HttpMethod(self._stub, self._name, operation)


def _raised(raised: Any, identity: ObjectId) -> BaseException:
    """The error with its own type, if it is built in or defined where the object's class is."""
    module, _, name = str(raised["type"]).rpartition(":")
    home = sys.modules.get(module) if module else builtins
    kind = getattr(home, name, None) if not module or module == identity.class_ref.partition(":")[0] else None
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(*raised["args"])
        except TypeError:
            pass
    shown = ", ".join(map(str, raised["args"]))
    return RemoteError(f"{raised['type']}: {shown}", hint="the object's method raised it")


def _id(which: Any) -> ObjectId:
    if isinstance(which, ObjectId):
        return which
    if isinstance(which, HttpStub):
        return which.id
    raise Invalid(f"neither a stub nor an ObjectId: {which!r}", hint="lake.object(Cart, name)")


def _ref(identity: ObjectId) -> str:
    return quote(identity.class_ref, safe="")


def _path(identity: ObjectId) -> str:
    return f"/v1/objects/{_ref(identity)}/{identity.hex}"
