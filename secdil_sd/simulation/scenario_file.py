"""A scenario as its file says it: the schema of scenario TOML files, and their data tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from secdil_sd import bundle
from secdil_sd.errors import DataError, FileError, Finding, ScenarioError
from secdil_sd.names import spelling, suggestion
from secdil_sd.simulation.companion import Distribution
from secdil_sd.simulation.proposition import Proposition
from secdil_sd.simulation.toml_file import Strict, read_toml

if TYPE_CHECKING:
    import pandas as pd

DATA_COLUMNS = ("state", "year", "variable", "value")


class Times(Strict):
    """When: ``start`` to ``end`` by ``step``, or listed ``values`` [time unit]."""

    start: float | None = None
    end: float | None = None
    step: float = Field(default=1.0, gt=0)
    values: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Times:
        if not self.values and (self.start is None or self.end is None or self.end <= self.start):
            raise ValueError("times need a start before their end, or values")
        return self

    def listed(self) -> tuple[float, ...]:
        """Return the output times."""
        if self.values:
            return self.values
        start, end = float(self.start or 0.0), float(self.end or 0.0)
        count = int((end - start) / self.step + 1e-9)
        return tuple(start + k * self.step for k in range(count + 1))


class SeriesFile(Strict):
    """A year-indexed input read from a column of a table: columns state, year and this one."""

    file: str
    column: str


class Data(Strict):
    """The historical figures a scenario is held against."""

    file: str
    units: str = ""
    price_basis: str = ""
    last_year: float | None = None
    published_burden: dict[str, Any] = {}
    source: str = ""


class Fit(Strict):
    """Which parameters a fit leaves free, and what it holds fixed and why.

    ``tied`` names constants that share one value; ``bounds`` and ``priors`` go by constant,
    element or tied name.
    """

    parameters: tuple[str, ...] = ()
    tied: dict[str, tuple[str, ...]] = {}
    bounds: dict[str, tuple[float, float]] = {}
    priors: dict[str, Distribution] = {}
    variable: str = ""
    noise: str = ""
    fixed: dict[str, str] = {}
    note: str = ""


class Draws(Strict):
    """Draws of fitted constants that belong to the values: a table with a row a draw."""

    file: str
    note: str = ""


class Varied(Strict):
    """Which parameters designs vary."""

    names: tuple[str, ...] = ()


class Case(Strict):
    """One of several variants of a scenario."""

    title: str = ""
    params: dict[str, Any] = {}
    origins: dict[str, str] = {}


class ScenarioFile(Strict):
    """A scenario file, key by key."""

    title: str
    model: str
    question: str = ""
    description: str = ""
    sources: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    subscripts: dict[str, tuple[str, ...]] = {}
    times: Times | None = None
    params: dict[str, Any] = {}
    origins: dict[str, str] = {}
    series: dict[str, SeriesFile | dict[str, dict[str, float]]] = {}
    data: Data | None = None
    fit: Fit = Fit()
    draws: Draws | None = None
    parameters: Varied = Varied()
    outputs: tuple[str, ...] = ()
    cases: dict[str, Case] = {}
    propositions: dict[str, Proposition] = {}


def read_scenario_file(path: Path) -> ScenarioFile:
    """Read and check a scenario file.

    Raises
    ------
    FileError, ScenarioError
        Every mistake, each with its place and the nearest key.
    """
    found = read_toml(path, ScenarioFile)
    given = {spelling(each.split(".")[0].split("[")[0]) for each in (*found.params, *found.series)}
    given |= {spelling(name) for case in found.cases.values() for name in case.params}
    strays = [
        Finding(
            "error",
            f"An origin is given for {name!r}, which the scenario does not set.",
            f"{path.name}, [origins] {name}",
            (name,),
            suggestion(name, [*found.params, *found.series]),
        )
        for name in found.origins
        if spelling(name.split(".")[0].split("[")[0]) not in given
    ]
    if strays:
        raise ScenarioError(*strays)
    return found


def locate(name: str, beside: Path) -> Path:
    """Return a data file named in a scenario: beside it, in its data folder, or bundled."""
    for folder in (beside.parent, beside.parent / "data", beside.parent.parent / "data"):
        if (folder / name).is_file():
            return folder / name
    if name in {f"{each}.csv" for each in bundle.data()}:
        return bundle.path("data", name)
    message = f"The data file {name!r} is neither beside the scenario nor bundled."
    hint = suggestion(name, [f"{each}.csv" for each in bundle.data()])
    raise FileError(Finding("error", message, beside.name, remedy=hint))


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV whose comment lines start with #."""
    import pandas as pd

    try:
        return pd.read_csv(path, comment="#", skipinitialspace=True)
    except OSError as error:
        raise FileError(Finding("error", f"{path} cannot be read: {error.strerror}.")) from None
    except ValueError as error:
        raise DataError(Finding("error", f"This is not a table: {error}.", path.name)) from None


def read_data(path: Path, states: tuple[str, ...], about: Data) -> pd.DataFrame:
    """Read historical figures: tidy, checked, with units and price basis in ``attrs``.

    Parameters
    ----------
    path : Path
        A CSV with columns state, year, variable, value.
    states : tuple of str
        The scenario's states; each needs figures.
    about : Data
        Units and price basis.

    Returns
    -------
    DataFrame
        Columns state, year, variable, value; ``attrs``: units, price_basis, source.

    Raises
    ------
    DataError
        For missing columns, repeated rows, values that are not positive numbers, and states
        without figures; all together.
    """
    import pandas as pd

    table = read_table(path)
    missing = [each for each in DATA_COLUMNS if each not in table.columns]
    if missing:
        remedy = f"The table needs {', '.join(DATA_COLUMNS)}."
        raise DataError(
            Finding("error", f"No column {', '.join(missing)}.", path.name, remedy=remedy)
        )
    table = table[list(DATA_COLUMNS)].copy()
    findings: list[Finding] = []
    for column in ("year", "value"):
        numbers = pd.to_numeric(table[column], errors="coerce")
        for row in table.index[numbers.isna()]:
            shown = table.loc[row, column]
            findings.append(
                Finding(
                    "error", f"{column} {shown!r} is not a number.", f"{path.name}, row {row + 2}"
                )
            )
        table[column] = numbers
    for row in table.index[table["value"] <= 0]:
        findings.append(
            Finding(
                "error",
                f"The value {table.loc[row, 'value']:g} is not positive.",
                f"{path.name}, row {row + 2}",
                remedy="Leave unknown years out.",
            )
        )
    for row in table.index[table.duplicated(["state", "year", "variable"])]:
        findings.append(
            Finding(
                "error",
                "This state, year and variable stand twice.",
                f"{path.name}, row {row + 2}",
                remedy="Keep one.",
            )
        )
    known = set(table["state"])
    for state in states:
        if state not in known:
            findings.append(
                Finding(
                    "error",
                    f"There are no figures for {state!r}.",
                    path.name,
                    (state,),
                    suggestion(state, sorted(known)),
                )
            )
    if findings:
        raise DataError(*findings)
    table = table[table["state"].isin(states)]
    if about.last_year is not None:
        table = table[table["year"] <= about.last_year]
    table = table.reset_index(drop=True)
    table.attrs = {
        "units": about.units,
        "price_basis": about.price_basis,
        "source": about.source or path.name,
    }
    return table
