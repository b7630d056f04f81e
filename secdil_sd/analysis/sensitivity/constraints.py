"""Constraints a design of independent parameters leaves: how much of it, what would help."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.analysis.sensitivity.designs import ends
from secdil_sd.analysis.space import Space
from secdil_sd.names import spelling, split_selector

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.companion import Constraint

GENTLE = "use pawn, delta, rbd_fast or hdmr"


def left_shares(box: Space, samples: pd.DataFrame) -> dict[str, float]:
    """Return for each constraint that rows of a design break which share of them does."""
    shares = {
        rule.text: 1 - float(replace(box, constraints=(rule,)).accepts(samples).mean())
        for rule in box.binding
    }
    return {text: share for text, share in shares.items() if share > 0}


def touched(box: Space, text: str) -> set[str]:
    """Return the selectors of the parameters a constraint names."""
    rule = next(each for each in box.binding if each.text == text)
    named = {spelling(split_selector(name)[0]) for _, name in rule.terms}
    return {each.selector for each in box.parameters if spelling(each.name) in named}


def narrowing(box: Space, rule: Constraint) -> str:
    """Say to what one parameter would have to be narrowed for the rest to keep a constraint.

    Returns "" where narrowing a single one does not help, or it names arrays.
    """
    named = {spelling(name) for _, name in rule.terms}
    drawn = [each for each in box.parameters if spelling(each.name) in named]
    spans = {spelling(each.name): ends(box, each.selector) for each in drawn}
    for name, value in box.case.values.constants.items():
        if spelling(name) in named and np.ndim(value) == 0:
            spans.setdefault(spelling(name), (float(value), float(value)))
    terms = [(factor, name, spans.get(spelling(name))) for factor, name in rule.terms]
    if any(span is None for _, _, span in terms):
        return ""
    least = [min(factor * each for each in span) for factor, _, span in terms if span]
    for k, (factor, name, span) in enumerate(terms):
        rest = rule.constant + sum(least) - least[k]
        bound = -rest / factor
        if span and span[0] < bound < span[1]:
            side = "at least" if factor > 0 else "at most"
            return f"narrow {name!r} to {side} {bound:.3g}, or "
    return ""
