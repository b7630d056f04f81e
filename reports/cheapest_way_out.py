"""The cheapest way out of Jervis's worst world: what would keep two peaceful states from spiraling?

    python reports/cheapest_way_out.py

Offense leads and arms look alike (W1). Which school's remedy is the smallest that keeps the spiral
number below 1 in nine of ten worlds, and what mix of levers does it at least cost, if openness,
which gives secrets away, is twice as dear as anything else? Writes
reports/html/smallest_remedies.html and reports/html/cheapest_way_out.html.
"""

from __future__ import annotations

from pathlib import Path

import secdil_sd as sd

FOLDER = Path(__file__).parent / "html"
COSTS = {"transparency": 2.0}
YEARS = range(101)  # the spiral number peaks within decades; four centuries add nothing


def main(worlds: int = 128, budget: int = 24_000, folder: Path = FOLDER) -> None:
    """Ask both ways and write the pages."""
    case = sd.load_scenario("four_worlds").cases["W1"].replace(times=YEARS)
    remedies = sd.remedies(case, share=0.9, n=worlds)
    search = sd.search_policy(case, share=0.9, n=worlds, costs=COSTS, budget=budget)
    folder.mkdir(parents=True, exist_ok=True)
    print(remedies, search, sep="\n\n")
    print(f"Wrote {sd.report(remedies, folder / 'smallest_remedies.html')}")
    print(f"Wrote {sd.report(search, folder / 'cheapest_way_out.html')}")


if __name__ == "__main__":
    main()
