"""Fitting makes the right candidate win, and leaves what it never saw where it was."""

from __future__ import annotations

from thermocline.agent.fit import fit, fit_events


def test_what_tells_right_from_wrong_gets_the_weight() -> None:
    question = [({"good": 1.0, "same": 1.0}, True), ({"bad": 1.0, "same": 1.0}, False)]
    weights = fit([question] * 10, {"unseen": 2.0})
    assert weights["good"] > 0 > weights["bad"]
    assert abs(weights.get("same", 0.0)) < 0.01
    assert weights["unseen"] == 2.0


def test_an_event_is_likelier_with_its_evidence() -> None:
    cases = [({"bias": 1.0, "sign": 1.0}, True)] * 30 + [({"bias": 1.0}, False)] * 30
    weights = fit_events(cases)
    assert weights["sign"] > 0 > weights["bias"]
