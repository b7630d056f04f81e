"""Can democracies calm a mixed dyad? Only if autocracies give them credit for being open.

    python reports/mixed_dyads.py

Writes reports/html/mixed_dyads.html: the critical audience discount of a democracy facing an
autocracy, its distribution over draws of the model's judgement values, and the map of audience
discount against transparency.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import secdil_sd as sd

TARGET = Path(__file__).parent / "html" / "mixed_dyads.html"
JUDGEMENT = [  # what the model file marks as judgement and acts between these two
    "grievance share", "size exponent", "stock weight", "obsolescence", "balance effect",
    "posture sensitivity", "regime transparency effect", "regime binding effect",
    "worst case bias", "buildup alarm", "alarming burden", "revelation strength",
    "posture signal", "community effect", "belief delay",
]  # fmt: skip


def main(draws: int = 200, steps: int = 31, target: Path = TARGET) -> None:
    """Find the critical discount, its spread, and the map; write the page."""
    dyad = sd.load_scenario("regime_dyads").cases["dem-aut"]
    drawn = {"samples": draws, "uncertainties": JUDGEMENT}
    settled = sd.threshold(
        dyad, "audience discount", "reaction gain final", times=[0, 400], **drawn
    )
    peak = sd.threshold(
        dyad, "audience discount", "peak spiral number", times=range(0, 401, 2), **drawn
    )
    plane = sd.stability_map(
        dyad,
        {"audience discount": np.linspace(0, 1, steps)},
        {"transparency": np.linspace(0, 0.3, steps)},
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    print(settled, peak, plane, sep="\n\n")
    print(f"Wrote {sd.report([settled, peak, plane], target)}")


if __name__ == "__main__":
    main()
