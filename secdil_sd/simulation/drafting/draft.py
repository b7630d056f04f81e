"""A scenario's values from a rivalry's figures, each with its origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secdil_sd.names import the
from secdil_sd.readers.rivalry import Rivalry
from secdil_sd.simulation.drafting.inputs import Inputs
from secdil_sd.simulation.drafting.toml_text import Inline
from secdil_sd.simulation.model import Model

LONG = 20
"""Years from which on grievance has to grow with the economy; fewer yearly changes than these
show no reaction even where there is one."""
FITTED = ("reaction", "fatigue", "grievance share", "grievance", "initial spending")
VARIED = (
    *("reaction", "fatigue", "grievance share", "grievance", "size exponent", "transparency"),
    *("sensibility", "revisionism", "offense defense balance", "distinguishability"),
    *("buildup alarm", "worst case bias", "stock weight"),
)
"""What designs vary, of what the model has."""
JUDGED = {
    "size exponent": "how a state weighs a rival larger than itself; .2 to .6 in earlier fits",
    "contact": "all are rivals of all; 0 between states at peace, as [params.contact.A] B = 0",
    "deterrence": "the share of the hazard nuclear weapons remove, from 0 to 1",
    "transparency": "what a state shows of itself by its own choice, from 0 to 1",
}
"""Constants worth a second look, written down at the model's defaults."""
TODO = "to be fitted"
FATIGUE = "spending alone tells little but reaction minus fatigue"


@dataclass(frozen=True)
class Value:
    """One entry of a scenario: a constant, what it is set to, and why."""

    name: str
    value: Any
    origin: str


def draft(model: Model, rivalry: Rivalry, inputs: Inputs, files: Mapping[str, str]) -> dict:
    """Return a scenario file's tables.

    Parameters
    ----------
    model : Model
        With the states as subscripts.
    rivalry, inputs
    files : mapping of str to str
        Names of the data files: "data" and, where there are measured series, "inputs".
    """
    first, last = rivalry.years
    constants = set(model.constants["name"])
    values = [each for each in _values(rivalry, inputs, model) if each.name in model.system]
    series = [each for each in _series(rivalry, inputs, files) if each.name in model.system]
    states = " and ".join(map(the, rivalry.states))
    found: dict[str, Any] = {
        "title": f"{_capital(' and '.join(rivalry.states))}, {first}-{last}",
        "question": f"Do {states} answer each other's arms, or does each go its own way?",
        "model": model.name,
        "description": _description(rivalry),
        "sources": list(_sources(rivalry)),
        "caveats": list(_caveats(rivalry, inputs, model)),
        "subscripts": {"state": list(rivalry.states)},
        "times": {"start": first, "end": last + 1, "step": 0.25},
        "params": {each.name: each.value for each in values},
        "series": {each.name: each.value for each in series},
        "origins": {each.name: each.origin for each in (*values, *series)},
        "data": _data(rivalry, files["data"]),
        "fit": _fit(constants, last - first),
        "parameters": {"names": [name for name in VARIED if name in constants]},
    }
    return {name: each for name, each in found.items() if each not in ({}, [], "")}


def _values(rivalry: Rivalry, inputs: Inputs, model: Model) -> Iterator[Value]:
    """Yield the constants to set; those the model has not are left out by the caller."""
    first, last = rivalry.years
    table = model.constants.set_index("name")
    default = table["value"].to_dict()
    if last - first >= LONG:
        why = "grievance grows with the economy over decades"
        yield Value("grievance growth exponent", 1, f"judgement: {why}")
    why = "the rivalry is older than the figures, so beliefs start where the evidence puts them"
    yield Value("settled start", 1, f"judgement: {why}")
    for name, why in JUDGED.items():
        if name in default:
            yield Value(name, float(default[name]), f"default of the model: {why}")
    for name in FITTED[:-1]:
        if name in default:
            origin = f"{TODO}: the model's default until then"
            if name == "fatigue" and "grievance share" not in default:
                origin = f"default of the model: {FATIGUE}"
            of_pairs = len(table.loc[name, "dimensions"]) > 1
            each = _of_pairs if of_pairs else dict.fromkeys
            yield Value(name, each(rivalry.states, float(default[name])), origin)
    spending = {name: value for name, (_, value) in inputs.first_spending.items()}
    late = [f"{n}: {year}" for n, (year, _) in inputs.first_spending.items() if year != first]
    which = f"the first figure ({', '.join(late)})" if late else f"the figure of {first}"
    yield Value("initial spending", spending, f"{TODO}: {which} until then")
    if inputs.initial_gdp:
        origin = f"measured: {rivalry.how['GDP']}; such that the model's first-year mean is it"
        yield Value("initial GDP", dict(inputs.initial_gdp), origin)
    if inputs.initial_capability:
        origin = (
            f"measured: perpetual inventory of spending {int(rivalry.spending.index.min())}-"
            f"{first - 1} at {float(default.get('obsolescence', 0)):.0%} a year, settled before it"
        )
        yield Value("initial capability", dict(inputs.initial_capability), origin)


def _of_pairs(states: tuple[str, ...], value: float) -> dict[str, dict[str, float]]:
    return {one: {other: value for other in states if other != one} for one in states}


def _series(rivalry: Rivalry, inputs: Inputs, files: Mapping[str, str]) -> Iterator[Value]:
    found = {"GDP growth": inputs.growth, "democracy": inputs.democracy}
    origins = {
        "GDP growth": "measured: growth of the yearly GDP",
        "democracy": f"measured: {rivalry.how.get('democracy', '')}",
    }
    for name, table in found.items():
        if table is not None:
            known = rivalry.gdp if name == "GDP growth" else rivalry.democracy
            origin = origins[name] + _carried(known, rivalry.years)
            yield Value(name, Inline(file=files["inputs"], column=name), origin)


def _carried(known: Any, years: tuple[int, int]) -> str:
    """Say where figures stop before the years do: the nearest is held beyond them."""
    known = known.dropna()
    first, last = int(known.index.min()), int(known.index.max())
    beyond = [f"before {first}"] if first > years[0] else []
    beyond += [f"after {last}"] if last < years[1] else []
    return f"; {' and '.join(beyond)} the nearest held on" if beyond else ""


def _description(rivalry: Rivalry) -> str:
    first, last = rivalry.years
    given = "what is measured enters as it was" if rivalry.gdp is not None else "spending alone"
    return (
        f"{_capital(' and '.join(map(the, rivalry.states)))} from {first} to {last}: {given}; "
        "reaction, fatigue and grievance wait to be fitted, and everything else is the model's "
        "default. See where each value comes from before believing it."
    )


def _sources(rivalry: Rivalry) -> Iterator[str]:
    yield from dict.fromkeys(
        f"{'Published burden' if what == 'burden' else _capital(what)}: {text}."
        for what, text in rivalry.how.items()
        if what != "burden" or rivalry.burdens
    )


def _caveats(rivalry: Rivalry, inputs: Inputs, model: Model) -> Iterator[str]:
    first, last = rivalry.years
    changes = last - first
    if changes < LONG:
        yield (
            f"With {changes} yearly changes a reaction does not show even where there is one; "
            f"below about {LONG} the answer is: cannot tell."
        )
    if rivalry.gdp is None:
        yield "There is no GDP here, so there are no burdens, and growth is no part of the model."
    elif not inputs.initial_capability:
        yield "No earlier spending is known: capability starts where initial spending keeps it."
    if inputs.democracy is None and "democracy" in model.system:
        yield "No democracy was given: both states count as closed autocracies until it is set."
    yield from rivalry.caveats


def _data(rivalry: Rivalry, file: str) -> dict[str, Any]:
    basis = rivalry.basis
    base = f" of {basis.base_year}" if basis.base_year else ""
    text = f"constant {basis.what}{base}: {rivalry.how['spending']}"
    if rivalry.gdp is not None:
        text += f"; GDP: {rivalry.how['GDP']}"
    found: dict[str, Any] = {
        "file": file,
        "units": f"{basis.units}{base}",
        "price_basis": text,
        "source": rivalry.how["spending"],
        "last_year": rivalry.years[1],
    }
    if rivalry.burdens:
        found["published_burden"] = {
            name: {
                "low": low,
                "high": high,
                "source": f"mean {mean:.2%}; {rivalry.how['burden']}",
            }
            for name, (mean, low, high) in rivalry.burdens.items()
        }
    return found


def _fit(constants: set[str], changes: int) -> dict[str, Any]:
    """Return what waits to be fitted; over many years misses last from one to the next."""
    names = [name for name in FITTED if name in constants]
    found: dict[str, Any] = {"parameters": names}
    if changes >= LONG:
        found["noise"] = "lognormal with memory"
    if "grievance share" not in constants and "fatigue" in names:
        names.remove("fatigue")
        found["fixed"] = {"fatigue": FATIGUE}
    return found


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
