"""Does the Cold War show a reaction, how sure are we, and would the model have forecast it?

    python reports/cold_war_fit.py

Fits forty-one years of spending; fits them again without any reaction; fits all but the last ten
years and forecasts these. Writes reports/html/cold_war_fit.html, the report at the fitted values.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import secdil_sd as sd

TARGET = Path(__file__).parent / "html" / "cold_war_fit.html"
GROWTH = "grievance growth exponent"
MEMORY = "lognormal with memory"
"""What a year is off, the next is partly off: intervals and criteria that know it."""
ALONE = ["fatigue", "grievance share", "initial spending", "arming shock amplitude.United States"]


def best(case: sd.Scenario, **options):
    """Return the better fit of two: grievance that grows with the economy, and that does not."""
    cases = [case.replace(params={GROWTH: exponent}) for exponent in (0.0, 1.0)]
    fits = [sd.fit(each, intervals=False, noise=MEMORY, **options) for each in cases]
    return min(fits, key=lambda fit: fit.criteria["AICc"])


def forecast(case: sd.Scenario, last: int) -> dict[str, float]:
    """Return how far forecasts from a year miss what followed, root mean square of the log."""
    known = sd.fit(case, years=(int(case.times[0]), last), intervals=False)
    years = range(last + 1, int(case.times[-1]))
    model = known.predict(years=years).pivot(index="year", columns="state", values="value")
    data = case.data[case.data["variable"] == "spending"]
    logs = np.log(data.pivot(index="year", columns="state", values="value"))
    past, future = logs.loc[:last], logs.loc[last + 1 :]
    ahead = np.arange(1, len(future) + 1)[:, None]
    drift = (past.iloc[-1] - past.iloc[0]).to_numpy() / (len(past) - 1)
    guesses = {
        "model": np.log(model),
        "last year repeated": future * 0 + past.iloc[-1],
        "last year and drift": future * 0 + past.iloc[-1] + ahead * drift,
    }
    return {n: float(np.sqrt(((g - future) ** 2).to_numpy().mean())) for n, g in guesses.items()}


def main(target: Path = TARGET) -> None:
    """Fit, compare, forecast, say what follows; write the page."""
    case = sd.load_scenario("cold_war")
    found = sd.fit(case)
    print(found.report())
    print("\nReactions once misses may last from year to year, with 90% intervals")
    lasting = sd.fit(case, noise=MEMORY).estimates
    wanted = lasting["parameter"].str.startswith("reaction")
    print(
        lasting.loc[wanted, ["parameter", "value", "low", "high"]].round(3).to_string(index=False)
    )
    still = case.replace(params={"reaction": 0.0})
    nobody = best(still, parameters=ALONE, bounds={"grievance share": (0.0, 0.1)})
    gain = nobody.criteria["AICc"] - best(case).criteria["AICc"]
    side = "lower" if gain > 0 else "higher"
    print(f"\nAICc with reaction is {abs(gain):.1f} {side} than without.")
    missed = forecast(case, 1978)
    print("From 1978 (and told of growth and regime since), ten years are missed by", end=" ")
    print(", ".join(f"{error:.0%} ({name})" for name, error in missed.items()))
    prefers = "prefer reaction" if gain > 10 else "cannot tell reaction from routine"
    nearest = min(missed, key=missed.get)
    print(f"\nVerdict: the figures {prefers}; nearest to what followed: {nearest}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"Wrote {sd.report(found, target)}")


if __name__ == "__main__":
    main()
