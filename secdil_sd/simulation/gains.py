"""Reaction gain and spiral number: is this rivalry running away?

The *reaction gain* R is Richardson's: the spectral radius of ``A^-1 K_eff`` at the beliefs of
the moment. The *spiral number* Rs is the gain around the whole loop with beliefs and stocks
settled to the present spending and the budget ceiling counted; below 1 a small increase dies
out, above 1 it grows. Only Rs is a stability index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.targets.program import Bound

if TYPE_CHECKING:
    import xarray as xr

    from secdil_sd.simulation.engine import Setup

REACTION_GAIN = "reaction gain"
SPIRAL_NUMBER = "spiral number"
GAINS = (REACTION_GAIN, SPIRAL_NUMBER)

LINEAR_ROLES = ("spending", "effective_reaction", "fatigue")
"""What the reaction gain needs of a model."""

LOOP_ROLES = (
    "arming_pressure",
    "gdp",
    "belief",
    "belief_target",
    "offensive_capability",
    "defensive_capability",
    "offensive_procurement_share",
    "obsolescence",
    "gdp_growth",
    "maximum_burden",
    "saturation",
)
"""What the spiral number needs besides, where beliefs and stocks answer to spending."""

_STEP = 1e-30


def available(roles: Mapping[str, str]) -> tuple[str, ...]:
    """Return which gains a model with these roles has.

    >>> available({"spending": "M", "effective_reaction": "K", "fatigue": "a"})
    ('reaction gain', 'spiral number')
    >>> available({"spending": "water"})
    ()
    """
    return GAINS if all(each in roles for each in LINEAR_ROLES) else ()


def missing_finding(roles: Mapping[str, str], place: str = "") -> Finding:
    """Return the finding that says why a model has no gains."""
    absent = [each for each in LINEAR_ROLES if each not in roles]
    return Finding(
        "note",
        f"No reaction gain or spiral number: the model names no {', '.join(absent)}.",
        place,
        tuple(absent),
        "Name the variables under [roles] in a TOML file beside the model.",
    )


def spectral_radius(matrices: np.ndarray) -> np.ndarray:
    """Return the largest absolute eigenvalue of each matrix; NaN where one is not finite.

    Parameters
    ----------
    matrices : array (..., state, state)

    Returns
    -------
    array (...)

    Examples
    --------
    >>> spectral_radius(np.array([[0.0, 2.0], [0.5, 0.0]]))
    array(1.)
    """
    finite = np.isfinite(matrices).all(axis=(-1, -2))
    if matrices.shape[-1] == 2:
        half = 0.5 * (matrices[..., 0, 0] + matrices[..., 1, 1])
        determinant = (
            matrices[..., 0, 0] * matrices[..., 1, 1] - matrices[..., 0, 1] * matrices[..., 1, 0]
        )
        with np.errstate(all="ignore"):
            root = np.sqrt((half * half - determinant).astype(complex))
            radius = np.maximum(np.abs(half + root), np.abs(half - root))
    else:
        safe = np.where(finite[..., None, None], matrices, 0.0)
        radius = np.abs(np.linalg.eigvals(safe)).max(axis=-1)
    return np.where(finite, radius, np.nan)


def gains(
    setup: Setup,
    roles: Mapping[str, str],
    states: np.ndarray,
    wanted: Sequence[str],
    sampled: Mapping[str, np.ndarray] | None = None,
    members: int | None = None,
) -> dict[str, np.ndarray]:
    """Return the wanted gains at every output time.

    Parameters
    ----------
    setup : Setup
        What the states were computed with.
    roles : mapping of str to str
        Which variable of the model plays which part.
    states : array (time, stock[, member])
    wanted : sequence of str
        Of "reaction gain" and "spiral number".
    sampled, members
        As for the simulation.

    Returns
    -------
    dict of str to array (time[, member])

    Source
    ------
    Richardson (1960) for R; MODEL.md 4.3 for Rs.
    """
    found: dict[str, np.ndarray] = {}
    if REACTION_GAIN in wanted:
        found[REACTION_GAIN] = _reaction_gain(setup, roles, states, sampled, members)
    if SPIRAL_NUMBER in wanted:
        if all(each in roles for each in LOOP_ROLES):
            found[SPIRAL_NUMBER] = Loop(setup, roles, sampled, members).spiral_numbers(states)
        else:
            linear = found.get(REACTION_GAIN)
            if linear is None:
                linear = _reaction_gain(setup, roles, states, sampled, members)
            found[SPIRAL_NUMBER] = linear
    return found


def _reaction_gain(
    setup: Setup,
    roles: Mapping[str, str],
    states: np.ndarray,
    sampled: Mapping[str, np.ndarray] | None,
    members: int | None,
) -> np.ndarray:
    names = setup.system.names
    reaction, fatigue = names[roles["effective_reaction"]], names[roles["fatigue"]]
    bound = setup.bind((reaction, fatigue), sampled, members)
    rows = []
    with np.errstate(all="ignore"):
        for t, y in zip(setup.times, states, strict=True):
            values = bound.observed(float(t), y)
            matrix = values[reaction] / values[fatigue][:, None]
            rows.append(spectral_radius(_matrices_last(matrix)))
            rows[-1] = np.where(np.isnan(y).any(axis=0), np.nan, rows[-1])
    return np.array(rows)


def _matrices_last(matrix: np.ndarray) -> np.ndarray:
    """(state, state[, member]) to ([member,] state, state)."""
    return np.moveaxis(matrix, (0, 1), (-2, -1))


class Loop:
    """The loop from spending through stocks and beliefs back to arming pressure."""

    def __init__(
        self,
        setup: Setup,
        roles: Mapping[str, str],
        sampled: Mapping[str, np.ndarray] | None,
        members: int | None,
    ) -> None:
        self.setup = setup
        self.names = {role: setup.system.names[name] for role, name in roles.items()}
        pick = self.names.__getitem__
        share = ("offensive_procurement_share", "obsolescence", "gdp_growth")
        rates = ("arming_pressure", "fatigue", "gdp_growth", "maximum_burden", "saturation")

        def bound(of: Sequence[str]) -> Bound:
            return setup.bind(tuple(map(pick, of)), sampled, members, complex)

        self.share, self.target, self.rates = bound(share), bound(("belief_target",)), bound(rates)
        slots = self.share.program.schedule.slots
        self.place = {
            role: slice(slots[pick(role)].offset, slots[pick(role)].offset + slots[pick(role)].size)
            for role in (
                "spending",
                "offensive_capability",
                "defensive_capability",
                "belief",
                "gdp",
            )
        }
        self.shape = slots[pick("belief")].shape

    def settled(self, t: float, y: np.ndarray) -> np.ndarray:
        """Set stocks of arms and beliefs to where the spending of ``y`` would carry them."""
        spending = y[self.place["spending"]]
        values = self.share.observed(t, y)
        share = values[self.names["offensive_procurement_share"]]
        rate = values[self.names["obsolescence"]] + values[self.names["gdp_growth"]]
        y[self.place["offensive_capability"]] = share * spending / rate
        y[self.place["defensive_capability"]] = (1.0 - share) * spending / rate
        target = self.target.observed(t, y)[self.names["belief_target"]]
        y[self.place["belief"]] = target.reshape(-1, *y.shape[1:])
        return y

    def pressure(self, t: float, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return arming pressure and the rates around it, by role, at the settled state."""
        settled = self.settled(t, y.astype(complex))
        values = self.rates.observed(t, settled)
        roles = ("arming_pressure", "fatigue", "gdp_growth", "maximum_burden", "saturation")
        return {role: values[self.names[role]] for role in roles}

    def armament_rate(self, t: float, y: np.ndarray) -> np.ndarray:
        """Return how fast spending changes with beliefs and stocks of arms settled to it.

        Parameters
        ----------
        t : float
        y : array (stock[, member])
            Only spending, GDP and community are looked at.

        Returns
        -------
        array (state[, member]) [bn/yr^2]
        """
        values = {role: np.real(value) for role, value in self.pressure(t, y).items()}
        spending, gdp = y[self.place["spending"]], y[self.place["gdp"]]
        choke = values["saturation"] * spending / (values["maximum_burden"] * gdp)
        return values["arming_pressure"] * (1.0 - choke) - values["fatigue"] * spending

    def matrix(self, t: float, y: np.ndarray) -> np.ndarray:
        """Return the next-response matrix whose spectral radius is Rs, (state, state[, member])."""
        place = self.place["spending"]
        size = place.stop - place.start
        columns: list[np.ndarray] = []
        base: dict[str, np.ndarray] = {}
        for j in range(size):
            moved = y.astype(complex)
            moved[place.start + j] += 1j * _STEP
            base = self.pressure(t, moved)
            columns.append(base["arming_pressure"].imag / _STEP)
        slope = np.stack(columns, axis=1)
        real: dict[str, Any] = {role: np.real(value) for role, value in base.items()}
        spending, gdp = y[place], y[self.place["gdp"]]
        ceiling = real["maximum_burden"] * gdp
        drag = real["fatigue"] + real["gdp_growth"]
        drag = drag + real["saturation"] * real["arming_pressure"] / ceiling
        room = 1.0 - real["saturation"] * spending / ceiling
        return (room / drag)[:, None] * slope

    def spiral_numbers(self, states: np.ndarray) -> np.ndarray:
        rows = []
        with np.errstate(all="ignore"):
            for t, y in zip(self.setup.times, states, strict=True):
                rows.append(spectral_radius(_matrices_last(self.matrix(float(t), y))))
        return np.array(rows)


def spiral_number(run: xr.Dataset) -> xr.DataArray:
    """Return the spiral number of a run or ensemble, with its peak over time in the attributes.

    Parameters
    ----------
    run : xarray.Dataset
        Made with "spiral number" (or "peak spiral number") among its outputs, as every run of a
        model that has one is by default.

    Returns
    -------
    xarray.DataArray
        Dimensionless; dims time (and member or case). Below 1 a small increase in spending dies
        out, above 1 it grows.

    Raises
    ------
    InputError
        If the run does not hold it.
    """
    for key in ("spiral_number", "peak_spiral_number"):
        if key in run:
            found = run[key]
            if "time" in found.dims:
                found = found.assign_attrs(peak=float(found.max()))
            return found
    raise InputError(
        Finding(
            "error",
            "This run holds no spiral number.",
            variables=("spiral number",),
            remedy='Run again with outputs=[..., "spiral number"]; the model needs roles for '
            "spending, effective reaction and fatigue.",
        )
    )
