"""The command ``data``: look into files of public figures before anything is fitted to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import OutputOption, check_writable, given

if TYPE_CHECKING:
    import pandas as pd

TABLE_SUFFIXES = (".csv", ".parquet", ".json")

data = typer.Typer(
    help="Look into files of public figures: SIPRI, Correlates of War, World Bank, your own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="A sheet of a workbook, or the beginning of its name.")
]
StateOption = Annotated[
    list[str] | None,
    typer.Option("--state", metavar="STATE", help="Name, ISO code or COW number; repeatable."),
]


@data.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV or workbook.")],
    sheet: SheetOption = None,
    state: StateOption = None,
) -> None:
    """Show gaps, jumps above 50%, repeated figures, doubled years, mixed bases.

    Exit code 2 if there are mistakes; what is only conspicuous is a warning.
    """
    findings = sd.check_data(*files, **given(sheet=sheet, states=state))
    for each in findings:
        typer.echo(f"{each.severity}: {each}")
    errors = sum(each.severity == "error" for each in findings)
    warnings = sum(each.severity == "warning" for each in findings)
    shown = ", ".join(each.name for each in files)
    typer.echo(f"{shown}: {_count(errors, 'error')}, {_count(warnings, 'warning')}")
    if errors:
        raise typer.Exit(2)


@data.command()
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or workbook.")],
    state: StateOption = None,
    sheet: SheetOption = None,
    variable: Annotated[
        str | None, typer.Option("--variable", help="One of several, as GDP.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Show what a file holds as a tidy table, with its units; -o writes it."""
    if output is not None:
        check_writable(output, TABLE_SUFFIXES)
    table = sd.read_spending(file, **given(sheet=sheet))
    if state or variable:
        table = sd.select(table, **given(states=state, variable=variable))
    for line in _about(table):
        typer.echo(line)
    typer.echo("")
    typer.echo(_years(table) if state else _coverage(table))
    if output is not None:
        from secdil_sd.analysis.saving import save_result

        record = {str(name): value for name, value in table.attrs.items()}
        typer.echo(f"Wrote {save_result(output, {'data': _with_basis(table)}, record)}")


@data.command()
def countries(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, ISO code or COW number.")],
    year: Annotated[
        int | None, typer.Option("--year", help="The year in question: names change hands.")
    ] = None,
) -> None:
    """Say which state a name or code means."""
    typer.echo(str(sd.find_state(name, year)))


def _about(table: pd.DataFrame) -> list[str]:
    """Return what a table says about itself, a line a statement."""
    attrs = table.attrs
    sheet = f", sheet {attrs['sheet']!r}" if attrs["sheet"] else ""
    edition = f" ({attrs['vintage']})" if attrs["vintage"] else ""
    lines = [f"{attrs['source']}{edition}: {attrs['file']}{sheet}"]
    if isinstance(attrs["units"], dict):
        for name in attrs["units"]:
            lines.append(f"{name}: {_basis({k: attrs[k][name] for k in BASIS})}")
    else:
        lines.append(f"units: {_basis(attrs)}")
    lines += [f"left out: {each}" for each in attrs["dropped"]]
    return lines + [f"note: {each}" for each in attrs["notes"]]


BASIS = ("units", "price_basis", "base_year")


def _basis(attrs: dict) -> str:
    units = attrs["units"] or "not stated"
    if attrs["base_year"]:
        return f"{units}, constant prices of {attrs['base_year']}"
    return f"{units}, current prices" if attrs["price_basis"] == "current" else units


def _years(table: pd.DataFrame) -> str:
    """Lay a few states side by side, a row a year, years without any figure left out."""
    columns = ["variable", "state"] if "variable" in table else ["state"]
    wide = table.pivot(index="year", columns=columns, values="value").dropna(how="all")
    return wide.to_string(float_format=lambda value: f"{value:.6g}", na_rep="")


def _coverage(table: pd.DataFrame) -> str:
    """Return a row a state: its first and last year, and how many figures."""
    by = ["state", "variable"] if "variable" in table else ["state"]
    known = table[table["value"].notna()].groupby(by)["year"].agg(["min", "max", "count"])
    known.columns = ["first", "last", "figures"]
    return known.reset_index().to_string(index=False)


def _with_basis(table: pd.DataFrame) -> pd.DataFrame:
    """Add what the values are in as columns, so that a CSV says it too."""
    found = table.copy()
    for name in (*BASIS, "source", "vintage"):
        value = table.attrs[name]
        found[name] = table["variable"].map(value) if isinstance(value, dict) else value
    return found


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
