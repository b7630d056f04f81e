"""Pages and sections on fits: how close, how sure, what cannot be told, what is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secdil_sd.figures import fitting, residuals
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.fitting import findings
from secdil_sd.fitting.bands import bands
from secdil_sd.fitting.diagnostics import PULLING, neighbors
from secdil_sd.names import Names, split_selector, spoken
from secdil_sd.reporting.page import Page, Section, Table

if TYPE_CHECKING:
    from secdil_sd.fitting.fit import Fit
    from secdil_sd.simulation.scenario import Scenario

OTHER_MODELS = (
    "Whether the model is right: another may follow the figures as closely, and a naive forecast "
    "may do better (secdil compare)."
)
HELD = "The values of everything that is not fitted: they are held as in the scenario."
FEW_STARTS = "Whether there is a better fit elsewhere: {}."
MOST_ANSWERS = 3


def fit_page(found: Fit) -> Page:
    """Return the page of a fit."""
    observed = found.problem.observed
    bases = list(dict.fromkeys(split_selector(name)[0] for name in found.problem.names))
    asked = f"{', '.join(bases[:-1])} and {bases[-1]}" if len(bases) > 1 else bases[0]
    return Page(
        found.problem.case.title or found.problem.case.name,
        f"What do {observed.count} figures of {observed.variable} say of {asked}?",
        _answers(found),
        _cannot(found),
        (
            Section("figures", "The model beside the figures", (), (_data(found),)),
            Section("estimates", "Estimates", (), (), (_estimates(found),)),
            _apart(found),
            _misses(found),
        ),
        _provenance(found),
    )


def fit_section(case: Scenario, found: Fit) -> Section:
    """Return what a scenario's own report says of its fit.

    Parameters
    ----------
    case : Scenario
        With the values that the rest of the report uses.
    found : Fit
    """
    count, name = len(found.problem.free), case.name
    lead = (
        f"Here {count} numbers are fitted anew to {found.problem.count} figures, the rest held as in "
        "this scenario; the rest of the page uses the scenario's own values, which stand beside "
        f"the estimates. {findings.told(found)}.",
        *found.identifiability,
    )
    exhibits = [_data(found), *_profile_exhibits(found), _over_time(found)]
    points = (
        *found.remarks,
        f"More on this fit: secdil fit {name} -o fit.html. Against rival explanations and naive "
        f"forecasts: secdil compare {name}.",
    )
    return Section(
        "fit", "What can the figures tell?", lead, tuple(exhibits), (_estimates(found),),
        points=points,
    )  # fmt: skip


def _answers(found: Fit) -> tuple[str, ...]:
    rows = list(found.estimates.itertuples())[:MOST_ANSWERS]
    more = len(found.problem.free) - len(rows)
    said = "; ".join(
        f"{spoken(row.parameter)} {row.value:.3g}"
        + (f" ({_interval(row)})" if found.profiles else "")
        for row in rows
    )
    sure = f", with intervals of {found.level:.0%}" if found.profiles else ""
    return (
        f"{findings.closeness(found)}.",
        f"{findings.told(found)}.",
        f"Estimates{sure}: {said}{f'; and {more} more' if more else ''}.",
    )


def _cannot(found: Fit) -> tuple[str, ...]:
    said = [OTHER_MODELS, HELD]
    if findings.lasting(found) and not found.problem.noise.lasting:
        said.append(f"{findings.memory(found)}.")
    close = int((found.starts["loss"] < found.best.loss + 1e-3).sum())
    if close < 2:
        said.append(FEW_STARTS.format(findings.agreement(found)))
    return tuple(said)


def _data(found: Fit) -> Exhibit:
    table, observed = bands(found), found.problem.observed
    y_title = observed.units or observed.variable
    panels = tuple(
        Panel(
            fitting.both_bands(part, y_title, table.attrs["scale"], found.level, places=[place]),
            str(state),
            360,
        )
        for place, (state, part) in enumerate(table.groupby("state", sort=False))
    )
    axis = "Logarithmic scale. " if table.attrs["scale"] == "log" else ""
    return Exhibit(
        "fit-figures",
        findings.closeness(found),
        f"Dots are each year's figure, breaks years without one. {axis}The darker band holds "
        f"{found.level:.0%} of the model's paths over what the estimates leave open, the lighter one "
        f"{found.level:.0%} of the figures it expects"
        f"{'' if found.problem.noise.lasting else '; both take each year as independent'}.",
        f"{observed.variable} of each state over time: figures, the model's path and two bands.",
        panels,
        table,
    )


def _apart(found: Fit) -> Section:
    exhibits = _profile_exhibits(found)
    inside = [
        name for name, at in zip(found.problem.names, found.best.bound, strict=True) if not at
    ]
    if len(inside) > 2:
        exhibits.append(_correlation(found, len(inside)))
    heading = "What the figures cannot tell apart"
    return Section("apart", heading, found.identifiability, tuple(exhibits))


def _profile_exhibits(found: Fit) -> list[Exhibit]:
    if not found.profiles:
        return []
    table, marks = found.profile(), found.estimates
    panels = tuple(
        Panel(
            fitting.profiles(
                part, found.thresholds, marks, axis_title=_unit(found, str(name))
            ).update_layout(showlegend=False),
            spoken(str(name)),
            220,
        )
        for name, part in table.groupby("parameter", sort=False)
    )
    shown = " and ".join(f"{each:.0%}" for each in found.thresholds)
    return [
        Exhibit(
            "fit-profiles",
            findings.told(found),
            "Each panel holds one number at value after value and fits all others anew: the curve "
            "says how much worse the figures are followed (twice the fall of the log likelihood). "
            f"Dotted lines bound the intervals of {shown}; the diamond is the estimate, the thick line "
            f"its {found.level:.0%} interval, with an arrow where that ends only at the number's own "
            "bound. At hollow markers another number has run into a bound of its own: there the curve "
            "rests on that bound too.",
            "Profile likelihood of each number fitted, with estimate and interval.",
            panels,
            table,
        )
    ]


def _correlation(found: Fit, count: int) -> Exhibit:
    table = found.correlation
    held = len(table) - count
    without = f" {held} held at a bound are left out." if held else ""
    drawing = fitting.correlation(table)
    return Exhibit(
        "fit-correlation",
        findings.tied(found),
        "Correlation of the estimates on the scale they are fitted on. Red: both can move the same "
        f"way with little change of the fit; blue: one up, the other down.{without}",
        "Map of the correlations of the numbers fitted.",
        (Panel(drawing, height=90 + 38 * count),),
        table.rename_axis("parameter").reset_index(),
    )


def _misses(found: Fit) -> Section:
    lead = found.remarks or ("The residuals say nothing against the fit.",)
    table = found.residuals
    pull = Exhibit(
        "fit-influence",
        findings.pulls(found),
        "How far all estimates move if one figure is left out, in units of their joint interval "
        "(Cook's distance); beyond the line one figure decides.",
        "Influence of each figure on the estimates.",
        (Panel(residuals.pulls(table, PULLING), height=260),),
        table,
    )
    source = Exhibit(
        "fit-error",
        findings.error_source(found),
        "The mean square error of each state in three parts (Theil 1966): means that differ, swings "
        "that differ in size, and the rest, movements that do not coincide.",
        "Shares of the mean square error by source.",
        (Panel(residuals.sources(found.diagnostics), height=120 + 44 * len(found.diagnostics)),),
        found.diagnostics,
    )
    return Section(
        "misses", "What the model misses", lead, (_over_time(found), pull, source),
        (_checks(found),),
    )  # fmt: skip


def _over_time(found: Fit) -> Exhibit:
    table, percent = found.residuals, found.problem.noise.logarithmic
    y_title = "figure above the model" if percent else found.problem.observed.units
    panels = (
        Panel(residuals.over_time(table, y_title, percent), "Over time", 320),
        Panel(residuals.year_before(neighbors(table), percent), "Beside the year before", 320),
    )
    return Exhibit(
        "fit-residuals",
        findings.memory(found),
        "How far each figure lies above the model"
        + (", in percent (of logarithms)" if percent else "")
        + ". If misses were independent, the line on the left would cross zero often and the points "
        "on the right would show no slope.",
        "Residuals of each state over time, and against the year before.",
        panels,
        table,
    )


def _estimates(found: Fit) -> Table:
    own = found.problem.natural(found.problem.own)
    rows = tuple(
        (
            spoken(row.parameter), f"{row.value:.4g}",
            _interval(row) if found.profiles else "not asked for", words,
            f"{before:.4g}", f"{_number(row.lower_bound)} to {_number(row.upper_bound)}", row.scale,
            _unit(found, row.parameter),
        )
        for row, words, before in zip(
            found.estimates.itertuples(), findings.standing(found), own, strict=True
        )
    )  # fmt: skip
    columns = (
        "number", "estimate", f"{found.level:.0%} interval", "told by the figures",
        "in the scenario", "bounds", "scale", "unit",
    )  # fmt: skip
    return Table(
        "Numbers fitted",
        columns,
        rows,
        "Intervals are of profile likelihood; where an end is open the bound stands in its place. "
        f"{found.problem.noise.kind.capitalize()} noise, spread {found.spread:.3g}; "
        f"{findings.agreement(found)}.",
        found.estimates,
    )


def _checks(found: Fit) -> Table:
    rows = tuple(
        (
            str(row.state), str(row.figures), f"{row.rms:.3g}",
            f"{row.memory:.2f} (p {row.memory_p:.1g})", f"{row.effective:.0f}",
            f"p {row.normal_p:.1g}" if row.normal_p == row.normal_p else "",
            f"p {row.growing_p:.1g}" if row.growing_p == row.growing_p else "",
        )
        for row in found.diagnostics.itertuples()
    )  # fmt: skip
    columns = (
        "state", "figures", "scatter", "memory of a year", "worth so many independent figures",
        "no outliers, no skew", "size constant over time",
    )  # fmt: skip
    return Table(
        "Residuals checked",
        columns,
        rows,
        "Scatter: root mean square on the scale of comparison. Memory: correlation of neighboring "
        "years (Ljung and Box 1978). Outliers and skew: Shapiro and Wilk (1965). Size: rank "
        "correlation with time. A small p speaks against what the heading says; of memory, against "
        "there being none.",
        found.diagnostics,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _interval(row: object) -> str:
    low, high = _number(row.low), _number(row.high)  # type: ignore[attr-defined]
    low = f"its bound {low}" if row.open_low else low  # type: ignore[attr-defined]
    high = f"its bound {high}" if row.open_high else high  # type: ignore[attr-defined]
    return f"{low} to {high}"


def _unit(found: Fit, name: str) -> str:
    system = found.problem.case.model.system
    known = Names([each.name for each in system.variables], "variable")
    base = split_selector(name)[0]
    each = next(free for free in found.problem.free if free.name == name)
    column = base if base in known else split_selector(each.columns[0])[0]
    return str(system[known[column]].units or "") if column in known else ""


def _provenance(found: Fit) -> dict[str, str]:
    observed = found.problem.observed
    numbers = {name: f"{value:.2f}" for name, value in found.criteria.items()}
    return {
        **found.provenance,
        "source": observed.source,
        "years": f"{observed.years[0]} to {observed.years[-1]}",
        "starts_agreeing": findings.agreement(found),
        **numbers,
    }
