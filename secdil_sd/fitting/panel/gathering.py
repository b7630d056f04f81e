"""Pairs of states made ready to be fitted together: common years, covariates, reasons to drop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from secdil_sd.errors import DataError, Finding, SecdilError
from secdil_sd.fitting.panel.members import Beliefs
from secdil_sd.fitting.panel.population import Design
from secdil_sd.fitting.panel.tables import OTHERS, Wide, resolve

if TYPE_CHECKING:
    import pandas as pd

REGIMES = ("two democracies", "democracy and autocracy", "two autocracies")
ALL = "reaction"
TRANSPARENCY = "transparency of the rival"
HALF = 0.5
"""Covariates must be known for this share of a dyad's years."""


class Pair(NamedTuple):
    """Two states and the years to look at; 0 for as many as there are."""

    first: str
    second: str
    begin: int = 0
    end: int = 0

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"{self.first} - {self.second}"

    @property
    def states(self) -> tuple[str, str]:
        """Both states."""
        return self.first, self.second


@dataclass(frozen=True, eq=False)
class Sources:
    """The tables of a panel, and how they are used.

    Parameters
    ----------
    spending : Wide
    gdp, democracy, transparency : Wide or None
    democratic : float
        Democracy from which a state counts as one.
    year_effects : {"world", "none"}
    minimum : int
        Years with figures of both states below which a dyad is not fitted.
    """

    spending: Wide
    gdp: Wide | None
    democracy: Wide | None
    transparency: Wide | None
    democratic: float
    year_effects: str
    minimum: int


@dataclass(frozen=True, eq=False)
class Gathered:
    """Dyads as arrays.

    Parameters
    ----------
    pairs : tuple of Pair
        With the years they are fitted to.
    figures : array (dyad, state, year)
        Logs in units of the state's mean, year effects taken out; each dyad begins at place 0;
        NaN where missing.
    levels, sizes : array (dyad, state)
        Log of mean spending over the rival's; of size over the rival's (NaN where unknown).
    regimes : array (dyad, 3)
        Shares of years by `REGIMES`; NaN where unknown.
    transparency : array (dyad, state)
        Of the rival; NaN where unknown.
    dropped : tuple of (label, reason)
    """

    pairs: tuple[Pair, ...]
    figures: np.ndarray
    levels: np.ndarray
    sizes: np.ndarray
    regimes: np.ndarray
    transparency: np.ndarray
    dropped: tuple[tuple[str, str], ...]

    @property
    def years(self) -> int:
        """Years of the longest dyad."""
        return int(self.figures.shape[-1])


def read_pairs(dyads: Any, known: Wide) -> tuple[Pair, ...]:
    """Return the pairs of states a user named.

    Parameters
    ----------
    dyads : str, Path, DataFrame or sequence
        "contiguous" for the bundled list of neighbours; a CSV file or table with columns
        state_a, state_b and perhaps first, last; or pairs: "IND:PAK", ("India", "Pakistan"),
        ("India", "Pakistan", 1960, 2000).
    known : Wide
        The figures, whose states the names must mean.

    Raises
    ------
    DataError
        For everything that is no pair of different known states, and pairs given twice; all
        together.
    """
    listed, strict = _listed(dyads)
    findings: list[Finding] = []
    found: dict[frozenset[str], Pair] = {}
    for each in listed:
        try:
            pair = _pair(each, known)
        except SecdilError as error:
            findings += error.findings if strict else ()
            continue
        if pair.first == pair.second:
            findings.append(Finding("error", f"{each!r} is one state twice.", "dyads"))
        elif frozenset(pair.states) in found and strict:
            findings.append(Finding("error", f"{pair.label} is given twice.", "dyads"))
        found.setdefault(frozenset(pair.states), pair)
    if not findings and not found:
        remedy = "Name some, as dyads=['IND:PAK', ('Greece', 'Turkey')], or dyads='contiguous'."
        findings.append(Finding("error", "There is no dyad to fit.", "dyads", remedy=remedy))
    if findings:
        raise DataError(*_once(findings))
    return tuple(found.values())


def gather(pairs: Sequence[Pair], sources: Sources, years: tuple[int, int] | None) -> Gathered:
    """Return pairs as arrays; those with too little to go on are dropped with the reason."""
    kept: list[Pair] = []
    rows: list[_Row] = []
    dropped = []
    for pair in pairs:
        found = _row(pair, sources, years)
        if isinstance(found, str):
            dropped.append((pair.label, found))
        else:
            kept.append(found[0])
            rows.append(found[1])
    longest = max((row.figures.shape[1] for row in rows), default=0)
    figures = np.full((len(rows), 2, longest), np.nan)
    for k, row in enumerate(rows):
        figures[k, :, : row.figures.shape[1]] = row.figures
    stack = lambda name, *shape: np.array([getattr(r, name) for r in rows]).reshape(-1, *shape)  # noqa: E731
    return Gathered(
        tuple(kept),
        figures,
        stack("levels", 2),
        stack("sizes", 2),
        stack("regimes", 3),
        stack("transparency", 2),
        tuple(dropped),
    )


class _Row(NamedTuple):
    figures: np.ndarray
    levels: np.ndarray
    sizes: np.ndarray
    regimes: np.ndarray
    transparency: np.ndarray


def _row(pair: Pair, sources: Sources, years: tuple[int, int] | None) -> tuple[Pair, _Row] | str:
    """One pair's arrays, or why there are none."""
    table = sources.spending.values.index
    begin = max(pair.begin or table[0], years[0] if years else table[0])
    end = min(pair.end or table[-1], years[1] if years else table[-1])
    span = np.arange(begin, end + 1)
    if len(span) == 0:
        return f"no figures between {begin} and {end}"
    logs = np.log(np.stack([sources.spending.of(each, span) for each in pair.states]))
    both = np.flatnonzero(np.isfinite(logs).all(axis=0))
    if len(both) < sources.minimum:
        return f"{len(both)} years with figures of both; {sources.minimum} needed"
    inside = slice(both[0], both[-1] + 1)
    span, logs = span[inside], logs[:, inside]
    if sources.year_effects == "world":
        world = sources.spending.world(span, pair.states)
        if not np.isfinite(world).all():
            year = span[np.argmin(np.isfinite(world))]
            return f"fewer than {OTHERS} other states with figures in {year}"
        logs = logs - world
    means = np.log(np.nanmean(np.exp(logs), axis=1))
    row = _Row(
        logs - means[:, None],
        np.array([means[0] - means[1], means[1] - means[0]]),
        _sizes(pair, sources, span, means),
        _regimes(pair, sources, span),
        _transparency(pair, sources, span),
    )
    return pair._replace(begin=int(span[0]), end=int(span[-1])), row


def _sizes(pair: Pair, sources: Sources, span: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Log of size over the rival's: GDP, or where nobody gave any, mean spending."""
    if sources.gdp is None:
        ratio = means[0] - means[1]
    else:
        one, two = (np.log(sources.gdp.of(each, span)) for each in pair.states)
        ratio = _mean(one - two)
    return np.array([ratio, -ratio])


def _regimes(pair: Pair, sources: Sources, span: np.ndarray) -> np.ndarray:
    """Shares of years in which the two are democracies, one is, none is."""
    if sources.democracy is None:
        return np.full(3, np.nan)
    scores = np.stack([sources.democracy.of(each, span) for each in pair.states])
    known = np.isfinite(scores).all(axis=0)
    if known.mean() < HALF:
        return np.full(3, np.nan)
    count = (scores[:, known] >= sources.democratic).sum(axis=0)
    return np.array([(count == 2).mean(), (count == 1).mean(), (count == 0).mean()])


def _transparency(pair: Pair, sources: Sources, span: np.ndarray) -> np.ndarray:
    """Mean transparency of the rival of each."""
    if sources.transparency is None:
        return np.full(2, np.nan)
    return np.array([_mean(sources.transparency.of(each, span)) for each in pair.states[::-1]])


def _mean(values: np.ndarray) -> float:
    known = np.isfinite(values)
    return float(values[known].mean()) if known.mean() >= HALF else np.nan


def terms_of(gathered: Gathered, sources: Sources) -> tuple[str, ...]:
    """What reaction is regressed on: a level for each kind of dyad there is, and transparency."""
    names: tuple[str, ...] = (ALL,)
    if sources.democracy is not None:
        there = np.nansum(gathered.regimes, axis=0) > 0
        names = tuple(name for name, some in zip(REGIMES, there, strict=True) if some)
    return (*names, TRANSPARENCY) if sources.transparency is not None else names


def usable(gathered: Gathered, sources: Sources) -> list[str]:
    """Why each dyad is left out of the regression; empty for those in it."""
    reasons = []
    for k in range(len(gathered.pairs)):
        missing = []
        if not np.isfinite(gathered.sizes[k]).all():
            missing.append("GDP")
        if sources.democracy is not None and not np.isfinite(gathered.regimes[k]).all():
            missing.append("democracy")
        if sources.transparency is not None and not np.isfinite(gathered.transparency[k]).all():
            missing.append("transparency")
        reasons.append(f"{' and '.join(missing)} unknown for half its years" if missing else "")
    return reasons


def design_of(
    gathered: Gathered, terms: Sequence[str], belief: Beliefs, chosen: np.ndarray
) -> Design:
    """Return the design of some of the dyads; transparency counts from the panel's mean."""
    columns = []
    middle = np.nanmean(gathered.transparency) if TRANSPARENCY in terms else 0.0
    for name in terms:
        if name == ALL:
            columns.append(np.ones((len(gathered.pairs), 2)))
        elif name == TRANSPARENCY:
            columns.append(gathered.transparency - middle)
        else:
            share = gathered.regimes[:, REGIMES.index(name)]
            columns.append(np.repeat(share[:, None], 2, axis=1))
    matrix = np.nan_to_num(np.stack(columns, axis=-1))  # unknown only outside the regression
    return Design(
        _first(gathered.figures)[chosen],
        gathered.levels[chosen],
        np.nan_to_num(gathered.sizes)[chosen],
        matrix[chosen],
        belief.grievance.spread,
        belief.trend.spread,
    )


def _first(figures: np.ndarray) -> np.ndarray:
    """The first figure of each state."""
    place = np.argmax(np.isfinite(figures), axis=-1)
    return np.take_along_axis(figures, place[..., None], axis=-1)[..., 0]


def _listed(dyads: Any) -> tuple[list[Any], bool]:
    """Pairs as they were given, and whether each of them must be known."""
    import pandas as pd

    if isinstance(dyads, str) and dyads == "contiguous":
        from secdil_sd import bundle

        return _rows(pd.read_csv(bundle.path("data", "contiguity.csv"))), False
    if isinstance(dyads, str) and ":" in dyads:
        return [dyads], True
    if isinstance(dyads, str | Path):
        path = Path(dyads)
        if not path.is_file():
            message = f"{dyads!r} is neither 'contiguous', a pair nor a file."
            remedy = "Write a pair as 'IND:PAK', or name a CSV file with columns state_a, state_b."
            raise DataError(Finding("error", message, "dyads", remedy=remedy))
        return _rows(pd.read_csv(path)), True
    if isinstance(dyads, pd.DataFrame):
        return _rows(dyads), True
    return (list(dyads), True) if isinstance(dyads, Iterable) else ([dyads], True)


def _rows(table: pd.DataFrame) -> list[Any]:
    missing = [each for each in ("state_a", "state_b") if each not in table.columns]
    if missing:
        message = f"The table of dyads has no column {', '.join(missing)}."
        remedy = "Give columns state_a and state_b, and perhaps first and last."
        raise DataError(Finding("error", message, "dyads", remedy=remedy))
    columns = ["state_a", "state_b"]
    if {"first", "last"} <= set(table.columns):
        columns += ["first", "last"]
    return [tuple(row) for row in table[columns].itertuples(index=False)]


def _pair(given: Any, known: Wide) -> Pair:
    parts = given.split(":") if isinstance(given, str) else given
    try:
        parts = [str(each).strip() for each in parts]
        one, two, *years = parts
        begin, end = (int(float(each)) for each in years) if years else (0, 0)
    except (TypeError, ValueError):
        message = f"{given!r} is no pair of states."
        remedy = "Write 'IND:PAK', ('India', 'Pakistan') or ('India', 'Pakistan', 1960, 2000)."
        raise DataError(Finding("error", message, "dyads", remedy=remedy)) from None
    if years and not begin < end:
        message = f"{given!r} begins after it ends."
        raise DataError(Finding("error", message, "dyads"))
    findings: list[Finding] = []
    names = []
    for each in (one, two):
        try:
            names.append(resolve(each, known))
        except SecdilError as error:
            findings += error.findings
    if findings:
        raise DataError(*findings)
    return Pair(names[0], names[1], begin, end)


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """Mistakes without repetition: a state misspelt in ten pairs is one mistake."""
    return list({str(each): each for each in findings}.values())
