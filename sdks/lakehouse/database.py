"""One tenant of a served lake: each call is one request."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pyarrow as pa

from ...core.answers import MOST_ROWS, Answer, Option
from ...core.arrow_wire import ARROW
from ...core.asof import Now, parse_as_of
from ...core.errors import Invalid, NotFound, Unavailable
from ...core.ids import check_name
from ...core.keys import Keys
from ...core.protocols import Cancel, Progress, Rows
from ...core.results import Appended, Imported, Moved, Report, Result
from ...core.sharding import ShardMap
from ...core.sqlite_files import MAGIC, check_settled
from ...core.types import parse_type
from ...core.wire import dump
from .answers import LINES, follow, read_answer
from .rows import NewIds, body_of
from .transport import Content, Request, Transport, segment

_PIECE = 1 << 20
_SLACK_S = 10.0
"""How much longer than a query's own time-out its answer may take to begin."""


class HttpDatabase:
    """Implements `core.protocols.Database`."""

    def __init__(self, name: str, transport: Transport, new_ids: NewIds) -> None:
        self.name = name
        self._transport = transport
        self._new_ids = new_ids
        self._root = f"/v1/{quote(name)}"

    # -- writing ----------------------------------------------------------------------------------

    def append(
        self,
        table: str,
        rows: Rows,
        *,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Appended:
        return Appended(
            **self._transport.send(self._append_request(table, rows, stream, expected_version, event_time))
        )

    async def append_async(
        self,
        table: str,
        rows: Rows,
        *,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Appended:
        request = self._append_request(table, rows, stream, expected_version, event_time)
        return Appended(**await self._transport.send_async(request))

    def append_many(self, batches: Mapping[str, Rows]) -> dict[str, Appended]:
        parts = []
        for table, rows in batches.items():
            body = body_of(rows, self._new_ids)
            content = (
                dump({"arrow": base64.b64encode(body.content).decode()})
                if body.content_type == ARROW
                else body.content
            )
            parts.append(dump(table) + b":" + content)
        reply = self._post("append", b"{" + b",".join(parts) + b"}")
        return {table: Appended(**appended) for table, appended in reply.items()}

    def import_file(
        self,
        path: str | Path,
        table: str | Sequence[str] | None = None,
        *,
        event_time: str | None = None,
        id: str | None = None,
        on_error: str = "stop",
        progress: Progress | None = None,
    ) -> Imported:
        """The file is read here and sent; its quarantined lines, if any, come back to lie beside it."""
        file = Path(path)
        if not file.is_file():
            raise NotFound(f"no file {file}", hint="check the path")
        _check_complete(file)
        options = {"filename": file.name, "event_time": event_time, "id": id, "on_error": on_error}
        one = isinstance(table, str)
        request = Request(
            "POST",
            f"{self._root}/import/{segment(str(table))}" if one else f"{self._root}/import",
            params=options if one else {**options, "table": None if table is None else list(table)},
            content=_pieces(file, progress),
            content_type="application/octet-stream",
            accept=LINES,
            repeatable=False,
            patience_s=self._transport.timeout,
        )
        return Imported.from_dict(follow(self._transport, request, progress))

    # -- reading ----------------------------------------------------------------------------------

    def sql(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        timeout: float | None = None,
        memory_limit: str | None = None,
        cancel: Cancel | None = None,
        stream: bool = False,
        engine: str | None = None,
    ) -> Result:
        question = _question(sql, params, as_of, dialect) | {"engine": engine, "memory_limit": memory_limit}
        return self._asked("sql", question, timeout, cancel, stream=stream, repeatable=_only_reads(sql))

    def search(
        self,
        query: str | Sequence[float],
        *,
        table: str | None = None,
        column: str | None = None,
        k: int = 10,
        mode: Literal["meaning", "words", "both"] = "meaning",
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        as_of: object = None,
        tiers: Sequence[str] | None = None,
        vector: Sequence[float] | None = None,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Result:
        question = {
            "query": query if isinstance(query, str) else _numbers(query),
            "table": table,
            "column": column,
            "k": k,
            "mode": mode,
            "where": where,
            "params": params,
            "as_of": _point(as_of),
            "tiers": None if tiers is None else list(tiers),
            "vector": None if vector is None else _numbers(vector),
        }
        return self._asked("search", question, timeout, cancel, stream=False, repeatable=True)

    def ask(
        self,
        question: str | Option,
        *,
        conversation: str | None = None,
        dry_run: bool = False,
        as_of: object = None,
        limit: int = MOST_ROWS,
        guess: bool = False,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Answer:
        """A question in English: an answer with its rows and SQL, a question back, or a refusal."""
        (query_id,) = self._new_ids(1)
        body = {
            "question": question.to_dict() if isinstance(question, Option) else question,
            "conversation": conversation,
            "dry_run": dry_run,
            "as_of": _point(as_of),
            "limit": limit,
            "guess": guess,
            "timeout": timeout,
            "id": query_id,
        }

        def stop() -> None:
            self._cancel(query_id)

        if cancel is not None:
            cancel.watch(stop)
        try:
            patience_s = None if timeout is None else timeout + _SLACK_S
            return Answer.from_wire(self._post("ask", dump(body), patience_s=patience_s))
        finally:
            if cancel is not None:
                cancel.unwatch(stop)

    def model(self) -> tuple[int, str] | None:
        found = self._get("model")
        return None if found["text"] is None else (int(found["version"]), str(found["text"]))

    def model_draft(self) -> str:
        return str(self._get("model", draft="true")["text"])

    def check_model(self, text: str) -> None:
        self._transport.send(self._model_request(text, check=True))

    def apply_model(self, text: str) -> int:
        return int(self._transport.send(self._model_request(text, check=False))["version"])

    def _model_request(self, text: str, *, check: bool) -> Request:
        return Request(
            "PUT",
            f"{self._root}/model",
            params={"check": str(check).lower()},
            content=text.encode(),
            content_type="application/yaml",
            repeatable=check,
        )

    def _asked(
        self,
        route: str,
        question: Mapping[str, Any],
        timeout: float | None,
        cancel: Cancel | None,
        *,
        stream: bool,
        repeatable: bool,
    ) -> Result:
        (query_id,) = self._new_ids(1)
        request = Request(
            "POST",
            f"{self._root}/{route}",
            content=dump({**question, "timeout": timeout, "id": query_id}),
            accept=ARROW,
            repeatable=repeatable,
            patience_s=None if timeout is None else timeout + _SLACK_S,
        )
        if cancel is None:
            return read_answer(self._transport, request, stream=stream, done=_nothing)

        def stop() -> None:
            self._cancel(query_id)

        cancel.watch(stop)
        return read_answer(self._transport, request, stream=stream, done=lambda: cancel.unwatch(stop))

    def explain(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        analyze: bool = False,
        engine: str | None = None,
    ) -> str:
        question = _question(sql, params, as_of, dialect) | {"analyze": analyze, "engine": engine}
        return str(self._post("explain", dump(question), patience_s=None)["plan"])

    def stream(self, name: str) -> HttpStream:
        return HttpStream(name, f"{self._root}/streams/{segment(name)}", self._transport)

    def tables(self) -> list[str]:
        names: list[str] = self._get("tables")["tables"]
        return names

    def schema(self, table: str, *, as_of: object = None) -> pa.Schema:
        reply = self._get(f"tables/{segment(table)}/schema", as_of=_point(as_of))
        return pa.schema([pa.field(field["name"], parse_type(field["type"])) for field in reply["fields"]])

    def keys(self, table: str) -> Keys:
        return Keys.from_dict(self._get(f"tables/{segment(table)}/keys"))

    def tiers(self, table: str | None = None) -> Result:
        request = Request("GET", f"{self._root}/tiers", params={"table": table}, accept=ARROW)
        return read_answer(self._transport, request, stream=False, done=_nothing)

    def bookmark(self) -> str:
        return str(self._get("bookmark")["bookmark"])

    # -- shards -----------------------------------------------------------------------------------

    def shard_map(self) -> ShardMap:
        return ShardMap.from_dict(self._get("shards"))

    def split(self, shard: str) -> ShardMap:
        return ShardMap.from_dict(
            self._post(f"shards/{segment(shard)}/split", b"", repeatable=False, patience_s=None)
        )

    # -- tiers ------------------------------------------------------------------------------------

    def flush(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved:
        return Moved(**self._work("flush", progress, table=table, up_to=up_to))

    def compact(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return Moved(**self._work("compact", progress, table=table))

    def embed(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return Moved(**self._work("embed", progress, table=table))

    def archive(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved:
        return Moved(**self._work("archive", progress, table=table, up_to=up_to))

    def expire(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return Moved(**self._work("expire", progress, table=table))

    def verify(self, *, progress: Progress | None = None) -> Report:
        return Report(**self._work("verify", progress))

    # -- requests ---------------------------------------------------------------------------------

    def _append_request(
        self,
        table: str,
        rows: Rows,
        stream: str | None,
        expected_version: int | None,
        event_time: str | None,
    ) -> Request:
        check_name("table", table)
        body = body_of(rows, self._new_ids)
        return Request(
            "POST",
            f"{self._root}/tables/{table}/append",
            params={"stream": stream, "expected_version": expected_version, "event_time": event_time},
            content=body.content,
            content_type=body.content_type,
            patience_s=self._transport.timeout,
        )

    def _get(self, path: str, **params: Any) -> Any:
        return self._transport.send(
            Request("GET", f"{self._root}/{path}", params=params, patience_s=self._transport.timeout)
        )

    def _post(self, path: str, content: bytes, **options: Any) -> Any:
        options = {"patience_s": self._transport.timeout} | options
        return self._transport.send(Request("POST", f"{self._root}/{path}", content=content, **options))

    def _work(self, step: str, progress: Progress | None, **params: Any) -> Any:
        request = Request(
            "POST",
            f"{self._root}/{step}",
            params=params,
            accept=LINES,
            repeatable=False,
            patience_s=self._transport.timeout,
        )
        return follow(self._transport, request, progress)

    def _cancel(self, query_id: str) -> None:
        try:
            self._post(f"sql/{query_id}/cancel", b"")
        except Unavailable:
            return  # The query meets the same server, and says so itself.


class HttpStream:
    """Implements `core.protocols.Stream`."""

    def __init__(self, name: str, path: str, transport: Transport) -> None:
        self.name = name
        self._path = path
        self._transport = transport

    @property
    def version(self) -> int:
        return int(self._read(limit=0)["version"])

    def read(
        self, *, after: int = 0, limit: int | None = None, backwards: bool = False
    ) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self._read(after=after, limit=limit, backwards=backwards)["events"]
        return events

    def _read(self, **params: Any) -> Any:
        return self._transport.send(
            Request("GET", self._path, params=params, patience_s=self._transport.timeout)
        )


def _question(sql: str, params: object, as_of: object, dialect: str | None) -> dict[str, Any]:
    if params is not None and (isinstance(params, str | bytes) or not isinstance(params, Sequence | Mapping)):
        raise Invalid(
            f"parameters are a list or a dict, not {type(params).__name__}", hint="write params=[...]"
        )
    return {"sql": sql, "params": params, "as_of": _point(as_of), "dialect": dialect}


def _numbers(vector: Sequence[float]) -> list[float]:
    """Raises `Invalid` for what is no list of numbers."""
    try:
        return [float(number) for number in vector]
    except (TypeError, ValueError):
        raise Invalid("not a vector to search with", hint="give a text, or a list of numbers") from None


def _point(as_of: object) -> str | None:
    point = parse_as_of(as_of)
    return None if isinstance(point, Now) else str(point)


def _only_reads(sql: str) -> bool:
    """Whether it certainly does not write: such a query can be asked again."""
    return sql.lstrip("( \t\r\n").partition(" ")[0].strip().lower() in ("select", "from", "values")


def _check_complete(file: Path) -> None:
    """What lies beside a SQLite file is not sent."""
    with file.open("rb") as opened:
        if opened.read(len(MAGIC)) == MAGIC:
            check_settled(file)


def _pieces(file: Path, progress: Progress | None) -> Content:
    total = file.stat().st_size

    def read() -> Iterable[bytes]:
        sent = 0
        with file.open("rb") as opened:
            while piece := opened.read(_PIECE):
                yield piece
                sent += len(piece)
                if progress is not None:
                    progress("upload", sent, total)

    return read


def _nothing() -> None:
    pass
