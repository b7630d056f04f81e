"""secdil: the security dilemma as system dynamics.

The public names, on one page. Each is loaded on first use, so importing secdil costs nothing::

    import secdil_sd as sd

    case = sd.load_scenario("cold_war")
    sd.spiral_number(case.run())
    sd.report(case, path="cold_war.html")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from secdil_sd.analysis.against import check_against as check_against
    from secdil_sd.analysis.bridges import to_ema as to_ema
    from secdil_sd.analysis.bridges import to_salib as to_salib
    from secdil_sd.analysis.checking.units import check_units as check_units
    from secdil_sd.analysis.dyads import dyads as dyads
    from secdil_sd.analysis.exploration.discovery import discover as discover
    from secdil_sd.analysis.exploration.experiments import samples_of as samples_of
    from secdil_sd.analysis.exploration.modes import behavior_modes as behavior_modes
    from secdil_sd.analysis.exploration.stacking import dimensional_stacking as dimensional_stacking
    from secdil_sd.analysis.policy.remedies import remedies as remedies
    from secdil_sd.analysis.policy.search import search_policy as search_policy
    from secdil_sd.analysis.propositions.book import claims as claims
    from secdil_sd.analysis.propositions.testing import propositions as propositions
    from secdil_sd.analysis.reality.checks import reality_check as reality_check
    from secdil_sd.analysis.sensitivity.study import sensitivity as sensitivity
    from secdil_sd.analysis.sensitivity.study import sensitivity_of as sensitivity_of
    from secdil_sd.analysis.stability import equilibria as equilibria
    from secdil_sd.analysis.stability import stability as stability
    from secdil_sd.analysis.structure.tracing import causes as causes
    from secdil_sd.analysis.structure.tracing import uses as uses
    from secdil_sd.analysis.sweeps.over_draws import over_draws as over_draws
    from secdil_sd.analysis.sweeps.stability_map import stability_map as stability_map
    from secdil_sd.analysis.sweeps.sweep import sweep as sweep
    from secdil_sd.analysis.sweeps.sweep import sweep_members as sweep_members
    from secdil_sd.analysis.sweeps.sweep import sweep_zipped as sweep_zipped
    from secdil_sd.analysis.sweeps.threshold import threshold as threshold
    from secdil_sd.analysis.tipping.basins import basins as basins
    from secdil_sd.analysis.tipping.bifurcation import bifurcation as bifurcation
    from secdil_sd.bundle import models as models
    from secdil_sd.bundle import scenarios as scenarios
    from secdil_sd.errors import DataError as DataError
    from secdil_sd.errors import FileError as FileError
    from secdil_sd.errors import Finding as Finding
    from secdil_sd.errors import InputError as InputError
    from secdil_sd.errors import ModelError as ModelError
    from secdil_sd.errors import ScenarioError as ScenarioError
    from secdil_sd.errors import SecdilError as SecdilError
    from secdil_sd.errors import SolveError as SolveError
    from secdil_sd.figures.draw import figure as figure
    from secdil_sd.fitting.comparison.comparing import compare as compare
    from secdil_sd.fitting.estimate import fit as fit
    from secdil_sd.fitting.panel.fitting import fit_panel as fit_panel
    from secdil_sd.fitting.posterior.calibration import (
        simulation_based_calibration as simulation_based_calibration,
    )
    from secdil_sd.fitting.saved import load_fit as load_fit
    from secdil_sd.fitting.screening.placebos import placebo_pairs as placebo_pairs
    from secdil_sd.fitting.screening.screen import screen as screen
    from secdil_sd.readers.checks import check_data as check_data
    from secdil_sd.readers.countries import find_state as find_state
    from secdil_sd.readers.maddison import read_maddison as read_maddison
    from secdil_sd.readers.nmc import read_nmc as read_nmc
    from secdil_sd.readers.prices import deflated as deflated
    from secdil_sd.readers.prices import read_index as read_index
    from secdil_sd.readers.prices import rebased as rebased
    from secdil_sd.readers.prices import rescaled as rescaled
    from secdil_sd.readers.regimes import read_polity as read_polity
    from secdil_sd.readers.regimes import read_vdem as read_vdem
    from secdil_sd.readers.select import select as select
    from secdil_sd.readers.sipri import read_sipri as read_sipri
    from secdil_sd.readers.spending import read_spending as read_spending
    from secdil_sd.readers.together import burden as burden
    from secdil_sd.readers.together import combined as combined
    from secdil_sd.readers.together import gdp_from_share as gdp_from_share
    from secdil_sd.readers.together import implied_burden as implied_burden
    from secdil_sd.readers.worldbank import read_worldbank as read_worldbank
    from secdil_sd.reporting.report import report as report
    from secdil_sd.simulation.changes import read_changes as read_changes
    from secdil_sd.simulation.changes import write_changes as write_changes
    from secdil_sd.simulation.drafting.new import new_scenario as new_scenario
    from secdil_sd.simulation.gains import spiral_number as spiral_number
    from secdil_sd.simulation.geography import world as world
    from secdil_sd.simulation.model import load_model as load_model
    from secdil_sd.simulation.savelist import read_savelist as read_savelist
    from secdil_sd.simulation.scenario_loading import load_scenario as load_scenario
    from secdil_sd.simulation.tables import read_samples as read_samples
    from secdil_sd.simulation.tables import write_samples as write_samples

__version__ = "0.1.0"

_HOMES = {
    # models and scenarios
    "load_model": "secdil_sd.simulation.model",
    "load_scenario": "secdil_sd.simulation.scenario_loading",
    "models": "secdil_sd.bundle",
    "new_scenario": "secdil_sd.simulation.drafting.new",
    "scenarios": "secdil_sd.bundle",
    "world": "secdil_sd.simulation.geography",
    # files of other programs
    "read_changes": "secdil_sd.simulation.changes",
    "read_samples": "secdil_sd.simulation.tables",
    "read_savelist": "secdil_sd.simulation.savelist",
    "samples_of": "secdil_sd.analysis.exploration.experiments",
    "to_ema": "secdil_sd.analysis.bridges",
    "to_salib": "secdil_sd.analysis.bridges",
    "write_changes": "secdil_sd.simulation.changes",
    "write_samples": "secdil_sd.simulation.tables",
    # where something happens
    "behavior_modes": "secdil_sd.analysis.exploration.modes",
    "dimensional_stacking": "secdil_sd.analysis.exploration.stacking",
    "discover": "secdil_sd.analysis.exploration.discovery",
    # history: figures of states, one price basis
    "burden": "secdil_sd.readers.together",
    "check_data": "secdil_sd.readers.checks",
    "combined": "secdil_sd.readers.together",
    "deflated": "secdil_sd.readers.prices",
    "find_state": "secdil_sd.readers.countries",
    "gdp_from_share": "secdil_sd.readers.together",
    "implied_burden": "secdil_sd.readers.together",
    "read_index": "secdil_sd.readers.prices",
    "read_maddison": "secdil_sd.readers.maddison",
    "read_nmc": "secdil_sd.readers.nmc",
    "read_polity": "secdil_sd.readers.regimes",
    "read_sipri": "secdil_sd.readers.sipri",
    "read_spending": "secdil_sd.readers.spending",
    "read_vdem": "secdil_sd.readers.regimes",
    "read_worldbank": "secdil_sd.readers.worldbank",
    "rebased": "secdil_sd.readers.prices",
    "rescaled": "secdil_sd.readers.prices",
    "select": "secdil_sd.readers.select",
    # does history agree
    "compare": "secdil_sd.fitting.comparison.comparing",
    "fit": "secdil_sd.fitting.estimate",
    "fit_panel": "secdil_sd.fitting.panel.fitting",
    "load_fit": "secdil_sd.fitting.saved",
    "placebo_pairs": "secdil_sd.fitting.screening.placebos",
    "screen": "secdil_sd.fitting.screening.screen",
    "simulation_based_calibration": "secdil_sd.fitting.posterior.calibration",
    # what a model or a run says
    "basins": "secdil_sd.analysis.tipping.basins",
    "bifurcation": "secdil_sd.analysis.tipping.bifurcation",
    "check_against": "secdil_sd.analysis.against",
    "check_units": "secdil_sd.analysis.checking.units",
    "dyads": "secdil_sd.analysis.dyads",
    "reality_check": "secdil_sd.analysis.reality.checks",
    "claims": "secdil_sd.analysis.propositions.book",
    "propositions": "secdil_sd.analysis.propositions.testing",
    "equilibria": "secdil_sd.analysis.stability",
    "sensitivity": "secdil_sd.analysis.sensitivity.study",
    "sensitivity_of": "secdil_sd.analysis.sensitivity.study",
    "spiral_number": "secdil_sd.simulation.gains",
    "stability": "secdil_sd.analysis.stability",
    # what drives what
    "causes": "secdil_sd.analysis.structure.tracing",
    "uses": "secdil_sd.analysis.structure.tracing",
    # what moves it
    "over_draws": "secdil_sd.analysis.sweeps.over_draws",
    "stability_map": "secdil_sd.analysis.sweeps.stability_map",
    "sweep": "secdil_sd.analysis.sweeps.sweep",
    "sweep_members": "secdil_sd.analysis.sweeps.sweep",
    "sweep_zipped": "secdil_sd.analysis.sweeps.sweep",
    "threshold": "secdil_sd.analysis.sweeps.threshold",
    # what would stop it
    "remedies": "secdil_sd.analysis.policy.remedies",
    "search_policy": "secdil_sd.analysis.policy.search",
    # showing it
    "figure": "secdil_sd.figures.draw",
    "report": "secdil_sd.reporting.report",
    # what can go wrong
    "DataError": "secdil_sd.errors",
    "FileError": "secdil_sd.errors",
    "Finding": "secdil_sd.errors",
    "InputError": "secdil_sd.errors",
    "ModelError": "secdil_sd.errors",
    "ScenarioError": "secdil_sd.errors",
    "SecdilError": "secdil_sd.errors",
    "SolveError": "secdil_sd.errors",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in, once."""
    if name in _HOMES:
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value
    hint = ""
    if not name.startswith("_"):
        from secdil_sd.names import suggestion

        hint = f" {suggestion(name, __all__)}"
    raise AttributeError(f"module 'secdil_sd' has no attribute {name!r}.{hint}")


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
