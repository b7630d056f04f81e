"""A scenario file of states' own history, written with its data beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import FileError, Finding, InputError
from secdil_sd.readers.rivalry import Rivalry, Sources, read_rivalry
from secdil_sd.simulation.drafting.draft import draft
from secdil_sd.simulation.drafting.inputs import Inputs, inputs_of
from secdil_sd.simulation.drafting.toml_text import toml_text
from secdil_sd.simulation.model import Model, load_model

if TYPE_CHECKING:
    import pandas as pd

EXTENDED, LINEAR = "security_dilemma", "richardson"
"""The models written for: with GDP, and without."""
CLOCK = ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")


def new_scenario(
    states: Sequence[str | int],
    data: str | Path | pd.DataFrame,
    path: str | Path = ".",
    *,
    gdp: str | Path | pd.DataFrame | None = None,
    democracy: str | Path | pd.DataFrame | None = None,
    index: Any = None,
    burden: Mapping[str, float] | str | Path | pd.DataFrame | None = None,
    years: tuple[int, int] | str | None = None,
    model: str | Path | None = None,
    sheet: str | None = None,
    units: str | None = None,
    price_basis: str | None = None,
    base_year: int | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a scenario of some states' history: a TOML file, its data beside it, every origin.

    Spending and GDP are brought to one price basis or refused. GDP may be in the prices of the
    spending; or come from a published share of it, Y = M / share, as SIPRI's workbook has one;
    or take its level from such a share and its growth from a source in other prices.

    Parameters
    ----------
    states : sequence of str or int
        Two or more, by any name or code; a name two states shared means that of the years.
    data : path or DataFrame
        Spending: whatever `read_spending` reads.
    path : str or Path
        A folder, or a file ending in .toml.
    gdp : path or DataFrame, optional
        GDP at constant prices, or spending as a share of it.
    democracy : path or DataFrame, optional
        Polity, V-Dem, or a table from 0 to 1.
    index : path, Series or mapping, optional
        A price index, for spending at current prices.
    burden : mapping of str to float, path or DataFrame, optional
        Published spending as a share of GDP: a mean by state, or a table.
    years : (int, int) or str, optional
        First and last, or "1960:2016"; by default those with figures of all states.
    model : str or Path, optional
        By default the extended model, or Richardson's where nothing is known of GDP.
    sheet, units, price_basis, base_year
        Of ``data``, as for `read_spending`.
    overwrite : bool
        Whether to replace files that are there.

    Returns
    -------
    Path
        The scenario file; `load_scenario` takes it.

    Raises
    ------
    DataError, InputError
        For everything wrong with states, files, prices and years.
    FileError
        If a file is there already, or a folder is not.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     mine = Path(folder) / "mine.csv"
    ...     text = "state,2000,2001,2002,2003,2004\\nIND,14.1,14,15,17,20\\nPAK,3,3,3,4,4\\n"
    ...     _ = mine.write_text(text)
    ...     spending = sd.read_spending(mine, units="billion USD of 2015")
    ...     case = sd.load_scenario(new_scenario(["IND", "Pakistan"], spending, folder))
    >>> case.title, case.model.name, case.data["value"].tolist()[:3]
    ('India and Pakistan, 2000-2004', 'richardson', [14.1, 14.0, 15.0])
    """
    sources = Sources(data, gdp, democracy, index, burden, sheet, units, price_basis, base_year)
    rivalry = read_rivalry(states, sources, years)
    chosen = model or (LINEAR if rivalry.gdp is None else EXTENDED)
    found = load_model(chosen, {"state": list(rivalry.states)})
    _check_model(found, rivalry)
    files = _files(Path(path), rivalry, overwrite)
    delta = found.system.get("obsolescence") and float(
        found.constants.set_index("name").loc["obsolescence", "value"]
    )
    inputs = inputs_of(rivalry, delta or 0.08)
    named = {what: each.name for what, each in files.items()}
    text = _heading(rivalry) + toml_text(draft(found, rivalry, inputs, named))
    try:
        _data(rivalry).to_csv(files["data"], index=False, float_format="%.8g")
        if (series := _series(inputs)) is not None:
            series.to_csv(files["inputs"], index=False, float_format="%.6g")
        files["scenario"].write_text(f"{text}\n\n{_defaults(found, text)}\n", encoding="utf-8")
    except OSError as error:
        message = f"{files['scenario'].parent} cannot be written to: {error.strerror or error}."
        raise FileError(Finding("error", message, remedy="Write elsewhere: -o FOLDER.")) from None
    return files["scenario"]


def _check_model(model: Model, rivalry: Rivalry) -> None:
    findings = []
    if "initial spending" not in model.system:
        message = f"The model {model.name!r} has no 'initial spending' by state."
        findings.append(Finding("error", message, remedy=f"Use {EXTENDED} or {LINEAR}."))
    if "initial GDP" in model.system and rivalry.gdp is None:
        message = f"The model {model.name!r} needs GDP, and nothing is said of it."
        remedy = (
            "Give GDP in the prices of the spending or a published share of GDP (--gdp), or use "
            f"the model {LINEAR}, which needs none."
        )
        findings.append(Finding("error", message, remedy=remedy))
    if findings:
        raise InputError(*findings)


def _files(path: Path, rivalry: Rivalry, overwrite: bool) -> dict[str, Path]:
    """Return where to write; raises FileError for what cannot be or is there already."""
    stem = "_".join(re.sub(r"\W+", "_", each).strip("_").lower() for each in rivalry.states)
    scenario = path if path.suffix == ".toml" else path / f"{stem}.toml"
    if not scenario.parent.is_dir():
        message = f"The folder {scenario.parent} does not exist."
        raise FileError(Finding("error", message, remedy="Make it first, or write elsewhere."))
    found = {
        "scenario": scenario,
        "data": scenario.with_name(f"{scenario.stem}.csv"),
        "inputs": scenario.with_name(f"{scenario.stem}_inputs.csv"),
    }
    there = [each.name for each in found.values() if each.exists()]
    if there and not overwrite:
        message = f"{', '.join(there)} would be overwritten."
        remedy = "Write elsewhere, or say that you mean it: --force."
        raise FileError(Finding("error", message, str(scenario.parent), remedy=remedy))
    return found


def _heading(rivalry: Rivalry) -> str:
    return (
        f"# {' and '.join(rivalry.states)}: a scenario of their own figures.\n"
        "# Under [origins] stands where each value comes from. Fit what waits for it with\n"
        "# `secdil fit`, change what you know better, and run `secdil report` on this file.\n\n"
    )


def _data(rivalry: Rivalry) -> pd.DataFrame:
    """Return the tidy table a scenario is held against: state, year, variable, value."""
    import pandas as pd

    first, last = rivalry.years
    parts = {"spending": rivalry.spending, "GDP": rivalry.gdp}
    tidy = [
        wide.loc[first:last].rename_axis("year").reset_index().melt("year", var_name="state")
        .dropna().assign(variable=name)
        for name, wide in parts.items()
        if wide is not None
    ]  # fmt: skip
    return pd.concat(tidy)[["state", "year", "variable", "value"]]


def _series(inputs: Inputs) -> pd.DataFrame | None:
    """Return the yearly inputs, a row a state and year; None where there are none."""
    import pandas as pd

    parts = {"GDP growth": inputs.growth, "democracy": inputs.democracy}
    long = {
        name: wide.rename_axis("year").melt(ignore_index=False, var_name="state").set_index(
            "state", append=True
        )["value"]
        for name, wide in parts.items()
        if wide is not None
    }  # fmt: skip
    if not long:
        return None
    return pd.DataFrame(long).swaplevel().rename_axis(["state", "year"]).reset_index()


def _defaults(model: Model, text: str) -> str:
    """Return as comments the constants a scenario leaves at the model's defaults."""
    lines = ["# Everything else is a default of the model; move a line to [params] to change it:"]
    for _, row in model.constants.iterrows():
        name = str(row["name"])
        if name in CLOCK or re.search(rf'^"?{re.escape(name)}"? = ', text, re.MULTILINE):
            continue
        span = f", {row['low']:g} to {row['high']:g}" if row["high"] == row["high"] else ""
        lines.append(f'# "{name}" = {row["value"]:g}  # {row["units"]}{span}')
    return "\n".join(lines)
