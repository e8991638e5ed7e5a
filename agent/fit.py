"""Fits the ranker's weights: candidates of a question compete, the right ones should win.

The loss is the negative logarithm of the probability of the right candidates, with a pull towards zero.
Only numpy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Example = tuple[Mapping[str, float], bool]
Floats = NDArray[np.float64]


def fit(
    questions: Sequence[Sequence[Example]],
    prior: Mapping[str, float] | None = None,
    *,
    pull: float = 0.025,
    rounds: int = 300,
    rare: int = 4,
) -> dict[str, float]:
    """Weights by feature name; questions without a right candidate, or without a wrong one, teach nothing.

    The pull is towards `prior`, zero where it says nothing; what the questions never show keeps its prior.
    """
    prior = prior or {}
    useful = [q for q in questions if any(right for _, right in q) and not all(right for _, right in q)]
    counts = Counter(name for q in useful for name in {name for features, _ in q for name in features})
    names = sorted(name for name, count in counts.items() if count >= rare)
    problem = _Problem(useful, names)
    found = _descend(problem, np.array([prior.get(name, 0.0) for name in names]), pull, rounds)
    fitted = {name: round(float(weight), 3) for name, weight in zip(names, found, strict=True)}
    return {name: weight for name, weight in sorted({**prior, **fitted}.items()) if abs(weight) >= 0.005}


def fit_events(
    cases: Sequence[Example], *, pull: float = 0.1, rounds: int = 200, rare: int = 15
) -> dict[str, float]:
    """Weights of evidence for an event: logistic regression, each case by itself."""
    nothing: Mapping[str, float] = {}
    questions = [[(features, happened), (nothing, not happened)] for features, happened in cases]
    counts = Counter(name for features, _ in cases for name in features)
    names = sorted(name for name, count in counts.items() if count >= rare)
    found = _descend(_Problem(questions, names), np.zeros(len(names)), pull, rounds)
    return {n: round(float(w), 3) for n, w in zip(names, found, strict=True) if abs(w) >= 0.005}


class _Problem:
    """The candidates as one sparse matrix, with the question each belongs to."""

    def __init__(self, questions: Sequence[Sequence[Example]], names: list[str]) -> None:
        place = {name: i for i, name in enumerate(names)}
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        group: list[int] = []
        right: list[bool] = []
        for number, question in enumerate(questions):
            for features, is_right in question:
                for name, value in features.items():
                    if name in place:
                        rows.append(len(right))
                        columns.append(place[name])
                        values.append(value)
                group.append(number)
                right.append(is_right)
        self._rows, self._columns = np.array(rows), np.array(columns)
        self._values = np.array(values)
        self._group, self._right = np.array(group), np.array(right)
        self._starts = np.flatnonzero(np.diff(self._group, prepend=-1))
        self.size, self.questions = len(names), len(questions)

    def loss(self, weights: Floats) -> tuple[float, Floats]:
        """The mean loss and its gradient."""
        scores = np.bincount(self._rows, self._values * weights[self._columns], minlength=len(self._right))
        top = np.maximum.reduceat(scores, self._starts)
        mass = np.exp(scores - top[self._group])
        every = np.add.reduceat(mass, self._starts)
        good = np.add.reduceat(mass * self._right, self._starts)
        loss = float(np.mean(np.log(every) - np.log(good + 1e-300)))
        slope = mass / every[self._group] - mass * self._right / (good + 1e-300)[self._group]
        gradient = np.bincount(self._columns, self._values * slope[self._rows], minlength=self.size)
        return loss, gradient / self.questions


def _descend(problem: _Problem, centre: Floats, pull: float, rounds: int) -> Floats:
    """Limited-memory quasi-Newton descent with a backtracking step."""
    strength = pull / 100

    def value(at: Floats) -> tuple[float, Floats]:
        loss, gradient = problem.loss(at)
        off = at - centre
        return loss + strength * float(off @ off), gradient + 2 * strength * off

    weights = centre.copy()
    loss, gradient = value(weights)
    history: list[tuple[Floats, Floats]] = []
    for _ in range(rounds):
        direction = -_scaled(gradient, history)
        step = 1.0 if history else 1.0 / (1.0 + float(np.linalg.norm(gradient)))
        slope = float(gradient @ direction)
        for _ in range(30):
            following = weights + step * direction
            new_loss, new_gradient = value(following)
            if new_loss <= loss + 1e-4 * step * slope:
                break
            step *= 0.5
        else:
            break
        history = [*history[-9:], (following - weights, new_gradient - gradient)]
        done = loss - new_loss < 1e-7
        weights, loss, gradient = following, new_loss, new_gradient
        if done:
            break
    return weights


def _scaled(gradient: Floats, history: list[tuple[Floats, Floats]]) -> Floats:
    """The gradient times an estimate of the inverse Hessian."""
    q = gradient.copy()
    kept = []
    for moved, turned in reversed(history):
        curve = float(moved @ turned)
        if curve <= 1e-12:
            continue
        alpha = float(moved @ q) / curve
        q -= alpha * turned
        kept.append((moved, turned, curve, alpha))
    if kept:
        moved, turned, curve, _ = kept[0]
        q *= curve / float(turned @ turned)
    for moved, turned, curve, alpha in reversed(kept):
        q += moved * (alpha - float(turned @ q) / curve)
    return q
