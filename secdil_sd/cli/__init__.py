"""The command line: thin commands over the public names.

Heavy imports happen inside the commands, so that ``secdil --help`` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.ask import check, report, stability
from secdil_sd.cli.compare import compare
from secdil_sd.cli.data import data
from secdil_sd.cli.discover import discover
from secdil_sd.cli.fit import fit
from secdil_sd.cli.listing import models, scenarios
from secdil_sd.cli.new import new
from secdil_sd.cli.panel import panel
from secdil_sd.cli.policy import policy
from secdil_sd.cli.propositions import propositions
from secdil_sd.cli.run import run
from secdil_sd.cli.screen import screen
from secdil_sd.cli.sensitivity import sensitivity
from secdil_sd.cli.structure import causes, uses
from secdil_sd.cli.sweep import sweep
from secdil_sd.errors import SecdilError

app = typer.Typer(
    help="Will this rivalry spiral, what would have stopped it, and does history agree?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

for _command in (
    report, run, fit, compare, screen, panel, sweep, sensitivity, discover, policy, propositions,
    stability, causes, uses, models, scenarios, new, check,
):  # fmt: skip
    app.command()(_command)
app.add_typer(data, name="data")


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(f"secdil {sd.__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; a user's mistake is a sentence and exit code 2."""
    import logging

    said = logging.StreamHandler()  # what the package has to say in passing, as plain lines
    logging.getLogger("secdil_sd").handlers[:] = [said]
    try:
        app()
    except SecdilError as error:
        typer.echo(f"secdil: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        sys.exit(130)
