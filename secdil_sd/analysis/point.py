"""A case opened for questions about single states of it: rates, gains, bounds, starts, labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis import rest
from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation import gains
from secdil_sd.simulation.engine import Setup, simulate

if TYPE_CHECKING:
    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

SPENDING_LEVELS = (0.01, 0.03, 0.06, 0.1, 0.16, 0.25, 0.4, 0.6, 0.8, 0.95)
"""Starts, as shares of the budget ceiling."""
COMMUNITY_LEVELS = (0.0, 0.5, 0.9)
RANDOM_STARTS = 24


class Point:
    """A case opened for questions about single states of it."""

    def __init__(self, case: Scenario | Model) -> None:
        if getattr(case, "cases", None):
            case.refuse_cases()  # type: ignore[union-attr]
        self.case = case
        self.model: Model = getattr(case, "model", case)  # type: ignore[arg-type]
        self.setup: Setup = case.setup(outputs=[])[0]
        self.real = self.setup.bind(())
        self.complex = self.setup.bind((), dtype=complex)
        self.start = self.real.initial.copy()
        self.labels = _labels(self.setup)
        self.scale = np.where(np.abs(self.start) > 0, np.abs(self.start), 1.0)
        self._roles: rest.Roles | None = None

    def rates(self, t: float) -> rest.Field:
        def rates(y: np.ndarray) -> np.ndarray:
            out = np.empty_like(y)
            with np.errstate(all="ignore"):
                self.complex.derivatives(t, y, out)
            return out

        return rates

    def roles(self, t: float, y: np.ndarray) -> rest.Roles:
        if self._roles is None:
            shaken = np.random.default_rng(0).uniform(0.6, 1.5, (3, len(y)))
            moved = [y * each + 0.1 * self.scale * (each - 1) for each in shaken]
            self._roles = rest.sort_entries(self.rates(t), [y, *moved])
        return self._roles

    def moment(self, at: float) -> float:
        """Return a time of the run, or say which there are."""
        return _as_time(at, self.setup.times)

    def state(self, at: str | float | np.ndarray) -> tuple[float, np.ndarray, str]:
        times = self.setup.times
        if isinstance(at, np.ndarray):
            return float(times[-1]), at, "at the given state"
        if at == "start":
            return float(times[0]), self.start, "at the start"
        wanted = float(times[-1]) if at == "end" else _as_time(at, times)
        grid = np.array([times[0], wanted]) if wanted > times[0] else times[:2]
        solved = simulate(replace(self.setup, times=grid))
        place = 1 if wanted > times[0] else 0
        return wanted, np.asarray(solved.solution.states[place]), f"at time {wanted:g}"

    def gains(self, t: float, y: np.ndarray) -> dict[str, float]:
        """Return the gains at a state of the moment ``t``."""
        if not self.model.gains:
            return {}
        setup = replace(self.setup, times=np.array([t, t + self.setup.step]))
        states = np.stack([y, y])
        found = gains.gains(setup, self.model.companion.roles, states, self.model.gains)
        return {name: float(values[0]) for name, values in found.items()}

    def burdens(self, y: np.ndarray) -> dict[str, float]:
        roles = self.model.companion.roles
        if "gdp" not in roles or "spending" not in roles:
            return {}
        slots = self.real.program.schedule.slots
        names = self.model.system.names
        spending, gdp = slots[names[roles["spending"]]], slots[names[roles["gdp"]]]
        found = {}
        for k in range(spending.size):
            label = self.labels[spending.offset + k].replace(spending.name, "burden", 1)
            found[label] = float(y[spending.offset + k] / y[gdp.offset + k])
        return found

    def refuse_growth(self, t: float) -> None:
        """GDP that grows never rests: say what to hold."""
        if self.growing(t):
            name = self.model.companion.roles["gdp"]
            growth = self.model.companion.roles.get("gdp_growth", "GDP growth")
            message = f"{name!r} grows, so nothing comes to rest."
            remedy = (
                f"Hold it: case.replace(params={{{growth!r}: 0}}) asks where things would settle."
            )
            raise InputError(Finding("error", message, variables=(name,), remedy=remedy))

    def growing(self, t: float) -> slice | None:
        """Return where GDP lies in the state if it grows at that time, else None."""
        roles = self.model.companion.roles
        if "gdp" not in roles:
            return None
        slot = self.real.program.schedule.slots[self.model.system.names[roles["gdp"]]]
        part = slice(slot.offset, slot.offset + slot.size)
        rate = np.real(self.rates(t)(self.start.astype(complex)))[part]
        return part if np.max(np.abs(rate / self.start[part])) > 1e-12 else None

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what the file's ranges allow each entry of the state."""
        low, high = np.full(len(self.start), -np.inf), np.full(len(self.start), np.inf)
        for slot in self.real.program.schedule.stocks:
            variable = self.model.system.get(slot.name)
            part = slice(slot.offset, slot.offset + slot.size)
            if variable is not None and variable.low is not None:
                low[part] = variable.low
            if variable is not None and variable.high is not None:
                high[part] = variable.high
        return low, high

    def starts(self, t: float) -> Iterator[np.ndarray]:
        """The beginning, the end of a run, and a set that spans what the model can do."""
        yield self.start
        ended = self.state("end")[1]
        if np.isfinite(ended).all():
            yield ended
        roles = self.model.companion.roles
        if all(each in roles for each in gains.LOOP_ROLES):
            yield from self._settled_starts(t)
            return
        spread = np.maximum(np.abs(ended - self.start), self.scale)
        for draw in np.random.default_rng(0).uniform(-2, 3, (RANDOM_STARTS, len(self.start))):
            yield self.start + draw * spread

    def _settled_starts(self, t: float) -> Iterator[np.ndarray]:
        roles = self.model.companion.roles
        loop = gains.Loop(self.setup, roles, None, None)
        ceiling = (
            np.real(loop.pressure(t, self.start)["maximum_burden"]) * self.start[loop.place["gdp"]]
        )
        slots, names = self.real.program.schedule.slots, self.model.system.names
        community = slots[names[roles["community"]]] if "community" in roles else None
        states = len(ceiling)
        equal = [(level,) * states for level in SPENDING_LEVELS]
        mixed = list(product((0.03, 0.3, 0.9), repeat=states)) if states <= 3 else []
        for levels, close in product([*equal, *mixed], COMMUNITY_LEVELS if community else (0.0,)):
            y = self.start.astype(complex)
            y[loop.place["spending"]] = np.array(levels) * ceiling
            if community is not None:
                part = slice(community.offset, community.offset + community.size)
                y[part] = close * (1.0 - np.eye(states)).ravel()
            yield np.real(loop.settled(t, y))


def _as_time(at: Any, times: np.ndarray) -> float:
    try:
        wanted = float(at)
    except (TypeError, ValueError):
        wanted = float("nan")
    if not times[0] <= wanted <= times[-1]:
        message = f"at is {at!r}, not a time between {times[0]:g} and {times[-1]:g}."
        raise InputError(
            Finding("error", message, variables=("at",), remedy='Give one, or "start" or "end".')
        )
    return wanted


def _labels(setup: Setup) -> np.ndarray:
    """Name each entry of the state: "spending[India]"."""
    from secdil_sd.equations.dimensions import elements

    found = []
    for slot in setup.compiler.schedule(setup.system, setup.values).stocks:
        labels = [elements(setup.system, each) for each in slot.dimensions]
        found += [
            f"{slot.name}[{', '.join(each)}]" if each else slot.name for each in product(*labels)
        ]
    return np.array(found, dtype=object)


def is_self_pair(label: str) -> bool:
    """Whether a label names a state paired with itself.

    >>> is_self_pair("belief log odds[East, East]"), is_self_pair("spending[East]")
    (True, False)
    """
    inside = label.partition("[")[2].rstrip("]").split(", ")
    return len(inside) > 1 and len(set(inside)) == 1
