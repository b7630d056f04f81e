"""Runs the rows of reference.toml on the prototype: what MODEL.md's tables claim, recomputed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from models.prototype import Array, Parameters, Stocks
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, root

from models import prototype as oracle

REFERENCE = tomllib.loads(Path(__file__).with_name("reference.toml").read_text("utf-8"))
LETTERS = "ABCDEFGHIJ"


def run_rows() -> list[Mapping[str, Any]]:
    """Return the single runs of reference.toml."""
    return REFERENCE["run"]


def derived_rows(name: str) -> list[Mapping[str, Any]]:
    """Return the rows of reference.toml that need more than a run, by name."""
    rows = [row for row in REFERENCE["derived"] if row["name"] == name]
    assert rows, f"reference.toml has no row named {name!r}"
    return rows


def as_parameters(row: Mapping[str, Any]) -> Parameters:
    """Return the prototype's parameters for a row that names states A, B, C ..."""
    states = LETTERS[: row.get("states", 2)]

    def plain(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return [plain(value.get(state, 0.0)) for state in states]

    values = {name: plain(value) for name, value in row["params"].items()}
    return oracle.parameters(len(states), values)


class Run:
    """One simulation of the prototype, answering outputs by the names of reference.toml."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.p = as_parameters(row)
        self.times = np.arange(0, row["end"] + row["step"] / 2, row["step"])
        # LSODA steps over a pulse it never sees: MODEL.md 3.3.
        shocked = np.any(self.p["u_amp"]) or np.any(self.p["v_amp"])
        self.path = oracle.simulate(self.p, self.times, max_step=0.5 if shocked else np.inf)

    def series(self, name: str) -> Array:
        """Return an output at every time, time first."""
        measure = MEASURES[name]
        stocks = (oracle.at(self.path, index) for index in range(self.times.size))
        return np.array([measure(s, self.p) for s in stocks])

    def single(self, name: str, time: float) -> Array:
        """Return an output at one time, which need not be an output time of the row."""
        if time in self.times:
            stocks = oracle.at(self.path, int(np.searchsorted(self.times, time)))
        else:
            stocks = oracle.at(oracle.simulate(self.p, [0.0, time]), -1)
        return np.asarray(MEASURES[name](stocks, self.p))

    def output(self, text: str) -> float:
        """Return one number, such as ``burden.A final`` or ``war probability at 50``."""
        if text.startswith("peak "):
            return float(self.series(text.removeprefix("peak ")).max())
        words = text.split()
        if words[-1] == "max":
            return float(_element(self.series, " ".join(words[:-1])).max())
        if words[-2] == "at":
            what, time = " ".join(words[:-2]), float(words[-1])
        else:
            assert words[-1] == "final", text
            what, time = " ".join(words[:-1]), self.times[-1]
        return float(_element(partial(self.single, time=time), what))


def _element(get: Callable[[str], Array], text: str) -> Array:
    name, *elements = text.split(".")
    values = get(name)
    places = tuple(LETTERS.index(each) for each in elements)
    return values[(..., *places)]


MEASURES: Mapping[str, Callable[[Stocks, Parameters], Any]] = {
    "burden": lambda s, p: s.M / s.Y,
    "mean burden": lambda s, p: (s.M / s.Y).mean(),
    "hostility belief": lambda s, p: oracle.logistic(s.L),
    "security community": lambda s, p: s.C,
    "security": oracle.security,
    "threat factor": oracle.threat_factor,
    "reaction gain": oracle.reaction_gain,
    "spiral number": oracle.spiral_number,
    "war probability": lambda s, p: 1 - np.exp(-s.Lam.sum()),
}


def rest(p: Parameters, guess: Array) -> Stocks:
    """Return the equilibrium with beliefs and stocks settled, spending near ``guess``.

    Community and GDP stay as they start (both at rest where there is no interaction or growth).
    """
    start = Stocks.unpack(oracle.initial(p), p["N"])

    def change(M: Array) -> Array:
        s = oracle.settled_stocks(M, start, p)
        choke = 1 - p["sat"] * M / (p["smax"] * s.Y)
        return oracle.arming_pressure(0.0, s, p) * choke - p["alpha"] * M

    found = root(change, guess, tol=1e-13)
    assert np.abs(change(found.x)).max() < 1e-9, found.message
    return oracle.settled_stocks(found.x, start, p)


def symmetric_roots(p: Parameters, low: float = 5e-4, high: float = 0.24) -> list[Stocks]:
    """Return every equilibrium of a symmetric dyad, by bracketing the burden."""
    start = Stocks.unpack(oracle.initial(p), p["N"])

    def change(m: float) -> float:
        s = oracle.settled_stocks(m * start.Y, start, p)
        push = oracle.arming_pressure(0.0, s, p) * (1 - p["sat"] * m / p["smax"])
        return float((push - p["alpha"] * s.M)[0])

    grid = np.linspace(low, high, 2001)
    values = np.array([change(m) for m in grid])
    turns = np.flatnonzero(values[:-1] * values[1:] < 0)
    roots = [brentq(change, grid[i], grid[i + 1], xtol=1e-15) for i in turns]
    return [oracle.settled_stocks(m * start.Y, start, p) for m in roots]


def with_rival_frozen(p: Parameters, start: Stocks, end: float = 3000.0) -> Stocks:
    """Return where state A settles if its rival B keeps its spending."""

    def frozen(t: float, y: Array) -> Array:
        change = oracle.rhs(t, y, p)
        change[1] = 0.0
        return change

    done = solve_ivp(frozen, (0.0, end), start.pack(), "LSODA", rtol=1e-10, atol=1e-10)
    return Stocks.unpack(done.y[:, -1], p["N"])
