"""Do India and Pakistan answer each other's arms? What the figures say, and how it depends on us.

    python reports/south_asia_fit.py

Fits fifty-three years of spending; then the same with other scatter, for parts of the years, and
without any reaction: an answer worth having survives that. Writes reports/html/south_asia_fit.html.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd

import secdil_sd as sd

TARGET = Path(__file__).parent / "html" / "south_asia_fit.html"
STILL = {"reaction": 0.0}
ALONE = {
    "parameters": [
        "fatigue",
        "grievance share",
        "initial spending",
        "arming shock amplitude.India",
    ],
    "bounds": {"grievance share": (0.0, 0.1)},
}
WAYS = {
    "as it stands": {},
    "as if every miss were new": {"noise": "lognormal"},
    "as shares of GDP": {"variable": "burden"},
    "without the last 12 years": {"years": (1960, 2000)},
    "without the last 25 years": {"years": (1960, 1987)},
}


def reactions(case: sd.Scenario, ways: dict) -> pd.DataFrame:
    """Return each side's reaction with its interval, a row a way of asking."""
    rows = []
    for way, options in ways.items():
        table = sd.fit(case, **options).estimates.set_index("parameter")
        for state in case.states:
            row = table.loc[f"reaction[{state}]"]
            rows.append((way, state, row["value"], row["low"], row["high"]))
    return pd.DataFrame(rows, columns=["fitted", "state", "reaction", "low", "high"])


def main(target: Path = TARGET, ways: dict = WAYS) -> None:
    """Fit, ask again in other ways, compare with nobody reacting; write the page."""
    case = sd.load_scenario("india_pakistan")
    found = sd.fit(case)
    print(found.report())
    asked = reactions(case, ways)
    print("\nReaction, asked in several ways")
    print(asked.round(3).to_string(index=False))
    sure = asked.groupby("state")["low"].min() > 0

    print("\nAICc, and what is missed of log spending, by how grievance grows")
    lowest = {True: np.inf, False: np.inf}
    for exponent, reacting in itertools.product((1, 0), (True, False)):
        changed = {"grievance growth exponent": exponent} | ({} if reacting else STILL)
        fit = sd.fit(case.replace(params=changed), intervals=False, **({} if reacting else ALONE))
        grows = ("not at all", "with the economy")[exponent]
        who = "with reaction" if reacting else "nobody reacts"
        print(f"{grows:17s} {who}  {fit.criteria['AICc']:7.1f}  {fit.spread:.0%}")
        lowest[reacting] = min(lowest[reacting], fit.criteria["AICc"])

    yes = " and ".join(state for state in sure.index if sure[state]) or "neither side"
    gain = lowest[False] - lowest[True]
    print(f"\nVerdict: reacting in every way of asking: {yes}. AICc gains {gain:.0f} by reaction;")
    print("below 10 that is no proof, and these dollars move with devaluations.")
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"Wrote {sd.report(found, target)}")


if __name__ == "__main__":
    main()
