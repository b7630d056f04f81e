"""A fit as text on a terminal, in the order a reader asks."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from secdil_sd.fitting import findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from secdil_sd.fitting.fit import Fit

WIDTH = 100


def fit_report(found: Fit) -> str:
    """Return what was fitted to what, how well, the estimates, and what they cannot tell."""
    problem = found.problem
    observed = problem.observed
    years = f"{observed.years[0]}-{observed.years[-1]}"
    head = (
        f"{len(problem.free)} numbers fitted to {problem.count} figures of {observed.variable}, "
        f"{years}, {observed.units or 'units not stated'}",
        f"{problem.noise.kind} noise, spread {found.spread:.3g}; {findings.agreement(found)}",
        ", ".join(f"{_plain(name)} {value:.1f}" for name, value in found.criteria.items()),
    )
    parts = [
        problem.case.title or problem.case.name,
        *_wrapped(head),
        *_wrapped((f"{findings.closeness(found)}.",)),
        "",
        *_estimates(found),
        "",
        "What the figures cannot tell apart",
        *_wrapped(found.identifiability),
    ]
    if found.remarks:
        parts += ["", "What the residuals say", *_wrapped(found.remarks)]
    return "\n".join(parts)


def _estimates(found: Fit) -> list[str]:
    """A row a number, every column under its heading."""
    rows = [("", "estimate", f"{found.level:.0%} interval", "")]
    for row in found.estimates.itertuples():
        low, high = f"{row.low:.4g}", f"{row.high:.4g}"
        span = f"{'<' if row.open_low else ' '} {low} to {'> ' if row.open_high else ''}{high}"
        note = f"at its {row.at_bound} bound" if row.at_bound else ""
        rows.append((row.parameter, f"{row.value:.4g}", span if found.profiles else "", note))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return [
        f"  {name:<{widths[0]}}  {value:>{widths[1]}}  {span:<{widths[2]}}  {note}".rstrip()
        for name, value, span, note in rows
    ]


def _wrapped(sentences: Sequence[str]) -> list[str]:
    """Sentences indented, each over as many lines as it takes."""
    return [
        line
        for each in sentences
        for line in textwrap.wrap(
            each, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    ]


def _plain(name: str) -> str:
    return name.replace("_", " ")
