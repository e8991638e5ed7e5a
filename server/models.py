"""The shapes of JSON that routes take and give, checked on the way in and shown on the OpenAPI page."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..core.answers import MOST_ROWS
from ..core.errors import Invalid

M = TypeVar("M", bound=BaseModel)


class Question(BaseModel):
    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "sql": "select product, sum(revenue) from sales where product <> ? group by all",
                    "params": ["tea"],
                    "as_of": "2026-11-01T12:00:00Z",
                }
            ]
        },
    )

    sql: str
    params: list[Any] | dict[str, Any] | None = None
    as_of: int | str | None = Field(None, description="an instant, a sequence, version:N or a bookmark")
    dialect: str | None = None
    engine: str | None = Field(None, description="duckdb, daft or auto")


class Query(Question):
    timeout: float | None = Field(None, gt=0, description="seconds")
    memory_limit: str | None = Field(None, description="such as 1GB")
    id: str | None = Field(None, max_length=64, description="by which it can be cancelled")


class Explain(Question):
    analyze: bool = False


class Search(BaseModel):
    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"query": "broken handle", "table": "reviews", "k": 5, "where": "stars < 3"}]
        },
    )

    query: str | list[float] = Field(description="a text, or a vector")
    table: str | None = Field(None, description="needed where there are several")
    column: str | None = Field(None, description="the vector column, needed where there are several")
    k: int = 10
    mode: str = Field("meaning", description="meaning, words or both")
    where: str | None = Field(None, description="a condition in SQL")
    params: dict[str, Any] | None = Field(None, description="of the condition, by name")
    as_of: int | str | None = Field(None, description="an instant, a sequence, version:N or a bookmark")
    tiers: list[str] | None = Field(None, description="hot, warm, cold; all if left out")
    vector: list[float] | None = Field(None, description="what the text means")
    timeout: float | None = Field(None, gt=0, description="seconds")
    id: str | None = Field(None, max_length=64, description="by which it can be cancelled")


class Answer(BaseModel):
    """`rows`: one list for each row. Integers and decimals have all digits; NaN is null."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "columns": ["product", "revenue"],
                    "types": ["VARCHAR", "DOUBLE"],
                    "rows": [["milk", 1.9]],
                    "certificate": {"fresh_to": {"shard-0": 2}, "complete": True},
                }
            ]
        }
    )

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    certificate: dict[str, Any]


class Choice(BaseModel):
    """One way to understand a question, as an answer offered it."""

    reading: str
    question: str
    query: dict[str, Any]


class Ask(BaseModel):
    """`question`: a text, or an option of an answer that asked back. `conversation`: its name; a question may
    build on the one before. `dry_run`: the SQL without its rows. `limit`: rows at most. `guess`: also
    where it is not sure."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"question": "top 10 products by revenue this quarter"}]},
    )

    question: str | Choice
    conversation: str | None = None
    dry_run: bool = False
    as_of: str | int | None = None
    limit: int = MOST_ROWS
    guess: bool = False
    timeout: float | None = None
    id: str | None = None


class ModelText(BaseModel):
    """`version` 0: nobody wrote one yet."""

    version: int
    text: str | None


class ModelVersion(BaseModel):
    """`version`: `None` if it was only checked."""

    version: int | None


class NewAgent(BaseModel):
    """What the agent is granted, if it is not yet."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [{"tables": ["orders"]}]}
    )

    tables: list[str] | None = None
    roles: list[str] = []
    max_query_runtime_s: float | None = Field(None, gt=0)


class Given(BaseModel):
    """An answer to build on, in the place of the agent's own last one."""

    model_config = ConfigDict(strict=True, extra="ignore")

    question: str
    sql: str | None = None
    query: dict[str, Any] | None = None


class AgentAsk(BaseModel):
    """`question`: a text, or an option of an answer that asked back. `limit`: rows at most."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [{"question": "analyze orders"}]}
    )

    question: str | Choice
    given: Given | None = None
    limit: int = MOST_ROWS


class Vouched(BaseModel):
    """The question is answered by this SQL from now on."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"question": "how many sales?", "sql": "select count(*) from sales"}]
        },
    )

    question: str
    sql: str


class Corrected(Vouched):
    """`was`: the SQL of the answer that was wrong."""

    was: str | None = None


class AgentName(BaseModel):
    agent: str


class Memory(BaseModel):
    """`value`: anything that JSON can say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"value": "EUR"}]})

    value: Any


class Forgotten(BaseModel):
    """False if nothing was remembered under the name."""

    forgotten: bool


class AgentEntries(BaseModel):
    """Of a log: number, question, kind, sql, reading, ranges, given, at. Of turns: number, role, content,
    at."""

    entries: list[dict[str, Any]]


class ReportLine(BaseModel):
    text: str
    sql: str


class Asked(BaseModel):
    """`confidence`: from 0 to 1. `rows` come with an answer that was run."""

    kind: str
    question: str
    sql: str | None
    reading: str
    narrative: str
    confidence: float
    assumptions: list[str]
    options: list[Choice]
    unplaced: list[str]
    nearest: list[str]
    verified: bool
    truncated: bool
    translator: str
    conversation: str | None
    as_of: str | None
    lines: list[ReportLine]
    query: dict[str, Any] | None
    columns: list[str] | None = None
    rows: list[list[Any]] | None = None
    certificate: dict[str, Any] | None = None


class Plan(BaseModel):
    plan: str


class Databases(BaseModel):
    databases: list[str]


class Host(BaseModel):
    """`turns`: calls under way; `state`: serving, spare or silent."""

    host: str
    node: str | None
    pid: int
    state: str
    shards: int
    objects: int | None
    turns: int | None


class OpenShard(BaseModel):
    """`queue`: appends that wait."""

    database: str
    shard: str
    host: str
    epoch: int | None
    seq: int
    queue: int
    hot_bytes: int


class Lag(BaseModel):
    """What waits above each watermark of a table, and the seconds for which its oldest event has."""

    database: str
    shard: str
    table: str
    warm_to: int
    flush_events: int
    flush_s: float | None
    cold_to: int
    archive_events: int
    archive_s: float | None


class Top(BaseModel):
    """`problems`: database -> why nothing can be said of it."""

    at: str
    hosts: list[Host]
    shards: list[OpenShard]
    lag: list[Lag]
    problems: dict[str, str]


class NewDatabase(BaseModel):
    """`shard_by`: tenant, hash, hour or region; `regions`: value of the key -> label of the hosts."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"shards": 4, "key": "customer", "durability": "replicated"}]},
    )

    shards: int = 1
    shard_by: str | None = None
    key: str | None = None
    regions: dict[str, str] | None = None
    durability: str = "local"
    region: str | None = None


class Shards(BaseModel):
    """Each shard takes the keys whose hash lies in `[lo, hi)`; one that was split takes no more (`live`)."""

    version: int
    by: str
    key: str | None
    durability: str
    region: str | None
    shards: list[dict[str, Any]]


class ObjectMessage(BaseModel):
    """`name` or `id` says which object; `operation` names the call, so that it happens once."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"name": "cart-7", "method": "add", "args": ["tea"]}]},
    )

    name: str | None = None
    id: str | None = None
    method: str
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    operation: str | None = None


class ObjectAnswer(BaseModel):
    """`value`: what the method returned; or `raised`: the type and the arguments of its error."""

    value: Any = None
    raised: dict[str, Any] | None = None


class ObjectShown(BaseModel):
    """`size`: bytes of its private storage; `alarms`: that are set."""

    model_config = ConfigDict(populate_by_name=True)

    kind: str = Field(alias="class")
    name: str | None
    id: str
    size: int
    seq: int
    state: str
    last_active_us: int
    alarms: int


class ObjectList(BaseModel):
    objects: list[ObjectShown]


class Tables(BaseModel):
    tables: list[str]


class Column(BaseModel):
    name: str
    type: str


class TableReference(BaseModel):
    """`columns` name rows of `table` by its columns `to`; with no `to`, no primary key is told of it."""

    columns: list[str]
    table: str
    to: list[str]


class TableKeys(BaseModel):
    primary_key: list[str]
    references: list[TableReference]


class Columns(BaseModel):
    fields: list[Column]


class Events(BaseModel):
    """Envelope fields begin with an underscore. `version`: the position of the stream's last event."""

    stream: str
    version: int
    events: list[dict[str, Any]]


class PolicyFile(BaseModel):
    """`policy`: the file in YAML."""

    policy: str


class AppliedPolicy(BaseModel):
    """`version`: of the policy now in force; `null` after a check, which has `problems`."""

    version: int | None
    problems: list[str]


class Bookmark(BaseModel):
    bookmark: str


class Health(BaseModel):
    """`writable`: whether appends are taken; `problem`: why the background work of the lake stands still."""

    status: str
    writable: bool
    problem: str | None


class Failure(BaseModel):
    kind: str
    message: str
    hint: str
    retryable: bool


class ErrorBody(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": {
                        "kind": "NotFound",
                        "message": "no table `slaes`",
                        "hint": "did you mean `sales`?",
                        "retryable": False,
                    }
                }
            ]
        }
    )

    error: Failure


def checked(model: type[M], value: object) -> M:
    """`value` as the model. Raises `Invalid` with the member that is wrong."""
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"][:1]) or "the body"
        known = ", ".join(model.model_fields)
        raise Invalid(f"`{where}`: {first['msg']}", hint=f"members: {known}; see GET /docs") from None
