"""Commands that list what comes with secdil."""

from __future__ import annotations

import typer

import secdil_sd as sd


def models() -> None:
    """List the models that come with secdil."""
    for name in sd.models():
        model = sd.load_model(name)
        counts = model.variables["kind"].value_counts()
        shown = ", ".join(
            f"{counts[kind]} {kind}s" for kind in ("stock", "constant") if kind in counts
        )
        typer.echo(f"{name:20} {shown}  {model.path.name if model.path else ''}")


def scenarios() -> None:
    """List the scenarios that come with secdil."""
    for name in sd.scenarios():
        case = sd.load_scenario(name)
        typer.echo(f"{name:20} {case.title}")
