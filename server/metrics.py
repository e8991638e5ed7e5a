"""What the server counts. Each metric is one entry here; docs/metrics.md is made from them."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

DURATION_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class Metric:
    """`kind`: counter, gauge or histogram (in seconds)."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


REQUESTS = Metric(
    "thermocline_requests_total", "counter", "Requests answered.", ("method", "route", "status")
)
DURATION = Metric(
    "thermocline_request_seconds",
    "histogram",
    "Time from a request's head to the last byte of its answer.",
    ("route",),
)
APPENDED = Metric("thermocline_appended_rows_total", "counter", "Rows newly written.", ("database", "table"))
DUPLICATES = Metric(
    "thermocline_duplicate_rows_total",
    "counter",
    "Rows that were sent again and had been written before.",
    ("database", "table"),
)
QUERIES = Metric("thermocline_queries_total", "counter", "Queries answered or failed.", ("database",))
QUERIES_RUNNING = Metric("thermocline_queries_running", "gauge", "Queries being answered now.")
ERRORS = Metric("thermocline_errors_total", "counter", "Errors told to clients.", ("kind",))
TIER_ROWS = Metric(
    "thermocline_tier_rows",
    "gauge",
    "Rows in a tier, for the databases used since the start.",
    ("database", "table", "tier"),
)
TIER_BYTES = Metric(
    "thermocline_tier_bytes",
    "gauge",
    "Bytes in a tier, for the databases used since the start; hot ones in memory.",
    ("database", "table", "tier"),
)
STARTED = Metric("thermocline_start_time_seconds", "gauge", "When the server started, since 1970 UTC.")

METRICS = (
    REQUESTS,
    DURATION,
    APPENDED,
    DUPLICATES,
    QUERIES,
    QUERIES_RUNNING,
    ERRORS,
    TIER_ROWS,
    TIER_BYTES,
    STARTED,
)


class Metrics:
    """The values of this process, safe to change from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[Metric, dict[tuple[str, ...], float]] = {m: {} for m in METRICS}
        self._buckets: dict[tuple[str, ...], list[int]] = {}

    def add(self, metric: Metric, *labels: str, by: float = 1) -> None:
        with self._lock:
            values = self._values[metric]
            values[labels] = values.get(labels, 0) + by

    def set(self, metric: Metric, *labels: str, to: float) -> None:
        with self._lock:
            self._values[metric][labels] = to

    def clear(self, metric: Metric) -> None:
        with self._lock:
            self._values[metric].clear()

    def observe(self, *labels: str, seconds: float) -> None:
        """One duration of `DURATION`."""
        with self._lock:
            sums = self._values[DURATION]
            sums[labels] = sums.get(labels, 0) + seconds
            buckets = self._buckets.setdefault(labels, [0] * (len(DURATION_BOUNDS_S) + 1))
            buckets[bisect_left(DURATION_BOUNDS_S, seconds)] += 1

    def text(self) -> str:
        """All of them in Prometheus' text format, version 0.0.4."""
        with self._lock:
            return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        for metric in METRICS:
            yield f"# HELP {metric.name} {metric.help}"
            yield f"# TYPE {metric.name} {metric.kind}"
            for labels, value in sorted(self._values[metric].items()):
                named = list(zip(metric.labels, labels, strict=True))
                if metric.kind == "histogram":
                    yield from self._histogram(metric, named, self._buckets[labels], value)
                else:
                    yield f"{metric.name}{_braces(named)} {_number(value)}"

    def _histogram(
        self, metric: Metric, named: list[tuple[str, str]], buckets: list[int], total: float
    ) -> Iterator[str]:
        below = 0
        for bound, count in zip((*map(str, DURATION_BOUNDS_S), "+Inf"), buckets, strict=True):
            below += count
            yield f"{metric.name}_bucket{_braces([*named, ('le', bound)])} {below}"
        yield f"{metric.name}_sum{_braces(named)} {_number(total)}"
        yield f"{metric.name}_count{_braces(named)} {below}"


def reference() -> str:
    """docs/metrics.md."""
    rows = [
        f"| `{m.name}` | {m.kind} | {', '.join(f'`{label}`' for label in m.labels)} | {m.help} |"
        for m in METRICS
    ]
    return "\n".join(
        [
            "# Metrics",
            "",
            "`GET /metrics` of a served lake gives these in Prometheus' text format.",
            "",
            "| name | kind | labels | meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _braces(named: list[tuple[str, str]]) -> str:
    if not named:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in named) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


if __name__ == "__main__":
    print(reference(), end="")
