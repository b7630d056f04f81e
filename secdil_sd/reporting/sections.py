"""The sections of a rivalry: tables in, headings, figures and words out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from secdil_sd.analysis.shares import told
from secdil_sd.figures import paths, phase
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.names import key
from secdil_sd.reporting.page import Section, Table

if TYPE_CHECKING:
    import xarray as xr

    from secdil_sd.analysis.fan import Fan
    from secdil_sd.analysis.plausible import Plausible
    from secdil_sd.simulation.scenario import Scenario


def history_section(
    case: Scenario,
    run: xr.Dataset,
    beside: pd.DataFrame | None,
    scores: pd.DataFrame | None,
    fan: Fan | None = None,
) -> Section:
    """Spending and burden, the model against the figures."""
    roles = case.model.companion.roles
    exhibits = []
    for role, noun, percent in (("spending", "Spending", False), ("burden", "Share of GDP", True)):
        name = key(roles.get(role, "?"))
        if name not in run:
            continue
        table = _model_and_history(run[name], _history_of(role, beside))
        units = (case.data.attrs.get("units") if case.data is not None else "") or run[name].attrs[
            "units"
        ]
        y_title = "share of GDP" if percent else units
        around = None if fan is None else fan.of(role)
        figure = paths.against_history(table, case.states, y_title, percent, around)
        exhibits.append(
            Exhibit(
                f"history-{role}",
                _history_title(role, run[name], scores),
                f"{noun} of each state: the line is the model, points are the figures of each year."
                f"{_band_words(fan)}",
                f"{noun} over time for {', '.join(case.states)}, model and history.",
                (Panel(figure, height=380),),
                table,
            )
        )
    tables = (_score_table(scores),) if scores is not None else ()
    return Section("history", "Does history agree?", (), tuple(exhibits), tables)


def _band_words(fan: Fan | None) -> str:
    """What the bands of a figure hold."""
    if fan is None:
        return ""
    lost = f" {fan.failed} failed and are left out." if fan.failed else ""
    return (
        f" The band holds 90% of {len(fan.draws):,} draws of the fitted values, whatever else "
        f"holds still; figures also scatter about the model.{lost}"
    )


def _history_of(role: str, beside: pd.DataFrame | None) -> pd.DataFrame:
    if beside is None:
        return pd.DataFrame(columns=["state", "year", "value"])
    wide = beside.pivot_table(
        index=["state", "year"], columns="variable", values="value"
    ).reset_index()
    if role == "burden":
        if "GDP" not in wide or "spending" not in wide:
            return pd.DataFrame(columns=["state", "year", "value"])
        return wide.assign(value=wide["spending"] / wide["GDP"])[
            ["state", "year", "value"]
        ].dropna()
    return wide.assign(value=wide["spending"])[["state", "year", "value"]].dropna()


def _model_and_history(values: xr.DataArray, history: pd.DataFrame) -> pd.DataFrame:
    model = values.to_series().rename("value").reset_index().rename(columns={"time": "year"})
    # a year's figure is the mean over the year, so it stands at the year's middle
    points = history.assign(year=history["year"] + 0.5, kind="history")
    parts = [model.assign(kind="model")[["state", "year", "value", "kind"]]]
    if len(points):
        parts.append(points[["state", "year", "value", "kind"]])
    return pd.concat(parts, ignore_index=True)


def _history_title(role: str, values: xr.DataArray, scores: pd.DataFrame | None) -> str:
    if role == "burden":
        last = values.isel(time=-1).to_series()
        high = values.max("time").to_series()
        parts = [f"{state} {last[state]:.1%} (at most {high[state]:.1%})" for state in last.index]
        return f"Share of GDP at the end: {', '.join(parts)}"
    if scores is None:
        first, last = (values.isel(time=k).to_series() for k in (0, -1))
        parts = [f"{state} from {first[state]:,.4g} to {last[state]:,.4g}" for state in last.index]
        return f"Spending: {', '.join(parts)}"
    parts = [f"{row.state} within {row.model:.0%}" for row in scores.itertuples()]
    return f"The model follows yearly spending: {', '.join(parts)} on average"


def _score_table(scores: pd.DataFrame) -> Table:
    rows = tuple(
        (
            str(row.state),
            str(row.years),
            *(f"{value:.1%}" for value in (row.model, row.first_year_repeated, row.mean_growth)),
            *(f"{value:.1%}" for value in (row.last_year_repeated, row.last_year_and_drift)),
        )
        for row in scores.itertuples()
    )
    return Table(
        "How far each way of guessing misses yearly spending",
        (
            "state",
            "years",
            "model",
            "first year repeated",
            "steady growth",
            "last year repeated",
            "last year and drift",
        ),
        rows,
        "Root mean square of the logarithm, read as percent. The model, the repeated first year and "
        "steady growth start from the first year and never look again (steady growth knows the last "
        "year); the last two look one year ahead only.",
        scores,
    )


def spiral_section(
    run: xr.Dataset, open_question: Plausible | None = None, fan: Fan | None = None
) -> Section:
    """Spiral number and reaction gain over time; its peak over what judgement leaves open."""
    table = pd.DataFrame(
        {
            "year": run["time"].values,
            "spiral_number": run["spiral_number"].values,
            "reaction_gain": run["reaction_gain"].values,
        }
    )
    around = None if fan is None else fan.of("spiral number")
    peak = table.loc[table["spiral_number"].idxmax()]
    above = table["spiral_number"] > 1
    if above.any():
        title = f"The spiral number passes 1: at its peak, {peak.year:.0f}, it is {peak.spiral_number:.2f}"
    else:
        title = (
            f"The spiral number stays below 1: at most {peak.spiral_number:.2f}, in {peak.year:.0f}"
        )
    exhibit = Exhibit(
        "spiral",
        title,
        "The spiral number follows an increase in spending around the whole loop: arms pile up, "
        "beliefs settle, budgets resist. Below 1 it dies out, above 1 it grows. The reaction gain "
        "takes beliefs as they stand and counts neither budgets nor fading alarm: it can lie above 1 "
        f"in a rivalry that is stable.{_band_words(fan)}",
        "Spiral number and reaction gain over time, with the threshold at 1.",
        (Panel(paths.gains_over_time(table, around), height=360),),
        table,
    )
    more = [] if fan is None else [_fitted_exhibit(fan)]
    more += [] if open_question is None else [_open_exhibit(open_question)]
    return Section("spiral", "Is it a spiral?", (), (exhibit, *more))


def _fitted_exhibit(fan: Fan) -> Exhibit:
    failed = f" {fan.failed} draws had no answer and are left out." if fan.failed else ""
    return Exhibit(
        "fitted-draws",
        f"In {told(fan.share_above)} of draws of the fitted values the spiral number passes 1",
        f"The peak of the spiral number over {len(fan.draws):,} draws of what the fit leaves open, "
        f"everything else as in the scenario. In brackets how far that many draws settle it.{failed}",
        "How often each peak spiral number occurs over draws of the fitted values.",
        (Panel(paths.bars(fan.histogram(), "peak spiral number", "draws", 1.0), height=260),),
        fan.draws,
    )


def _open_exhibit(found: Plausible) -> Exhibit:
    table = found.histogram()
    failed = f" {found.failed} draws had no answer and are left out." if found.failed else ""
    fitted = "what is fitted or measured stays"
    if found.fitted:
        fitted = f"with each comes one of {found.fitted:,} draws of the fitted values"
    also = " and of the fitted ones" if found.fitted else ""
    return Exhibit(
        "plausible",
        f"In {found.share_above:.0%} of draws of the judgement values{also} the spiral number "
        "passes 1",
        f"The peak of the spiral number over {len(found.draws)} draws of the values that rest on "
        f"judgement ({', '.join(found.varied)}), each over its whole range; {fitted}. The ranges "
        f"are judgement too.{failed}",
        "How often each peak spiral number occurs over draws of the judgement values.",
        (Panel(paths.bars(table, "peak spiral number", "draws", 1.0), height=260),),
        found.draws,
    )


def phase_section(table: pd.DataFrame, states: Sequence[str], unit: str) -> Section:
    """The phase portrait of two states."""
    rest = table[table["kind"] == "equilibrium"]
    stable = rest[rest["stable"].astype(bool)]
    if len(stable) == 1:
        x, y = stable["x"].iloc[0], stable["y"].iloc[0]
        title = (
            f"Left alone, both settle near {x:,.0f} ({states[0]}) and {y:,.0f} ({states[1]}) {unit}"
        )
    elif len(stable) > 1:
        title = f"There are {len(stable)} places to settle: where it starts decides where it ends"
    else:
        title = "Within this picture the two never settle"
    exhibit = Exhibit(
        "phase",
        title,
        "Each curve shows where one side neither arms nor disarms, given the other's spending, at "
        "the conditions of the last year. Beliefs and stocks of arms are taken as settled to the "
        "spending at each point, which a fast-moving race is not; the path may therefore cross "
        "the curves.",
        f"Spending of {states[1]} against spending of {states[0]}: curves of rest, the model's path, "
        "the historical path, and points of rest.",
        (Panel(phase.phase_portrait(table, states, unit), height=460),),
        table,
    )
    return Section("heading", "Where is it heading?", (), (exhibit,))


def beliefs_section(
    run: xr.Dataset, roles: Mapping[str, str], states: Sequence[str]
) -> Section | None:
    """Hostility beliefs and security community, pair by pair."""
    exhibits = []
    for role, noun, directed in (
        ("hostility", "How likely each takes the other to be hostile", True),
        ("community", "Security community", False),
    ):
        name = key(roles.get(role, "?"))
        if name not in run:
            continue
        table = _pairs(run[name], states, directed)
        last = table[table["year"] == table["year"].max()]
        low, high = last["value"].min(), last["value"].max()
        span = f"{low:.2f}" if high - low < 0.005 else f"{low:.2f} to {high:.2f}"
        title = (
            f"Beliefs in hostility end at {span}"
            if directed
            else ("No security community forms" if high < 0.2 else f"Community reaches {span}")
        )
        exhibits.append(
            Exhibit(
                f"beliefs-{role}",
                title,
                f"{noun}, from 0 to 1."
                + (
                    " Half is undecided; the color is that of the state that holds the belief."
                    if directed
                    else ""
                ),
                f"{noun} over time for each pair of states.",
                (Panel(paths.by_pair(table, states, "from 0 to 1"), height=300),),
                table,
            )
        )
    return (
        Section("beliefs", "What do they believe of each other?", (), tuple(exhibits))
        if exhibits
        else None
    )


def _pairs(values: xr.DataArray, states: Sequence[str], directed: bool) -> pd.DataFrame:
    rows = []
    state, rival = (each for each in values.dims if each != "time")
    for i, one in enumerate(states):
        for j, other in enumerate(states):
            if i == j or (not directed and i > j):
                continue
            own = values.sel({state: one, rival: other})
            label = f"{one} of {other}" if directed else f"{one} and {other}"
            rows.append(
                pd.DataFrame(
                    {
                        "pair": label,
                        "from_state": one,
                        "to_state": other,
                        "year": own["time"].values,
                        "value": own.values,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def what_if_section(table: pd.DataFrame, states: Sequence[str], unit: str) -> Section:
    """One panel a lever: spending of the first state, and the spiral number."""
    peaks = (
        table.groupby(["lever", "value", "label"], sort=False)["spiral_number"].max().reset_index()
    )
    calmest = peaks.loc[peaks["spiral_number"].idxmin()]
    worst = peaks.loc[peaks["spiral_number"].idxmax()]
    shown = tuple(dict.fromkeys(table["lever"]))
    spending, gain = [], []
    for lever in shown:
        own = table[table["lever"] == lever]
        spending.append(Panel(paths.by_lever(own, "spending", states, unit), lever, 300))
        gain.append(
            Panel(
                paths.by_lever(own, "spiral_number", states[:1], "spiral number", 1.0), lever, 280
            )
        )
    dashes = ""
    if len(states) > 1:
        named = ("solid", "dashed", "dotted")
        parts = [f"{named[k]}: {state}" for k, state in enumerate(states[:3])]
        dashes = f" Lines {', '.join(parts)}."
    low = table.groupby("lever", sort=False)["spending"].max()
    exhibits = (
        Exhibit(
            "what-if-spending",
            f"{low.idxmax()} moves spending most: up to {low.max():,.0f} {unit}",
            "The same rivalry with one thing changed on every side from the start, everything else as "
            f"it is; dark to light from low to high.{dashes}",
            "Spending over time for several values of each lever, one panel a lever.",
            tuple(spending),
            table,
        ),
        Exhibit(
            "what-if-spiral",
            f"The spiral number peaks between {calmest.spiral_number:.2f} ({calmest.lever}: {calmest.label}) "
            f"and {worst.spiral_number:.2f} ({worst.lever}: {worst.label})",
            "The same changes, seen in the spiral number; the line marks 1.",
            "Spiral number over time for several values of each lever, one panel a lever.",
            tuple(gain),
            peaks,
        ),
    )
    lead = (
        "What would have changed the course? These are changes inside the model, not forecasts.",
    )
    return Section("what-if", "What would have changed it?", lead, exhibits)
