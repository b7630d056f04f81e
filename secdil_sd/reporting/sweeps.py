"""Pages on sweeps: critical values, stability maps, cubes, ensembles as bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import xarray as xr

from secdil_sd.analysis.sweeps.bands import bands
from secdil_sd.analysis.sweeps.critical import SIDES, Spread, Threshold, phrase
from secdil_sd.analysis.sweeps.crossing import DRAW
from secdil_sd.analysis.sweeps.over_draws import over_draws
from secdil_sd.analysis.sweeps.stability_map import StabilityMap, listed
from secdil_sd.analysis.sweeps.sweep_tables import is_sweep, sweep_findings, title_of, with_band
from secdil_sd.errors import Finding, InputError
from secdil_sd.figures import cubes
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.reporting.page import Page, Section, Table

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario

RANGES = (
    "Whether the values that are not varied here are right: ask for the spread over draws of them."
)
OTHERS = "Whether the values that are neither varied here nor fitted are right."
SIDE_WORDS = {
    "crosses": "there is a critical value",
    "above": "above the level whatever it is",
    "below": "below the level whatever it is",
    "cannot tell": "cannot be told: runs failed",
}


def threshold_page(found: Threshold) -> Page:
    """Return the page of a threshold: the curve, the places, the spread."""
    what, end = phrase(found.output), float(found.provenance["end"])
    heading = f"The {what} along {found.parameter}"
    tables = (_places(found),) if len(found.crossings) else ()
    sections = [Section("curve", heading, (), (_curve(found),), tables)]
    if found.spread is not None:
        sections.append(_spread_section(found, found.spread))
    cannot = [
        *found.reservations,
        f"What happens after time {end:g}: near a tipping point things move slowly.",
    ]
    cannot.append("Two crossings between neighboring values of the scan, which go unseen.")
    cannot += [RANGES] if found.spread is None else []
    return Page(
        found.provenance.get("scenario", "").replace("_", " "),
        f"At which {found.parameter} does the {what} pass {found.at:g}?",
        _answers(found),
        tuple(cannot),
        tuple(sections),
        found.provenance,
    )


def map_page(found: StabilityMap) -> Page:
    """Return the page of a stability map."""
    exhibit = Exhibit(
        "map",
        found.finding.rstrip("."),
        f"Each cell is one run. Blue: the {phrase(found.output)} stays below {found.level:g}; red: "
        "above; the line is the border between them. Points are cases, at their own values of the "
        f"two parameters.{_cloud_words(found)}",
        f"Map of the {phrase(found.output)} over {found.x} and {found.y}.",
        (Panel(cubes.stability_map(found), height=520),),
        found.to_dataframe(),
    )
    tables = (_placed(found),) if len(found.placed) else ()
    return Page(
        found.provenance.get("scenario", "").replace("_", " "),
        f"Where on the map of {found.x} and {found.y} does the {phrase(found.output)} pass "
        f"{found.level:g}?",
        (found.finding,),
        (*found.reservations, RANGES if found.cloud.empty else OTHERS),
        (Section("map", "The map", (), (exhibit,), tables),),
        found.provenance,
    )


def _cloud_words(found: StabilityMap) -> str:
    if found.cloud.empty:
        return ""
    return (
        f" Small dots are {len(found.cloud):,} draws of the fitted values: dark ones pass "
        f"{found.level:g} with all of their own values, pale ones do not."
    )


def dataset_page(found: xr.Dataset) -> Page:
    """Return the page of a sweep, an exhibit an output; or of an ensemble, as bands.

    Raises
    ------
    InputError
        If the dataset is neither.
    """
    if is_sweep(found):
        return _sweep_page(found)
    if "member" in found.dims and any("time" in each.dims for each in found.data_vars.values()):
        return _bands_page(found)
    message = "There is no report on a dataset without axes or members over time."
    remedy = "Give a scenario, a sweep, or an ensemble with an output over time."
    raise InputError(Finding("error", message, remedy=remedy))


def _sweep_page(cube: xr.Dataset) -> Page:
    findings = sweep_findings(cube)
    drawn = DRAW in cube.dims
    each_point = "Each point is one run."
    if drawn:
        each_point = (
            f"Each point is the median over {cube.sizes[DRAW]:,} draws of the fitted values; "
            "the data hold their 5% and 95% points too, which bound a band where there is one."
        )
    names, cube = list(cube.data_vars), over_draws(cube)
    exhibits = tuple(
        Exhibit(
            str(name).replace("_", "-"),
            finding.rstrip("."),
            each_point,
            f"{title_of(cube, str(name))} over {cube.attrs['axes']}.",
            (Panel(cubes.drawing(cube, str(name)), height=460),),
            with_band(cube, str(name), [str(each) for each in cube[name].dims]),
        )
        for name, finding in zip(names, findings, strict=False)
    )
    axes = str(cube.attrs["axes"]).split(", ")
    named = [str(cube[each].attrs.get("long_name", each)) for each in axes]
    return Page(
        str(cube.attrs.get("scenario", "")).replace("_", " "),
        f"What {'do' if len(named) > 1 else 'does'} {listed(named)} change?",
        findings,
        (OTHERS if drawn else RANGES,),
        (Section("sweep", "Value by value", (), exhibits),),
        {str(name): str(value) for name, value in cube.attrs.items()},
    )


def draws_section(case: Scenario, outputs: Sequence[str], method: str) -> Section:
    """Where the draws of a fitted scenario go, an exhibit an output."""
    run = case.run_draws(outputs=outputs, method=method, progress=False)
    exhibits, _ = _banded(run, "draws of the fitted values")
    heading = f"Where {run.sizes['member']:,} draws of the fitted values go"
    return Section("draws", heading, (), exhibits)


def _bands_page(run: xr.Dataset) -> Page:
    exhibits, findings = _banded(run, "members")
    return Page(
        str(run.attrs.get("scenario", "")).replace("_", " "),
        f"Where do {run.sizes['member']:,} members go?",
        findings,
        ("How likely a member is: it is as likely as the sample made it.",),
        (Section("bands", "Over time", (), exhibits),),
        {str(name): str(value) for name, value in run.attrs.items()},
    )


def _banded(run: xr.Dataset, members: str) -> tuple[tuple[Exhibit, ...], tuple[str, ...]]:
    exhibits, findings = [], []
    for name, values in run.data_vars.items():
        if "time" in values.dims:
            found = bands(values)
            findings.append(found.finding)
            exhibits.append(
                Exhibit(
                    str(name).replace("_", "-"),
                    found.finding.rstrip("."),
                    f"The darkest band holds the middle half of the {members}, the lighter ones "
                    "three quarters, 95 of 100 and all of them; grey lines are single ones.",
                    f"Bands of {found.title} over time.",
                    (Panel(cubes.banded(found), height=420),),
                    found.table,
                )
            )
    return tuple(exhibits), tuple(findings)


def _answers(found: Threshold) -> tuple[str, ...]:
    return (found.own_finding, *([found.spread.finding] if found.spread is not None else []))


def _curve(found: Threshold) -> Exhibit:
    return Exhibit(
        "curve",
        found.own_finding.rstrip("."),
        f"The {phrase(found.output)} at each {found.parameter}, everything else as in the scenario.",
        f"The {phrase(found.output)} along {found.parameter}, with its critical values.",
        (Panel(cubes.curve(found), height=360),),
        found.curve,
    )


def _places(found: Threshold) -> Table:
    rows = tuple(
        (
            f"{row.value:.4g}", f"{row.low:.5g} to {row.high:.5g}", str(row.direction),
            str(row.kind), f"{row.before:.4g}", f"{row.after:.4g}", "yes" if row.allowed else "no",
        )
        for row in found.crossings.itertuples()
    )  # fmt: skip
    columns = (
        "critical value", "lies between", "direction", "kind", "just before", "just after",
        "keeps the constraints",
    )  # fmt: skip
    return Table(
        "Every place where it passes the level",
        columns,
        rows,
        "A root is passed gradually; at a jump the output leaps over the level. Just before and "
        "after: within a thousandth of the range.",
        found.to_dataframe(),
    )


def _spread_section(found: Threshold, spread: Spread) -> Section:
    drawn = "The ranges drawn from are judgement too."
    if "fitted_draws" in found.provenance:
        drawn = "Fitted values come as whole draws of the fit; other ranges are judgement."
    exhibit = Exhibit(
        "spread",
        spread.finding.rstrip("."),
        "How often each critical value occurs over draws of the values that are not varied here "
        f"({', '.join(dict.fromkeys(each.split('[')[0] for each in spread.varied))}). Draws without a critical value are in the table, not in "
        f"the figure. {drawn}",
        f"How often each critical {found.parameter} occurs.",
        (Panel(cubes.spread(found), height=320),),
        spread.draws,
    )
    shares = spread.shares
    rows = tuple(
        (
            SIDE_WORDS[str(row.side)], str(row.draws), f"{row.share:.0%}",
            f"{row.low:.0%} to {row.high:.0%}",
        )
        for row in shares.itertuples()
        if row.draws or row.side != SIDES[-1]
    )  # fmt: skip
    table = Table(
        "How often there is one at all", ("", "draws", "share", "95% interval"), rows, "", shares
    )
    heading = f"Where the {phrase(found.output)} passes {found.at:g} in other worlds"
    return Section("spread", heading, (), (exhibit,), (table,))


def _placed(found: StabilityMap) -> Table:
    noted = bool((found.placed["note"] != "").any())
    rows = tuple(
        (
            str(row.title), f"{row.x:.3g}", f"{row.y:.3g}", _number(row.on_map), _number(row.own),
            *([str(row.note)] if noted else []),
        )
        for row in found.placed.itertuples()
    )  # fmt: skip
    columns = ("case", found.x, found.y, "on the map", "by itself", *(["note"] if noted else []))
    return Table(
        "The cases",
        columns,
        rows,
        "On the map: what the map shows at its place. By itself: what the case gives with all of "
        "its own values.",
        found.placed,
    )


def _number(value: float) -> str:
    return f"{value:.3g}" if value == value else ""
