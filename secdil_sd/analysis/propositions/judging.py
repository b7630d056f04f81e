"""From true or false in many worlds to a share with its interval, and to what decides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.95
EVERYWHERE, MOSTLY, HALF, RARELY = 0.95, 0.75, 0.5, 0.05
"""Borders of the verdicts, as shares of the worlds."""
WIDEST = 0.3
"""An interval wider than this says too little for a verdict."""
MOST_FAILED = 0.1
"""With a larger share of failed members the rest may not stand for the whole."""
LEAST_DISTANCE = 0.1
MOST_NAMED = 3


@dataclass(frozen=True)
class Share:
    """In how many worlds something holds.

    Parameters
    ----------
    value, conf_low, conf_high : float
        The share and its 95% interval; NaN where no world could be judged.
    n : int
        Worlds judged.
    failed, outside : int
        Worlds whose runs failed, and worlds the claim does not speak of: neither is counted.
    """

    value: float
    conf_low: float
    conf_high: float
    n: int
    failed: int
    outside: int

    @property
    def verdict(self) -> str:
        """The share in words; "cannot tell" where it is too uncertain for any."""
        judged = self.n + self.failed
        if not self.n or self.conf_high - self.conf_low > WIDEST:
            return "cannot tell"
        if self.failed > MOST_FAILED * judged:
            return "cannot tell"
        if self.value == 1 and self.conf_low >= EVERYWHERE:
            return "holds everywhere"
        if self.value >= MOSTLY:
            return "holds mostly"
        return "fails" if self.value <= RARELY else "holds sometimes"


def share(holds: np.ndarray, ok: np.ndarray) -> Share:
    """Return in which share of the worlds something holds, with Wilson's interval.

    Parameters
    ----------
    holds : array (world,)
        1, 0, or NaN where a world lies outside the claim.
    ok : array (world,) of bool
        False where a run failed.

    Notes
    -----
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22.

    Examples
    --------
    >>> found = share(np.array([1.0, 1.0, 0.0, np.nan]), np.ones(4, dtype=bool))
    >>> found.n, found.outside, round(found.value, 2), round(found.conf_low, 2)
    (3, 1, 0.67, 0.21)
    """
    judged = ok & ~np.isnan(holds)
    n = int(judged.sum())
    low, high = wilson(int(holds[judged].sum()), n)
    return Share(
        float(holds[judged].mean()) if n else float("nan"),
        low,
        high,
        n,
        int((~ok).sum()),
        int((ok & np.isnan(holds)).sum()),
    )


def wilson(count: int, n: int) -> tuple[float, float]:
    """Return the 95% interval of a share of ``count`` in ``n``.

    >>> tuple(round(each, 3) for each in wilson(8, 10))
    (0.49, 0.943)
    """
    if not n:
        return float("nan"), float("nan")
    from scipy.stats import binomtest

    found = binomtest(count, n).proportion_ci(CONFIDENCE, "wilson")
    return float(found.low), float(found.high)


def deciding(draws: pd.DataFrame, holds: np.ndarray) -> pd.DataFrame:
    """Return the parameters whose values differ most between where a claim holds and where not.

    The measure is the largest distance between the two cumulative distributions (Kolmogorov and
    Smirnov; the given-data idea of PAWN, Pianosi and Wagener 2015, for an outcome of two
    values), which also says where the two part best. A parameter must pass a test at 1% over
    all parameters together, and differ by .1 at least.

    Parameters
    ----------
    draws : DataFrame
        A row a world, a column a parameter.
    holds : array (world,)
        1, 0, or NaN where not judged.

    Returns
    -------
    DataFrame
        At most three rows, the strongest first: ``parameter``, ``distance`` (0 to 1),
        ``threshold`` where the two part, ``share_below`` and ``share_above`` it.

    Examples
    --------
    >>> import pandas as pd
    >>> x = np.linspace(0, 1, 101)
    >>> deciding(pd.DataFrame({"x": x}), (x >= 0.4).astype(float))["share_above"].tolist()
    [1.0]
    """
    import pandas as pd
    from scipy.stats import ks_2samp

    columns = ["parameter", "distance", "threshold", "share_below", "share_above"]
    judged = ~np.isnan(holds)
    yes = holds[judged] == 1
    rows = []
    if yes.any() and not yes.all():
        for name in draws:
            values = draws[name].to_numpy()[judged]
            if values.min() == values.max():
                continue
            test = ks_2samp(values[yes], values[~yes], method="asymp")
            if test.pvalue * draws.shape[1] > 0.01 or test.statistic < LEAST_DISTANCE:
                continue
            below = values <= test.statistic_location
            border = _between(values, float(test.statistic_location))
            shares = float(yes[below].mean()), float(yes[~below].mean())
            rows.append((str(name), float(test.statistic), border, *shares))
    rows.sort(key=lambda row: -row[1])
    return pd.DataFrame(rows[:MOST_NAMED], columns=columns)


def in_words(found: Share, decides: pd.DataFrame) -> str:
    """Return a sentence on what decides a claim, from the strongest parameter."""
    if not found.n:
        return "No world could be judged."
    if found.value in (0, 1):
        return f"It {'holds' if found.value else 'fails'} in every world tried."
    if decides.empty:
        return "No single parameter decides it."
    row = decides.iloc[0]
    name, border = row["parameter"], f"{row['threshold']:.2g}"
    above = row["share_above"] > row["share_below"]
    better, worse = ("above", "below") if above else ("below", "above")
    good, bad = row[f"share_{better}"], row[f"share_{worse}"]
    there, here = percent(bad), percent(good)
    if good >= EVERYWHERE and bad <= HALF:
        return f"Holds unless {name} is {worse} {border} (there {there}, else {here})."
    if bad <= RARELY:
        lead = "Holds only where" if good >= HALF else "Hardly ever, and then where"
        return f"{lead} {name} is {better} {border} ({here} there, else {there})."
    return f"More often where {name} is {better} {border} ({here} against {there})."


def percent(value: float) -> str:
    """Return a share as text that never rounds something to nothing or to all.

    >>> percent(0.123), percent(0.9996), percent(0.0), percent(1.0)
    ('12%', 'over 99%', '0%', '100%')
    """
    if 0 < value < 0.005:
        return "under 1%"
    if 0.995 < value < 1:
        return "over 99%"
    return f"{value:.0%}"


def _between(values: np.ndarray, place: float) -> float:
    """The middle of the gap above a value, so that a border falls between two worlds."""
    above = values[values > place]
    return float((place + above.min()) / 2) if len(above) else place
