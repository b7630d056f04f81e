"""The smallest remedy of each school: how much of what it would do is enough, if any amount is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.condition import Condition, condition_in_words
from secdil_sd.analysis.policy.plans import Plan, plans, respond_over_time
from secdil_sd.analysis.policy.response import Response, respond
from secdil_sd.analysis.policy.schools import read_schools
from secdil_sd.analysis.policy.wording import ASK_MORE, amount, uncertain_names
from secdil_sd.analysis.policy.worlds import (
    KEEP,
    Worlds,
    check_target,
    checked,
    draw_worlds,
    uncertain,
)
from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.shares import share_of, told, wilson
from secdil_sd.analysis.space import as_case
from secdil_sd.analysis.verbs import is_number, verb
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import Names

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

COLUMNS = (
    "remedy", "school", "verdict", "dose", "dose_low", "dose_high", "settled", "amount",
    "status_quo_share", "share", "share_low", "share_high", "best_dose", "full_share", "broken",
    "monotone",
    "failed", "levers", "note", "caveat", "source", "statement",
)  # fmt: skip
CURVE_COLUMNS = ("remedy", "dose", "share", "share_low", "share_high")

ENOUGH, UNSURE, NONE = "enough", "cannot tell", "no feasible amount"

SETTLED = 0.05
"""Half-width of a dose's interval at which it may be quoted."""

CURVE_POINTS = 41
RESAMPLING = 2
"""Which stream of a seed draws worlds again: the same draws for every remedy."""


@dataclass(frozen=True, eq=False)
class Remedies:
    """What each school would do, and how much of it keeps a condition in most worlds.

    Parameters
    ----------
    table : DataFrame
        A row a remedy, the smallest first. ``dose`` is the smallest share of the way from the
        status quo to the end of its levers that is enough (NaN if none is), with its interval
        over worlds drawn again (infinite where some draws never get there) and ``settled``;
        ``verdict`` ("enough", "cannot tell", "no feasible amount"); ``amount`` in the model's
        units; ``share`` with its interval at that dose, or the best there is, at ``best_dose``;
        ``broken``, the share of worlds that keep the condition as things are and lose it under
        the full remedy; ``monotone``, whether more never breaks what less had kept.
    curves : DataFrame
        Columns remedy, dose, share, share_low, share_high.
    skipped : DataFrame
        Remedies that cannot be tried here, and why.
    status_quo : tuple of float
        Share of worlds that keep the condition as things are, with its interval.
    keep : str
    target : float
        The share to reach.
    who : str or None
        The one state whose levers are moved.
    uncertainties : tuple of str
        What differs between worlds.
    worlds, runs : int
    provenance : mapping of str to str
    """

    table: pd.DataFrame = field(repr=False)
    curves: pd.DataFrame = field(repr=False)
    skipped: pd.DataFrame = field(repr=False)
    status_quo: tuple[float, float, float]
    keep: str
    target: float
    who: str | None
    uncertainties: tuple[str, ...]
    worlds: int
    runs: int
    provenance: Mapping[str, str] = field(repr=False, default_factory=dict)

    @property
    def finding(self) -> str:
        """The headline."""
        alone = f" by {self.who} alone" if self.who else ""
        asked = condition_in_words(self.keep)
        if self.status_quo[0] >= self.target:
            return (
                f"Nothing need be done: {condition_in_words(self.keep, 'is')} in "
                f"{self.status_quo[0]:.0%} of {self.worlds} worlds as things are"
            )
        enough = self.table[self.table["verdict"] == ENOUGH]
        if enough.empty:
            best = self.table.loc[self.table["share"].idxmax()]
            return (
                f"No school's remedy{alone} keeps {asked} in {self.target:.0%} of worlds; "
                f"{best['remedy']} comes closest with {best['share']:.0%}"
            )
        first = enough.iloc[0]
        return (
            f"The smallest remedy{alone} is {first['remedy']} ({first['school']}): "
            f"{first['dose']:.0%} of the way keeps {asked} in {self.target:.0%} of worlds, "
            f"against {self.status_quo[0]:.0%} as things are"
        )

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table of remedies."""
        return self.table.copy()

    def save(self, path: str | Path) -> Path:
        """Write it: .csv and .parquet the table, .json everything."""
        record = {
            "finding": self.finding, "keep": self.keep, "target": self.target,
            "status_quo": list(self.status_quo), "uncertainties": list(self.uncertainties),
            "worlds": self.worlds, "runs": self.runs, "provenance": dict(self.provenance),
        }  # fmt: skip
        tables = {"remedies": self.table, "curves": self.curves, "skipped": self.skipped}
        return save_result(path, tables, record)

    def __str__(self) -> str:
        lines = [
            f"{self.finding}.",
            "",
            f"As things are, {condition_in_words(self.keep, 'is')} in {told(self.status_quo)} of "
            f"{self.worlds} worlds.",
            f"Worlds differ in {uncertain_names(self.uncertainties)}.",
            "A dose is the share of the way from the status quo to the end of the levers' range;",
            "ranges are judgement, so doses of different schools compare only roughly.",
            *([ASK_MORE] if self.status_quo[0] >= self.target else []),
            "",
        ]
        for place, row in enumerate(self.table.to_dict("records"), start=1):
            lines += _line(place, row)
        lines += [f"Left out: {each.remedy} ({each.reason})" for each in self.skipped.itertuples()]
        return "\n".join(lines)


@verb
def remedies(
    subject: Scenario | Model,
    share: float = 0.9,
    keep: str = KEEP,
    n: int = 256,
    seed: int = 1,
    uncertainties: Sequence[str] | Mapping[str, Any] | None = None,
    who: str | None = None,
    schools: str | Path | Sequence[str] | None = None,
    tolerance: float = 0.01,
    times: Any = None,
    **options: Any,
) -> Remedies:
    """Find the smallest remedy of each school that keeps a condition in most worlds.

    All remedies face the same worlds. Along each, levers move together from the status quo
    (dose 0) to the end of their range (dose 1), from the first year on; each world's turning
    point is located by bisection, so the smallest dose is a quantile of turning points.

    Parameters
    ----------
    subject : Scenario or Model
    share : float
        Share of worlds to reach, above 0 and at most 1.
    keep : str
        A condition, as "peak spiral number < 1 and burden final < 0.05".
    n : int
        Worlds.
    seed : int
    uncertainties : sequence of str, or mapping of str to range, optional
        What differs between worlds; empty for none. Default: what rests on judgement in the
        scenario, apart from what a policy moves. What a fit leaves open, the scenario's draws,
        differs as well. A lever that differs between worlds is moved from where each world has
        it.
    who : str, optional
        A state: only its levers are moved. What belongs to no single state cannot be.
    schools : sequence of str, or path, optional
        Names of the schools to ask ("Jervis", "Glaser"), or a table of remedies (.toml) in place
        of the bundled one. Default: all.
    tolerance : float
        How closely doses are located.
    times : sequence of float, optional
        Output times; default one a year, thinned evenly to 101.
    **options
        As `Model.run_ensemble`: backend, client.

    Returns
    -------
    Remedies

    Raises
    ------
    InputError
        All mistakes together; if the model has none of the levers.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = remedies(sd.load_model("security_dilemma"), uncertainties=[], tolerance=0.1)
    >>> found.table["remedy"].iloc[0]
    'defensive posture, told apart'
    """
    case = as_case(subject)
    findings: list[Finding] = []
    check_target(share, n, seed, findings)
    rule = box = None
    try:
        rule = Condition.parse(keep, case)
    except SecdilError as error:
        findings += error.findings
    if not (is_number(tolerance) and 0 < tolerance < 1):  # a dose runs from 0 to 1
        remedy = "Give a number above 0 and below 1, as 0.01."
        findings.append(Finding("error", f"tolerance is {tolerance!r}.", remedy=remedy))
    if who is not None and who not in Names(case.states):
        findings.append(Names(case.states, "state").unknown(who))
    roles = case.model.companion.roles
    book = None
    try:
        book = read_schools(schools)
        moved = [roles[each] for each in book.levers if each in roles]
        box = uncertain(case, uncertainties, moved)
    except SecdilError as error:
        findings += error.findings
    checked(findings)
    assert rule is not None
    assert book is not None
    who = Names(case.states)[who] if who is not None else None
    found, skipped = plans(case, book.remedies, who)
    if not found:
        alone = f" of {who} alone" if who else ""
        message = f"No remedy can be tried on {case.name!r}: none of the levers{alone} is there."
        remedy = "Name their variables under [roles] in a TOML file beside the model."
        raise InputError(Finding("error", message, remedy=remedy))
    worlds = draw_worlds(case, box, rule, n, seed, times, **options)
    tried, runs = _try_all(worlds, found, share, tolerance)
    return _result(worlds, tried, skipped, share, seed, who, runs)


def _try_all(
    worlds: Worlds, tried: Sequence[Plan], share: float, tolerance: float
) -> tuple[list[tuple[Plan, Response]], int]:
    """Find how the worlds answer to each remedy: all that can be sampled in one ensemble."""
    still = [each for each in tried if not each.series]
    union = {lever.name: lever for each in still for lever in each.levers}
    names = list(union)
    courses = np.zeros((len(still), len(names)))
    for k, each in enumerate(still):
        courses[k, [names.index(lever.name) for lever in each.levers]] = each.ends
    found: dict[str, Response] = {}
    runs = 0
    if still:
        responses, runs = respond(worlds, list(union.values()), courses, tolerance=tolerance)
        found = {each.school.name: own for each, own in zip(still, responses, strict=True)}
    for each in tried:
        if each.series:
            found[each.school.name], more = respond_over_time(worlds, each, share)
            runs += more
    return [(each, found[each.school.name]) for each in tried], runs


def _result(
    worlds: Worlds,
    tried: Sequence[tuple[Plan, Response]],
    skipped: Sequence[tuple[str, str]],
    share: float,
    seed: int,
    who: str | None,
    runs: int,
) -> Remedies:
    import pandas as pd

    rows = [_row(worlds, each, response, share, seed) for each, response in tried]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.sort_values(
        ["dose", "full_share"], ascending=[True, False], na_position="last", kind="stable"
    ).reset_index(drop=True)
    start = tried[0][1].start
    record = worlds.record(analysis="remedies", share=share, seed=seed, who=who)
    return Remedies(
        table,
        pd.concat([_curve(each.school.name, response) for each, response in tried]),
        pd.DataFrame(skipped, columns=["remedy", "reason"]),
        share_of(start.sum(), len(start)),
        worlds.condition.text,
        share,
        who,
        tuple(worlds.draws.columns),
        worlds.count,
        runs,
        record,
    )


def _row(worlds: Worlds, of: Plan, response: Response, share: float, seed: int) -> dict[str, Any]:
    """Return what is told of one remedy."""
    dose = response.smallest(share)
    again = response.resampled(share, np.random.default_rng([seed, RESAMPLING]))
    reached = np.isfinite(again).mean()
    low, high = np.quantile(
        np.where(np.isnan(again), np.inf, again), [0.025, 0.975], method="inverted_cdf"
    )
    tried = np.concatenate([[0.0], response.dose])
    best_dose = float(tried[response.kept(tried).argmax()])
    at = best_dose if np.isnan(dose) else dose
    kept = response.kept(np.array([at]))[0]
    reached_share, share_low, share_high = share_of(kept, response.count)
    if np.isfinite(dose):
        verdict = ENOUGH if reached >= 0.975 else UNSURE
    else:
        verdict = NONE if reached <= 0.025 else UNSURE
    return {
        "remedy": of.school.name,
        "school": of.school.school,
        "verdict": verdict,
        "dose": dose,
        "dose_low": float(low),
        "dose_high": float(high),
        "settled": bool((high - low) / 2 <= SETTLED) if np.isfinite(high) else False,
        "amount": _amount(worlds, of, dose),
        "status_quo_share": float(response.start.mean()),
        "share": reached_share,
        "share_low": share_low,
        "share_high": share_high,
        "best_dose": best_dose,
        "full_share": float(response.end.mean()),
        "broken": float((response.start & ~response.end).mean()),
        "monotone": response.monotone,
        "failed": response.failed,
        "levers": ", ".join([each.name for each in of.levers] + list(of.series)),
        "note": of.note,
        "caveat": of.school.caveat,
        "source": of.school.source,
        "statement": of.school.statement,
    }


def _amount(worlds: Worlds, of: Plan, dose: float) -> str:
    """The smallest dose in the model's own units."""
    if np.isnan(dose):
        return NONE
    if dose == 0:
        return "nothing needed"
    doses = [dose * end for end in of.ends]
    drawn = [each.drawn(worlds.draws.columns) for each in of.levers]
    told = [amount(of.levers, doses, drawn, worlds.case.states)] if of.levers else []
    told += [
        f"{name} {dose:.0%} of the way to {end:g} in every year" for name, end in of.series.items()
    ]
    return "; ".join(told)


def _curve(name: str, response: Response) -> pd.DataFrame:
    """The share of worlds by dose, with intervals."""
    import pandas as pd

    doses = np.linspace(0, 1, CURVE_POINTS)
    kept = response.kept(doses)
    low, high = wilson(kept, response.count)
    return pd.DataFrame(
        {"remedy": name, "dose": doses, "share": kept / response.count,
         "share_low": low, "share_high": high}
    )  # fmt: skip


def _line(place: int, row: Mapping[str, Any]) -> list[str]:
    """One remedy as the command line shows it."""
    head = f"{place:2d}. {row['remedy']} ({row['school']}): "
    if np.isnan(row["dose"]):
        best = told((row["share"], row["share_low"], row["share_high"]))
        head += f"{row['verdict']}; at best {best} of worlds"
        head += "" if row["monotone"] else f", at {row['best_dose']:.0%} of the way"
    elif row["dose"] == 0:
        head += f"nothing needed; in full {row['full_share']:.0%} of worlds"
    else:
        high = f"{row['dose_high']:.0%}" if np.isfinite(row["dose_high"]) else "beyond the full way"
        head += f"{row['dose']:.0%} of the way ({row['dose_low']:.0%} to {high})"
        head += "" if row["settled"] else ", not settled"
        head += f": {row['amount']}"
        head += " [cannot tell]" if row["verdict"] == UNSURE else ""
    lines = [head]
    if row["broken"]:
        lines.append(f"    In full it breaks what is kept now in {row['broken']:.0%} of worlds.")
    if row["failed"]:
        lines.append(f"    {row['failed']} members failed and count as not kept.")
    if row["note"]:
        lines.append(f"    Without part of it: {row['note']}.")
    return lines
