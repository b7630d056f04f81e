"""The TOML file beside a model: roles, hard limits, distributions, constraints, neutral values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from secdil_sd.errors import Finding, InputError
from secdil_sd.names import spelling
from secdil_sd.simulation.toml_file import Strict, read_toml


class Distribution(Strict):
    """How a parameter is distributed in designs.

    ``low`` and ``high`` bound uniform, loguniform, triangular and PERT; ``mean`` and ``spread``
    give normal and lognormal (spread in natural logs); ``mode`` the peak of triangular and
    PERT; ``values`` (with ``weights``) a discrete one.
    """

    kind: Literal["uniform", "loguniform", "normal", "lognormal", "triangular", "pert", "discrete"]
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    spread: float | None = Field(default=None, gt=0)
    mode: float | None = None
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Distribution:
        numbers = (self.low, self.high, self.mean, self.spread, self.mode, *self.values)
        if not all(np.isfinite(each) for each in (*numbers, *self.weights) if each is not None):
            raise ValueError("its numbers must be finite")
        bounded = self.kind in ("uniform", "loguniform", "triangular", "pert")
        if bounded and (self.low is None or self.high is None or not self.low < self.high):
            raise ValueError("it needs low and high, low below high")
        if self.kind == "loguniform" and not (self.low or 0) > 0:
            raise ValueError("a loguniform distribution needs low above 0")
        if self.kind in ("normal", "lognormal") and (self.mean is None or self.spread is None):
            raise ValueError("it needs mean and spread")
        if self.kind == "lognormal" and not (self.mean or 0) > 0:
            raise ValueError("a lognormal distribution needs its mean above 0")
        if self.kind in ("triangular", "pert") and self.mode is None:
            raise ValueError("it needs a mode")
        inside = (self.low or 0) <= (self.mode or 0) <= (self.high or 0)
        if self.kind in ("triangular", "pert") and not inside:
            raise ValueError("its mode must lie between low and high")
        if self.kind == "discrete" and not self.values:
            raise ValueError("it needs values")
        if self.weights and (
            len(self.weights) != len(self.values)
            or min(self.weights) < 0
            or not sum(self.weights) > 0
        ):
            raise ValueError("it needs a weight of at least 0 for each value, not all of them 0")
        return self

    def quantile(self, u: Any) -> np.ndarray:
        """Return the value below which a share ``u`` of draws lies, elementwise.

        >>> float(Distribution(kind="loguniform", low=1, high=100).quantile(0.5))
        10.0
        """
        from scipy import stats

        u = np.asarray(u, dtype=float)
        low, high, mode = self.low or 0.0, self.high or 0.0, self.mode or 0.0
        width = high - low
        match self.kind:
            case "uniform":
                return low + width * u
            case "loguniform":
                return np.exp(np.log(low) + (np.log(high) - np.log(low)) * u)
            case "normal":
                return np.asarray(stats.norm.ppf(u, self.mean, self.spread))
            case "lognormal":
                return np.asarray(stats.lognorm.ppf(u, self.spread, scale=self.mean))
            case "triangular":
                return np.asarray(stats.triang.ppf(u, (mode - low) / width, low, width))
            case "pert":
                a, b = 1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width
                return np.asarray(low + width * stats.beta.ppf(u, a, b))
        edges = np.cumsum(self.weights or [1.0] * len(self.values))
        return np.asarray(self.values)[np.searchsorted(edges / edges[-1], u)]


@dataclass(frozen=True)
class Constraint:
    """A linear inequality between constants, as "revelation strength >= a + b".

    Examples
    --------
    >>> rule = Constraint.parse("rho >= a + 2 eta")
    >>> bool(rule.holds({"rho": 3.0, "a": 0.6, "eta": 1.0}))
    True
    """

    text: str
    terms: tuple[tuple[float, str], ...]
    constant: float

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """Read an inequality; raises InputError if it is not a linear one."""
        sign, left, right = cls._sides(text)
        terms: list[tuple[float, str]] = []
        constant = 0.0
        for side, direction in ((left, 1.0), (right, -1.0)):
            for piece, minus in _pieces(side):
                factor = sign * direction * (-1.0 if minus else 1.0)
                number, name = _coefficient(piece)
                if name:
                    terms.append((factor * number, name))
                else:
                    constant += factor * number
        return cls(text, tuple(terms), constant)

    @staticmethod
    def _sides(text: str) -> tuple[float, str, str]:
        for mark, sign in ((">=", 1.0), ("<=", -1.0)):
            left, found, right = text.partition(mark)
            if found and left.strip() and right.strip():
                return sign, left, right
        remedy = 'Write it with >= or <=, as "a >= b + c".'
        raise InputError(Finding("error", f"{text!r} is not an inequality.", remedy=remedy))

    def holds(self, values: Mapping[str, Any]) -> np.ndarray:
        """Say for each member whether the inequality holds; ``values`` by name."""
        by_name = {spelling(name): np.asarray(value) for name, value in values.items()}
        total: Any = self.constant
        for factor, name in self.terms:
            if spelling(name) not in by_name:
                raise InputError(
                    Finding(
                        "error", f"The constraint {self.text!r} names {name!r}, which has no value."
                    )
                )
            total = total + factor * by_name[spelling(name)]
        return np.asarray(total >= -1e-12)


def _pieces(side: str) -> list[tuple[str, bool]]:
    found = []
    for k, plus in enumerate(side.split("+")):
        first, *rest = plus.split("-")
        if first.strip() or (k and not rest):
            found.append((first.strip(), False))
        found += [(each.strip(), True) for each in rest]
    return found


def _coefficient(piece: str) -> tuple[float, str]:
    head, _, tail = piece.replace("*", " ").strip().partition(" ")
    try:
        return float(head), tail.strip()
    except ValueError:
        return 1.0, piece


class _CompanionFile(Strict):
    roles: dict[str, str] = {}
    limits: dict[str, tuple[float, float]] = {}
    distributions: dict[str, Distribution] = {}
    constraints: tuple[str, ...] = ()
    neutral: dict[str, float] = {}
    symmetric: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Companion:
    """What the file beside a model says.

    Parameters
    ----------
    roles : mapping of str to str
        Which variable plays which part: spending, gdp, democracy, ...
    limits : mapping of str to (low, high)
        Hard limits: outside, the equations lose their meaning.
    distributions : mapping of str to Distribution
        How parameters are drawn; a uniform one over the file's range otherwise.
    constraints : tuple of Constraint
    neutral : mapping of str to float
        The values that switch every extension off.
    symmetric : tuple of str
        Constants that are the same for both directions of a pair: designs move them together.
    uncertain : tuple of str
        What nobody knows in any case; drawn where a case has no list of its own.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    neutral: Mapping[str, float] = field(default_factory=dict)
    symmetric: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


def load_companion(model_path: Path) -> Companion:
    """Read the companion file of a model; an empty companion if it has none."""
    path = model_path.with_suffix(".toml")
    if not path.is_file():
        return Companion()
    found = read_toml(path, _CompanionFile)
    return Companion(
        found.roles,
        found.limits,
        found.distributions,
        tuple(Constraint.parse(each) for each in found.constraints),
        found.neutral,
        found.symmetric,
        found.uncertain,
    )
