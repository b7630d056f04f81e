"""The verb `fit_panel`: many dyads at once, pooled as far as they are alike, beside placebos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import DataError, Finding, InputError, SecdilError
from secdil_sd.fitting.panel.estimation import Estimate, estimate
from secdil_sd.fitting.panel.gathering import (
    REGIMES,
    Gathered,
    Pair,
    Sources,
    gather,
    read_pairs,
    terms_of,
    usable,
)
from secdil_sd.fitting.panel.members import Beliefs, beliefs
from secdil_sd.fitting.panel.placebo import enough, repaired
from secdil_sd.fitting.panel.quantities import CONTRASTS, contrasts, prior_draws, quantities
from secdil_sd.fitting.panel.result import Panel
from secdil_sd.fitting.panel.rows import FEWEST, compared, contrast_rows, dyad_rows
from secdil_sd.fitting.panel.tables import (
    Wide,
    democracy_table,
    gdp_table,
    spending_table,
    transparency_table,
)
from secdil_sd.fitting.panel.verdicts import sentences
from secdil_sd.names import suggestion
from secdil_sd.provenance import provenance

if TYPE_CHECKING:
    import pandas as pd

YEAR_EFFECTS = ("world", "none")
LEAST = 3
"""Dyads below which there is nothing to pool."""
PLACEBO_DRAWS = 200


def fit_panel(
    data: Any,
    dyads: Any = "contiguous",
    *,
    years: tuple[int, int] | None = None,
    gdp: Any = None,
    democracy: Any = None,
    transparency: Any = None,
    democratic: float = 0.8,
    year_effects: str = "world",
    minimum: int = 20,
    placebos: int = 8,
    draws: int = 1000,
    seed: int = 1,
    client: Any = None,
    backend: str | None = None,
    chunk: int | None = None,
) -> Panel:
    """Fit many dyads at once by Richardson's model, with partial pooling.

    Each dyad is a member of one ensemble of the bundled model, integrated through its years and
    held against the logs of its yearly figures; nothing is differenced. Reaction of state i to
    its rival j is r_ij (Y_i/Y_j)^s, with r_ij = what its kind of dyad has in common + a part of
    the dyad + a part of the side; log fatigue is pooled, grievance is each state's own. Errors
    carry over from year to year.

    Parameters
    ----------
    data : DataFrame, str or Path
        Military spending in one price basis: columns state, year, value. All states there are:
        others than those of the dyads are the world that year effects are taken from.
    dyads : str, Path, DataFrame or sequence
        "contiguous" (the bundled neighbours), a table with columns state_a, state_b (and
        first, last), or pairs such as "IND:PAK" or ("India", "Pakistan", 1960, 2000).
    years : (int, int), optional
        First and last year to use.
    gdp : DataFrame, str or Path, optional
        Size of states; without it mean spending stands for size.
    democracy, transparency : DataFrame, str or Path, optional
        From 0 to 1, as `read_polity` and `read_vdem` give it; Polity's executive constraints
        may stand for transparency. Dyads for which one is unknown in half their years are left
        out of the regression and counted.
    democratic : float
        Democracy from which a state counts as one; 0.8 is Polity's +6.
    year_effects : {"world", "none"}
        "world": figures are divided by an index that grows by the median growth of all other
        states, so that a shock common to all does not look like reaction.
    minimum : int
        Years with figures of both below which a dyad is left out.
    placebos : int
        Panels of the same states re-paired with no rivals of theirs, fitted the same way.
    draws : int
        Of the population's posterior.
    seed : int
    client, backend, chunk
        As in `run_ensemble`; they do not change what comes out.

    Returns
    -------
    Panel

    Raises
    ------
    DataError, InputError, FileError
        For every mistake in tables, dyads and options, together; and if fewer than three dyads
        are left, with the reasons.

    Source
    ------
    Richardson (1960); Lindstrom and Bates (1990) for the fit; Gelman (2006) for the priors of
    spreads; MODEL.md 8 for why placebos.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = sd.fit_panel(sd.read_nmc("nmc.csv"), ["IND:PAK", "GRC:TUR", "ISR:SYR"])
    ... # doctest: +SKIP
    """
    sources, pairs = _checked(
        data, dyads, years, gdp, democracy, transparency, democratic, year_effects, minimum,
        placebos, draws,
    )  # fmt: skip
    options = {"client": client, "chunk": chunk, **({"backend": backend} if backend else {})}
    belief = beliefs()
    gathered = gather(pairs, sources, years)
    terms = terms_of(gathered, sources)
    why = usable(gathered, sources)
    chosen = np.flatnonzero([not each for each in why])
    _refuse_few(gathered, why, chosen)
    kept = [gathered.pairs[k] for k in chosen]
    others, picked = _placebos(kept, sources, terms, placebos, seed)
    common = (terms, belief)
    (found,) = estimate([gathered], [chosen], *common, [draws], [seed, 0], options)
    many = [PLACEBO_DRAWS] * len(others)
    beside = estimate(others, picked, *common, many, [seed, 2], options) if others else []
    return _result(gathered, sources, found, why, beside, belief, seed, years)


def _checked(
    data: Any,
    dyads: Any,
    years: Any,
    gdp: Any,
    democracy: Any,
    transparency: Any,
    democratic: float,
    year_effects: str,
    minimum: int,
    placebos: int,
    draws: int,
) -> tuple[Sources, tuple[Pair, ...]]:
    """Read what was given; all mistakes together."""
    findings = list(_options(years, democratic, year_effects, minimum, placebos, draws))
    tables: dict[str, Wide | None] = {}
    readers: dict[str, tuple[Any, Callable[[Any], Wide]]] = {
        "spending": (data, spending_table),
        "gdp": (gdp, gdp_table),
        "democracy": (democracy, democracy_table),
        "transparency": (transparency, transparency_table),
    }
    for name, (given, read) in readers.items():
        tables[name] = None
        if given is None and name != "spending":
            continue
        try:
            tables[name] = read(given)
        except SecdilError as error:
            findings += error.findings
    pairs: tuple[Pair, ...] = ()
    spending = tables["spending"]
    if spending is not None:
        try:
            pairs = read_pairs(dyads, spending)
        except SecdilError as error:
            findings += error.findings
    if findings or spending is None:
        raise DataError(*findings)
    sources = Sources(
        spending, tables["gdp"], tables["democracy"], tables["transparency"], democratic,
        year_effects, minimum,
    )  # fmt: skip
    return sources, pairs


def _options(
    years: Any, democratic: Any, year_effects: str, minimum: Any, placebos: Any, draws: Any
) -> list[Finding]:
    findings = []
    if years is not None and not (
        isinstance(years, Sequence) and len(years) == 2 and years[0] < years[1]
    ):
        remedy = "Give the first and the last year, as years=(1950, 2000)."
        findings.append(Finding("error", f"years is {years!r}.", "years", remedy=remedy))
    if year_effects not in YEAR_EFFECTS:
        hint = suggestion(str(year_effects), YEAR_EFFECTS) or "Use 'world' or 'none'."
        message = f"year_effects is {year_effects!r}."
        findings.append(Finding("error", message, "year_effects", remedy=hint))
    if not 0 < democratic < 1:
        message = f"democratic is {democratic!r}."
        remedy = "Give a level of democracy between 0 and 1."
        findings.append(Finding("error", message, "democratic", remedy=remedy))
    counts = (("minimum", minimum, 8), ("placebos", placebos, 0), ("draws", draws, 100))
    for name, value, least in counts:
        if not (isinstance(value, int | np.integer) and value >= least):
            remedy = f"Give a whole number of at least {least}."
            findings.append(Finding("error", f"{name} is {value!r}.", name, remedy=remedy))
    return findings


def _refuse_few(gathered: Gathered, why: Sequence[str], chosen: np.ndarray) -> None:
    if len(chosen) >= LEAST:
        return
    lost = [*gathered.dropped]
    lost += [(p.label, w) for p, w in zip(gathered.pairs, why, strict=True) if w]
    message = f"{len(chosen)} dyads can be used; a panel needs {LEAST}."
    findings = [Finding("error", message, "dyads", remedy="Name more, or give more years.")]
    findings += [Finding("note", f"Left out: {reason}.", label) for label, reason in lost[:8]]
    if any("other states" in reason for _, reason in lost):
        remedy = "Give the figures of all states, or year_effects='none'."
        findings.append(Finding("note", "A world median needs other states.", remedy=remedy))
    raise InputError(*findings)


def _placebos(
    pairs: Sequence[Pair], sources: Sources, terms: Sequence[str], count: int, seed: int
) -> tuple[list[Gathered], list[np.ndarray]]:
    """Re-paired panels, and their dyads in the regression.

    Those too small, or without a kind of dyad the real one has, are none.
    """
    found, picked = [], []
    for k in range(count):
        others = repaired(pairs, np.random.default_rng([seed, 1, k]))
        if not enough(others, pairs):
            continue
        gathered = gather(others, sources, None)
        chosen = np.flatnonzero([not each for each in usable(gathered, sources)])
        if len(chosen) >= LEAST and set(terms) <= set(terms_of(gathered, sources)):
            found.append(gathered)
            picked.append(chosen)
    return found, picked


def _result(
    gathered: Gathered,
    sources: Sources,
    found: Estimate,
    why: Sequence[str],
    beside: Sequence[Estimate],
    belief: Beliefs,
    seed: int,
    years: tuple[int, int] | None,
) -> Panel:
    """Put the tables, sentences and the record of a panel together."""
    real, others = found.quantities(), [each.quantities() for each in beside]
    counts = tuple(len(each.chosen) for each in beside)
    before = prior_draws(belief, found.design, np.random.default_rng([seed, 3]))
    mean = found.design.terms.mean(axis=(0, 1))
    prior = {**quantities(found.terms, *before, mean), **contrasts(found.terms, before[0])}
    claimed = [each.name for each in CONTRASTS if each.name in real]
    names = [each for each in real if each not in claimed]
    coefficients = compared(real, prior, others, names)
    shares = found.design.terms.mean(axis=1).sum(axis=0)
    weight = {
        name: float(s) for name, s in zip(found.terms, shares, strict=True) if name in REGIMES
    }
    claims = contrast_rows(compared(real, prior, others, claimed), weight)
    count = len(found.chosen)
    verdicts = sentences(
        coefficients, claims, count, len(others), belief.typical,
        sources.transparency is not None, sources.democracy is not None,
    )  # fmt: skip
    share = float(np.mean([each.seeming for each in beside])) if beside else np.nan
    table = dyad_rows(gathered, found, belief)
    return Panel(
        table, coefficients, claims, verdicts, _dropped(gathered, why),
        _reservations(found, sources, table, len(others)),
        belief.typical, len(others), share, _record(sources, found, counts, years, seed),
    )  # fmt: skip


def _dropped(gathered: Gathered, why: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    rows = [(label, "fit", reason) for label, reason in gathered.dropped]
    rows += [
        (pair.label, "regression", reason)
        for pair, reason in zip(gathered.pairs, why, strict=True)
        if reason
    ]
    return pd.DataFrame(rows, columns=["dyad", "left_out_of", "reason"])


def _reservations(
    found: Estimate, sources: Sources, table: pd.DataFrame, placebos: int
) -> tuple[str, ...]:
    """What to hold against the numbers, as far as it can be seen."""
    said = []
    if not table["settled"].all():
        count = int((~table["settled"]).sum() / 2)
        said.append(f"{count} dyads had not come to rest; their rows say so.")
    if found.population.effective < 100:
        said.append(
            f"The draws of the population are worth {found.population.effective:.0f} independent "
            "ones: intervals are rough."
        )
    if found.shared.local.persistence > 0.9:
        said.append(
            f"Errors last: {found.shared.local.persistence:.2f} of each is still there a year "
            "later. Figures wander rather than follow paths, and a panel of wanderers says little."
        )
    states = table.groupby("state")["dyad"].nunique()
    if (states > 1).any():
        said.append(
            f"{int((states > 1).sum())} states are in several dyads, whose errors are then "
            "alike; posterior intervals do not know it, placebo panels do."
        )
    if sources.gdp is None:
        said.append("Size is mean spending, for want of GDP: the size exponent is partly circular.")
    if sources.year_effects == "none":
        said.append("Years have no effects: a shock common to all looks like reaction.")
    if sources.spending.prices == "current":
        said.append("Spending is at current prices: inflation two states share is no reaction.")
    if placebos < FEWEST:
        said.append(
            f"{placebos} placebo panels stand beside this one, {FEWEST} are needed to judge by: "
            "ask for more, or name more states."
        )
    else:
        said.append(
            "Placebo panels share the years, not the region: a shock that neighbors share and "
            "others do not looks like reaction beyond placebo."
        )
    if sources.transparency is not None and sources.democracy is not None:
        said.append("Transparency and democracy go together; their effects are told apart poorly.")
    return tuple(said)


def _record(
    sources: Sources,
    found: Estimate,
    counts: tuple[int, ...],
    years: tuple[int, int] | None,
    seed: int,
) -> dict[str, str]:
    return provenance(
        model="richardson",
        dyads=len(found.chosen),
        placebo_panels=counts,
        spending=sources.spending.source,
        spending_units=sources.spending.units,
        size=sources.gdp.source if sources.gdp else "mean spending",
        democracy=sources.democracy.source if sources.democracy else "",
        transparency=sources.transparency.source if sources.transparency else "",
        democratic=sources.democratic,
        year_effects=sources.year_effects,
        minimum=sources.minimum,
        years=years,
        persistence=round(found.shared.local.persistence, 3),
        rounds=found.shared.rounds,
        effective_draws=round(found.population.effective),
        seed=seed,
    )
