"""Where two peaceful states spiral: ease of attack against telling arms apart (Jervis 1978).

    python reports/four_worlds_map.py

Writes reports/html/four_worlds_map.html: the peak spiral number over both, the border at 1, and
Jervis's four worlds with the Cold War on it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import secdil_sd as sd

TARGET = Path(__file__).parent / "html" / "four_worlds_map.html"


def main(steps: int = 41, target: Path = TARGET) -> None:
    """Map the four worlds and write the page."""
    found = sd.stability_map(
        sd.load_scenario("four_worlds"),
        {"offense defense balance": np.linspace(-1, 1, steps)},
        {"distinguishability": np.linspace(0, 1, steps)},
        output="peak spiral number",
        cases=["cold_war"],
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    print(found)
    print(f"Wrote {sd.report(found, target)}")


if __name__ == "__main__":
    main()
