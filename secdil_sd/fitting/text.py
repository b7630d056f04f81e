"""A fit as text on a terminal, in the order a reader asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secdil_sd.fitting.fit import Fit


def fit_report(found: Fit) -> str:
    """Return what was fitted to what, how well, the estimates, and what they cannot tell."""
    problem = found.problem
    observed = problem.observed
    years = f"{observed.years[0]}-{observed.years[-1]}"
    agree = int((found.starts["loss"] < found.best.loss + 1e-3).sum())
    lines = [
        f"{problem.case.title or problem.case.name}",
        f"  {len(problem.free)} numbers fitted to {problem.count} figures of "
        f"{observed.variable}, {years}, {observed.units or 'units not stated'}",
        f"  {problem.noise.kind} noise, spread {found.spread:.3g}; "
        f"{agree} of {len(found.starts)} starts end here",
        "  " + ", ".join(f"{name} {value:.1f}" for name, value in found.criteria.items()),
        "",
        f"  {'estimate':>42}  {found.level:.0%} interval",
    ]
    width = max(len(name) for name in problem.names)
    for row in found.estimates.itertuples():
        low = f"< {row.low:.4g}" if row.open_low else f"{row.low:.4g}"
        high = f"> {row.high:.4g}" if row.open_high else f"{row.high:.4g}"
        note = f"  at its {row.at_bound} bound" if row.at_bound else ""
        lines.append(f"  {row.parameter:<{width}}  {row.value:>10.4g}  {low} to {high}{note}")
    lines += ["", "What the figures cannot tell apart"]
    lines += [f"  {each}" for each in found.identifiability]
    if found.remarks:
        lines += ["", "What the residuals say"]
        lines += [f"  {each}" for each in found.remarks]
    return "\n".join(lines)
