"""Where the fitted values of the historical scenarios come from, and whether reaction earns them.

    python reports/fit_history.py [SCENARIO ...]

For each scenario: the fit of what its file leaves free, whether the file has these values, and
the same without any reaction, grievance then being free to grow as large as it likes. Seeds are
fixed, so the values come out the same.
"""

from __future__ import annotations

import sys

import numpy as np

import secdil_sd as sd

HISTORIES = ("wwi_richardson", "wwi_blocs", "cold_war", "india_pakistan", "greece_turkey")
ALONE = {"grievance share": (0.0, 0.1)}
"""Without reaction, grievance has to push as hard as everything together."""
GROWTH = "grievance growth exponent"


def miss(fit) -> str:
    """Return each state's root mean square error of the logarithm."""
    errors = fit.residuals.groupby("state")["residual"].apply(lambda r: np.sqrt((r**2).mean()))
    return ", ".join(f"{state} {errors[state]:.3f}" for state in fit.problem.observed.states)


def own_values(fit) -> str:
    """Say whether the scenario's file holds the fitted values."""
    asked = fit.problem.natural(fit.problem.own)
    off = [
        name
        for name, own, found in zip(fit.problem.names, asked, fit.values.values(), strict=True)
        if abs(own - found) > 1e-3 * max(abs(found), 1e-2)
    ]
    return f"The file differs in {', '.join(off)}." if off else "The file has these values."


def best(case: sd.Scenario, **options):
    """Return the better fit of two: grievance that grows with the economy, and that does not."""
    cases = [case]
    if GROWTH in case.params:
        cases.append(case.replace(params={GROWTH: 1 - case.params[GROWTH]}))
        options["noise"] = "lognormal with memory"
    fits = [sd.fit(each, intervals=False, **options) for each in cases]
    return min(fits, key=lambda fit: fit.criteria["AICc"])


def main(names: tuple[str, ...] = HISTORIES) -> None:
    """Fit, print, compare with nobody reacting."""
    for name in names:
        case = sd.load_scenario(name)
        found = sd.fit(case)
        print(f"\n{found.report()}\n\n{own_values(found)}")
        left = [each for each in case.file.fit.parameters if not each.startswith("reaction")]
        bounds = {name: span for name, span in ALONE.items() if name in left}
        nobody = best(case.replace(params={"reaction": 0.0}), parameters=left, bounds=bounds)
        gain = nobody.criteria["AICc"] - best(case).criteria["AICc"]
        print(f"Misses of log spending: {miss(found)}; with no reaction at all {miss(nobody)}.")
        verdict = "for" if gain > 0 else "against"
        print(f"AICc speaks {verdict} reaction, by {abs(gain):.1f}; below 10 that is no proof.")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or HISTORIES)
