"""Treatments run over worlds: shared by all claims, in a few large ensembles, on the same draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.propositions.book import Book, Treatment
from secdil_sd.equations.dimensions import dimensions, elements
from secdil_sd.names import key, split_selector
from secdil_sd.simulation.gains import GAINS
from secdil_sd.simulation.model import load_model

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model

STATES = "ABCDEFGH"

LEAST_CHUNK, MOST_CHUNK = 256, 2048
"""Members solved together: few enough that the fast ones of a group do not hold up the rest."""


@dataclass(frozen=True)
class Worlds:
    """The worlds every treatment is tried in.

    Parameters
    ----------
    draws : DataFrame
        A row a world, a column a constant; NaN for the model's default.
    held : tuple of mapping of str to float
        What each world holds fixed against every treatment: the neutral values of a knockout.
    """

    draws: pd.DataFrame
    held: tuple[Mapping[str, float], ...]

    @classmethod
    def at_defaults(cls, book: Book, held: Iterable[Mapping[str, float]] = ({},)) -> Worlds:
        """Return the model's defaults, once for each thing that is held."""
        import pandas as pd

        kept = tuple(held)
        blank = pd.DataFrame(
            np.nan, index=range(len(kept)), columns=list(load_dyad(book).companion.uncertain)
        )
        return cls(blank, kept)

    @property
    def count(self) -> int:
        """How many worlds there are."""
        return len(self.held)


@dataclass(frozen=True)
class Outcomes:
    """What the treatments gave.

    Parameters
    ----------
    values : mapping of (treatment, output) to array (..., world)
    ok : mapping of treatment to array (world,) of bool
    times : mapping of treatment to array (time,)
    members : int
        Simulations run.
    """

    values: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    ok: dict[str, np.ndarray] = field(default_factory=dict)
    times: dict[str, np.ndarray] = field(default_factory=dict)
    members: int = 0

    def __call__(self, treatment: str, output: str) -> np.ndarray:
        """Return an output of a treatment in every world."""
        return self.values[treatment, output]


def load_dyad(book: Book, states: int = 2) -> Model:
    """Return the model of the claims with states A, B, ..."""
    return _with_states(book.model, states)


@cache
def _with_states(model: str, states: int) -> Model:
    """One model object for all runs: what is compiled for it is then found again at once."""
    return load_model(model, subscripts={"state": list(STATES[:states])})


def run_treatments(
    book: Book, worlds: Worlds, wanted: Mapping[str, Iterable[str]], **options: Any
) -> Outcomes:
    """Run treatments in every world and return the outputs wanted of each.

    Treatments that last equally long share one ensemble; those that begin where another ends
    follow it. Whatever differs between two treatments, the draws are the same.

    Parameters
    ----------
    book : Book
    worlds : Worlds
    wanted : mapping of str to iterable of str
        Outputs by treatment.
    **options
        As `Model.run_ensemble`: client, backend, chunk, progress.
    """
    asked = {name: set(outputs) for name, outputs in wanted.items()}
    for name in list(asked):
        each = book.treatments[name]
        if each.after:
            asked.setdefault(each.after, set()).update(each.carry.values())
    done = Outcomes()
    members = 0
    while len(done.ok) < len(asked):
        ready = [
            name
            for name in book.treatments
            if name in asked
            and name not in done.ok
            and book.treatments[name].after in ("", *done.ok)
        ]
        groups: dict[tuple[Any, ...], list[str]] = {}
        for name in ready:
            groups.setdefault(_kind(book.treatments[name], asked[name]), []).append(name)
        for names in groups.values():
            _run_group(book, worlds, {name: asked[name] for name in names}, done, options)
            members += len(names) * worlds.count
    return Outcomes(done.values, done.ok, done.times, members)


def _kind(treatment: Treatment, outputs: set[str]) -> tuple[Any, ...]:
    """What treatments of one ensemble share; the gains cost as much as a run, so not all ask."""
    gains = any(gain in output for output in outputs for gain in GAINS)
    return treatment.states, treatment.horizon, treatment.after, gains


def _run_group(
    book: Book,
    worlds: Worlds,
    asked: Mapping[str, set[str]],
    done: Outcomes,
    options: Mapping[str, Any],
) -> None:
    """Run treatments of one kind as one ensemble, treatment after treatment, into ``done``."""
    treatments = {name: book.treatments[name] for name in asked}
    first = next(iter(treatments.values()))
    model = load_dyad(book, first.states)
    table = Columns(model, worlds, treatments.values())
    ok = np.ones((len(treatments), worlds.count), dtype=bool)
    samples = []
    for k, treatment in enumerate(treatments.values()):
        carried = {to: done(treatment.after, what) for to, what in treatment.carry.items()}
        if treatment.after:
            ok[k] = done.ok[treatment.after]
        samples.append(table.members(treatment, carried))
    outputs = sorted(set().union(*asked.values()))
    times = np.asarray(book.horizons[first.horizon].times)
    stacked = _stacked(samples)
    order = np.argsort(table.pace(stacked), kind="stable")
    chunk = int(np.clip(np.ceil(len(stacked) / 4), LEAST_CHUNK, MOST_CHUNK))
    settings = {"progress": False, "chunk": chunk, **options}
    run = model.run_ensemble(stacked.iloc[order], times=times, outputs=outputs, **settings)
    back = np.argsort(order)
    ok &= (run["status"].values[back] == "ok").reshape(ok.shape)
    for output in outputs:
        array = run[key(output)]
        rest = [each for each in array.dims if each != "member"]
        values = array.transpose(*rest, "member").values[..., back]
        values = values.reshape(*values.shape[:-1], *ok.shape)
        for k, name in enumerate(treatments):
            done.values[name, output] = values[..., k, :]
    for k, name in enumerate(treatments):
        done.ok[name], done.times[name] = ok[k], times


class Columns:
    """The columns of an ensemble's samples: every constant that a world or treatment touches."""

    def __init__(self, model: Model, worlds: Worlds, treatments: Iterable[Treatment]) -> None:
        self.model, self.worlds = model, worlds
        names = [*worlds.draws.columns, *(n for held in worlds.held for n in held)]
        names += [name for each in treatments for name in each.constants]
        split: dict[str, bool] = {}
        for name in names:
            variable, chosen = self._parts(name)
            split[variable] = split.get(variable, False) or bool(chosen)
        self.columns: dict[str, list[str]] = {
            variable: self._elements(variable) if by_element else [variable]
            for variable, by_element in split.items()
        }
        constants = model.setup(outputs=[])[0].values.constants
        self.defaults = {
            column: np.broadcast_to(value, worlds.count)
            for variable, columns in self.columns.items()
            for column, value in zip(
                columns, np.ravel(constants[variable])[: len(columns)], strict=True
            )
        }

    def members(
        self, treatment: Treatment, carried: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return the values of every column in every world, under a treatment."""
        found = {column: values.copy() for column, values in self.defaults.items()}
        for name in self.worlds.draws.columns:
            drawn = self.worlds.draws[name].to_numpy(dtype=float)
            for column in self._columns_of(name):
                found[column] = np.where(np.isnan(drawn), found[column], drawn)
        for name, factor in treatment.factor.items():
            for column in self._columns_of(name):
                found[column] = found[column] * factor
        for name, step in treatment.plus.items():
            for column in self._columns_of(name):
                found[column] = found[column] + step
        for name, value in treatment.set.items():
            for column in self._columns_of(name):
                found[column] = np.full(self.worlds.count, value)
        for name, values in carried.items():
            for column in self._columns_of(name):  # where the earlier run failed, so will this
                found[column] = np.where(np.isnan(values), found[column], values)
        for world, held in enumerate(self.worlds.held):
            for name, value in held.items():
                for column in self._columns_of(name):
                    found[column][world] = value
        return found

    def pace(self, samples: pd.DataFrame) -> np.ndarray:
        """Return roughly how fast each member moves at its fastest [1/yr].

        Members that are solved together take the steps of the fastest of them, so they are
        sorted by this; it changes no result beyond the tolerance.
        """
        system = self.model.system
        constants = self.model.setup(outputs=[])[0].values.constants

        def value(name: str) -> np.ndarray:
            own = [each for each in samples if split_selector(each)[0] == system.names[name]]
            if own:
                return samples[own].max(axis=1).to_numpy()
            return np.full(len(samples), np.max(constants[name]))

        push = value("balance effect") * value("offense defense balance")
        return np.maximum(2 * value("reaction") * np.exp(push), value("fatigue"))

    def _parts(self, name: str) -> tuple[str, tuple[str, ...]]:
        text, chosen = split_selector(name)
        return self.model.system.names[text], chosen

    def _columns_of(self, name: str) -> list[str]:
        variable, chosen = self._parts(name)
        return [f"{variable}[{','.join(chosen)}]"] if chosen else self.columns[variable]

    def _elements(self, variable: str) -> list[str]:
        system = self.model.system
        labels = [elements(system, each) for each in dimensions(system, variable)]
        return [f"{variable}[{','.join(each)}]" for each in product(*labels)]


def _stacked(samples: list[dict[str, np.ndarray]]) -> pd.DataFrame:
    import pandas as pd

    columns = samples[0]
    return pd.DataFrame(
        {name: np.concatenate([each[name] for each in samples]) for name in columns}
    )
