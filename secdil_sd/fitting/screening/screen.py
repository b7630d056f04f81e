"""Two verdicts on pairs of states, one by one or by the thousand: build-up and reaction."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.space import check_seed
from secdil_sd.errors import DataError, Finding, InputError, collecting
from secdil_sd.fitting.screening.buildup import ERROR, RULE, Buildup, judge_buildup
from secdil_sd.fitting.screening.chance import buildup_chance, share_as_fast, share_as_high
from secdil_sd.fitting.screening.pairs import lay_out
from secdil_sd.fitting.screening.placebos import ENOUGH, own_placebos, rivals_of
from secdil_sd.fitting.screening.reaction import judge_reaction, score_reaction
from secdil_sd.fitting.screening.reference import reference
from secdil_sd.fitting.screening.spending import Spending, read_table, spending_of
from secdil_sd.fitting.screening.windows import Window, windows_of
from secdil_sd.fitting.screening.words import reasons
from secdil_sd.provenance import fingerprint, provenance
from secdil_sd.readers.prices import deflated, read_index

if TYPE_CHECKING:
    import pandas as pd

PLACEBOS = 400
COMMON = 0.25
"""Share of re-paired states with a build-up above which a build-up says little."""
COLUMNS = (
    "state_a", "state_b", "start", "end", "n",
    "buildup", "buildup_probability", "reaction", "reaction_probability", "reasons",
    "buildup_start", "every_year", "slower_growth", "buildup_placebo_share", "growth_a", "growth_b",
    "growth_above_a", "growth_above_b", "growth_real_a", "growth_real_b",
    "reaction_above_median", "placebo_share", "answer_a", "answer_b",
)  # fmt: skip


def screen(
    data: pd.DataFrame | str | Path,
    dyads: Any = None,
    window: tuple[int, int] | None = None,
    deflator: pd.Series | Mapping[int, float] | str | Path | None = None,
    placebos: int | pd.DataFrame = PLACEBOS,
    seed: int = 1,
) -> pd.DataFrame:
    """Judge pairs of states twice: did both build up, and did each answer the other?

    *Build-up* is the rule of published lists of arms races: both sides grew by at least 8% a year
    over the same three years (Diehl 1983; Gibler, Rider and Hutchison 2005). Where the rule holds
    but prices, or the growth of the median state, account for it, the verdict is "cannot tell".

    *Reaction* is judged from statistics of both series against simulated pairs of which it is
    known (random walks, trends, Richardson's equations with and without reaction). It is
    supported if four in five of the simulated pairs that look alike do react, the verdict
    survives taking out the median state's growth, and at most 8% of placebo pairs from the same
    table score as high. Mutual growth alone is no reaction. Below 20 yearly changes: cannot tell.

    Parameters
    ----------
    data : DataFrame or path
        Columns state, year, value, as every reader gives them; or a file `read_spending` reads.
        From twelve states on the median state stands for the world.
    dyads : optional
        Pairs of names; each a pair, a pair with first and last year, or a row of a DataFrame with
        columns state_a, state_b and perhaps start and end. All pairs if left out.
    window : (first year, last year), optional
        For dyads without years of their own; else all years.
    deflator : Series, mapping of int to float or path, optional
        Price level by year; the growth at constant prices then stands beside that of the figures.
    placebos : int or DataFrame
        How many pairs of either kind to draw from the data (0: none), or a table made by
        `placebo_pairs`.
    seed : int
        Of the placebos.

    Returns
    -------
    DataFrame
        A row a dyad, in the order given:

        - state_a, state_b, start, end; n, yearly changes known on both sides
        - buildup, reaction: "supported", "not" or "cannot tell"; reasons in words
        - buildup_probability: that both grew by the rule, given errors of 5% in the figures; half
          where the mean growth of the slower side is just the rule's
        - reaction_probability: at even odds beforehand; NaN below 8 changes
        - buildup_start: where the three years shown begin; every_year: whether both grew by the
          rule in each single year; growth_*, growth_above_* (above the median state's),
          growth_real_* (at constant prices): a year, in these three years; slower_growth: the
          lesser of growth_*; buildup_placebo_share: of re-paired states in windows about as long
          whose slower side grew as fast
        - reaction_above_median: probability from growth above the median state's
        - placebo_share: of placebo pairs that score as high
        - answer_a, answer_b: t with which each answers the other; negative for the inverse

        ``attrs`` hold what made it, notes on what it rests on, and the placebo scores by kind.

    Raises
    ------
    DataError, InputError, FileError
        For mistakes in data and dyads (unknown states with the nearest names, a state paired with
        itself, doubled years, figures that are not positive, mixed units, a break in currency);
        all together. A dyad with too few figures is no mistake but a row that cannot tell.

    Examples
    --------
    >>> import pandas as pd
    >>> years = range(1900, 1910)
    >>> table = pd.DataFrame(
    ...     {"state": ["Germany"] * 10 + ["France"] * 10, "year": [*years, *years],
    ...      "value": [1.1**k for k in range(10)] + [2 * 1.1**k for k in range(10)]})
    >>> found = screen(table, [("Germany", "France")])
    >>> found["buildup"].item(), found["reaction"].item()
    ('supported', 'cannot tell')
    """
    import pandas as pd

    findings: list[Finding] = []
    _check_placebos(placebos, findings)
    with collecting(findings):
        check_seed(seed)
    table = read_table(data)
    spending = spending_of(table, findings)
    windows = windows_of(dyads, window, spending, findings) if spending else []
    if findings or spending is None:
        raise DataError(*findings)
    prices = None if deflator is None else _prices(table, deflator, spending)
    rivals = rivals_of(dyads, windows)
    drawn = PLACEBOS if isinstance(placebos, pd.DataFrame) else placebos
    made = placebos if isinstance(placebos, pd.DataFrame) else None
    if made is None:
        made = own_placebos(spending, windows, rivals, drawn, seed)
    chance = buildup_chance(spending, windows, rivals, prices, drawn, seed)
    found = _judged(spending, windows, prices, made, chance)
    passed = np.nan if chance is None else float((chance[1].verdict == "supported").mean())
    found.attrs = {
        **_record(spending, windows, seed),
        "placebos": _scores(made),
        "notes": [
            *_outside(spending, windows),
            *_notes(spending, made, deflator is not None, passed),
        ],
    }
    return found


def _judged(
    spending: Spending,
    windows: list[Window],
    prices: np.ndarray | None,
    placebos: pd.DataFrame | None,
    chance: tuple[np.ndarray, Buildup] | None,
) -> pd.DataFrame:
    import pandas as pd

    if not windows:
        return pd.DataFrame(columns=list(COLUMNS))
    pairs = lay_out(spending, windows, prices)
    built, reaction = judge_buildup(pairs), score_reaction(pairs)
    share = share_as_high(placebos, reaction.probability)
    slower = np.fmin(built.first, built.second)
    lengths = np.array([each.end - each.start for each in windows])
    start = np.array([each.start for each in windows])
    found = pd.DataFrame(
        {
            "state_a": [spending.states[each.first] for each in windows],
            "state_b": [spending.states[each.second] for each in windows],
            "start": start,
            "end": [each.end for each in windows],
            "n": reaction.changes,
            "buildup": built.verdict,
            "buildup_probability": built.probability,
            "reaction": judge_reaction(reaction, share),
            "reaction_probability": reaction.probability,
            "buildup_start": pd.array(
                np.where(built.begin < 0, pd.NA, start + built.begin), dtype="Int64"
            ),
            "every_year": built.every_year,
            "slower_growth": slower,
            "buildup_placebo_share": share_as_fast(chance, lengths, slower),
            "growth_a": built.first,
            "growth_b": built.second,
            "growth_above_a": built.first_above,
            "growth_above_b": built.second_above,
            "growth_real_a": built.first_real,
            "growth_real_b": built.second_real,
            "reaction_above_median": reaction.above,
            "placebo_share": share,
            "answer_a": reaction.first,
            "answer_b": reaction.second,
        }
    )
    found["reasons"] = [reasons(row) for row in found.to_dict("records")]
    return found[list(COLUMNS)]


def _check_placebos(placebos: Any, findings: list[Finding]) -> None:
    import pandas as pd

    if isinstance(placebos, pd.DataFrame):
        missing = [each for each in ("kind", "reaction_probability") if each not in placebos]
        if missing:
            message = f"The table of placebos has no column {' and no '.join(missing)}."
            remedy = "Give one made by placebo_pairs(data, ...)."
            raise InputError(Finding("error", message, variables=tuple(missing), remedy=remedy))
    elif isinstance(placebos, bool) or not isinstance(placebos, int) or placebos < 0:
        message = f"placebos is {placebos!r}: neither a number of pairs nor a table of them."
        findings.append(Finding("error", message, remedy="Give 0 for none."))
    elif 0 < placebos < ENOUGH:
        message = f"placebos is {placebos}: so few pairs show no share."
        findings.append(Finding("error", message, remedy=f"Give 0 for none, or {ENOUGH} or more."))


def _prices(table: pd.DataFrame, deflator: Any, spending: Spending) -> np.ndarray:
    """Return the logarithm of the price level in the table's years, NaN where unknown."""
    import pandas as pd

    if isinstance(deflator, str | Path):
        deflator = read_index(deflator)
    levels = pd.Series(deflator, dtype=float)
    years = range(spending.first_year, spending.last_year + 1)
    if not set(years) & set(levels.index):
        covered = f"{levels.index.min()}-{levels.index.max()}" if len(levels) else "no year"
        message = f"The deflator covers {covered}, the table {years[0]}-{years[-1]}."
        raise DataError(Finding("error", message, remedy="Give the price level of these years."))
    deflated(table, levels, int(levels.index.max()))  # refuses what is no money at current prices
    return np.log(levels.reindex(years).to_numpy())


def _record(spending: Spending, windows: list[Window], seed: int) -> dict[str, str]:
    return provenance(
        data=fingerprint((spending.states, spending.first_year, spending.logs)),
        source=str(spending.about.get("source", "")),
        units=str(spending.basis),
        dyads=len(windows),
        rule=f"{RULE:.0%} a year for three years, figures within {ERROR:.0%}",
        reference=fingerprint(reference()),
        seed=seed,
    )


def _scores(placebos: pd.DataFrame | None) -> dict[str, list[float]]:
    """Return the scores of placebo pairs by kind, as plain as attrs must be."""
    if placebos is None:
        return {}
    by_kind = placebos.dropna(subset="reaction_probability").groupby("kind")
    return {str(k): sorted(each["reaction_probability"].round(4)) for k, each in by_kind}


def _outside(spending: Spending, windows: list[Window]) -> list[str]:
    """Say how many windows reach beyond the table, and what was left out when it was read."""
    beyond = sum(
        each.start < spending.first_year or each.end > spending.last_year for each in windows
    )
    if not beyond:
        return []
    what = "1 window reaches" if beyond == 1 else f"{beyond:,} windows reach"
    span = f"{spending.first_year}-{spending.last_year}"
    left = " ".join(map(str, spending.about.get("dropped", ())))
    return [f"The table covers {span}: {what} beyond it. {left}".strip()]


def _notes(
    spending: Spending, placebos: pd.DataFrame | None, real: bool, chance: float
) -> list[str]:
    """Say what the verdicts rest on, and what they cannot allow for."""
    notes = []
    if chance > COMMON:
        notes.append(
            f"Of states re-paired at random in the same years, {chance:.0%} built up together too: "
            "in windows so long the rule tells little."
        )
    if spending.basis.prices == "current" and not real:
        notes.append("Figures at current prices: inflation counts as growth; give a deflator.")
    if not np.isfinite(spending.world).any():
        notes.append(
            f"The table has {len(spending.states)} states: too few for a median of the world, so "
            "shocks all states share cannot be told from build-up or reaction."
        )
    if placebos is None:
        notes.append("No placebo pairs: reaction is held against simulated worlds alone.")
    return notes
