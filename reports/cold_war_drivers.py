"""What drives the Cold War spiral: time-resolved Sobol indices of the spiral number and burden.

    python reports/cold_war_drivers.py [BASE POINTS]

Varied is what rests on judgement; what was fitted to spending or measured stays as it is. So the
shares say which unmeasured assumption to argue about, in which years. Writes
reports/html/cold_war_drivers.html and prints the five strongest assumptions of some years.
"""

from __future__ import annotations

import sys
from pathlib import Path

import secdil_sd as sd

JUDGED = [
    "transparency",
    "sensibility",
    "revisionism",
    "offense defense balance",
    "distinguishability",
    "buildup alarm",
    "worst case bias",
    "stock weight",
    "belief delay",
    "alarming burden",
]
OUTPUTS = ["spiral number", "burden"]
YEARS = (1950, 1960, 1975, 1989)


def main(n: int) -> None:
    case = sd.load_scenario("cold_war")
    result = sd.sensitivity(
        case, n=n, parameters=JUDGED, outputs=OUTPUTS, second_order=False, client=2
    )
    print(result.finding)
    for note in result.notes:
        print(note)
    totals = result.indices[
        (result.indices["index"] == "ST") & (result.indices["output"] == OUTPUTS[0])
    ]
    for year in YEARS:
        strongest = totals[totals["time"] == year].nlargest(5, "value")
        named = (f"{row.parameter} {row.value:.2f}" for row in strongest.itertuples())
        print(f"{year}: {', '.join(named)}")
    folder = Path(__file__).parent / "html"
    folder.mkdir(exist_ok=True)
    print(f"Wrote {sd.report(result, path=folder / 'cold_war_drivers.html')}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1024)
