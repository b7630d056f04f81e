"""Richardson's famous straight line, 1909-1913: what four points can say, and what they cannot.

    python reports/richardson_1909.py

Prints the line, the regression of each bloc on both, and a fit in which reaction and fatigue are
free; writes reports/html/richardson_1909.html.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import secdil_sd as sd

TARGET = Path(__file__).parent / "html" / "richardson_1909.html"
FATIGUES = (0.05, 0.2, 0.4, 0.6)


def line(total: np.ndarray) -> None:
    """Regress the yearly change of the total on its middle, as Richardson did."""
    middle, change = (total[1:] + total[:-1]) / 2, np.diff(total)
    slope, level = np.polyfit(middle, change, 1)
    fit = np.corrcoef(middle, change)[0, 1] ** 2
    print(f"The line: {slope:.4f} a year, zero at {-level / slope:.1f} million pounds,")
    print(f"R² {fit:.4f} with n = {len(change)}. The slope is reaction minus fatigue.\n")


def blocs_apart(spending) -> None:
    """Regress each bloc's change on both blocs: three coefficients on four points."""
    values = spending.to_numpy()
    middle, change = (values[1:] + values[:-1]) / 2, np.diff(values, axis=0)
    for own, name in enumerate(spending.columns):
        terms = np.column_stack([middle[:, 1 - own], -middle[:, own], np.ones(len(middle))])
        reaction, fatigue, _ = np.linalg.lstsq(terms, change[:, own], rcond=None)[0]
        print(f"{name}: reaction {reaction:.3f}, fatigue {fatigue:.3f}")
    print("Each bloc would be calmed by its rival and excited by itself: with one point to spare")
    print("such signs make no sense of an arms race. Neither can be used on its own.\n")


def one_number(total: np.ndarray, target: Path) -> None:
    """Fit the model to the sum, reaction and fatigue free, and show that only one is found."""
    case = sd.load_scenario("wwi_blocs")
    halves = case.data.assign(value=np.tile(total / 2, 2))
    names = ["reaction[*]", "grievance[*]", "initial spending[*]"]
    options = {"data": halves, "noise": "normal", "years": (1909, 1913)}
    print("fatigue, held at   reaction, fitted   difference   miss (million pounds)")
    for fatigue in FATIGUES:
        held = case.replace(params={"fatigue": fatigue})
        found = sd.fit(held, parameters=names, intervals=False, **options)
        reaction = found.values["reaction[*]"]
        print(f"{fatigue:16.2f}{reaction:19.4f}{reaction - fatigue:13.4f}{found.spread:17.3f}")
    yearly = 2 * np.tanh((reaction - fatigue) / 2)
    print(f"Taken from year to year over its middle, that rate looks like {yearly:.3f}: the line.")
    free = sd.fit(case, parameters=["fatigue[*]", *names], **options)
    print("\nWith both free: " + " ".join(free.identifiability))
    print(f"Wrote {sd.report(free.case, target)}")


def main(target: Path = TARGET) -> None:
    """Print the line, the blocs, the fit; write the page."""
    data = sd.load_scenario("wwi_blocs").data
    spending = data.pivot(index="year", columns="state", values="value")
    total = spending.sum(axis=1).to_numpy()
    target.parent.mkdir(parents=True, exist_ok=True)
    line(total)
    blocs_apart(spending)
    one_number(total, target)


if __name__ == "__main__":
    main()
