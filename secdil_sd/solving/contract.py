"""The nouns of solving: what is to be integrated, how, and what came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.integrate import BDF, DOP853, LSODA, RK45, OdeSolver, Radau

from secdil_sd.errors import Finding, InputError
from secdil_sd.names import spelling, suggestion
from secdil_sd.solving.batch import NORMS, Tsit5

FIXED = ("Euler", "RK4")
"""Methods that step by the file's TIME STEP."""

ADAPTIVE: dict[str, type[OdeSolver]] = {
    "Tsit5": Tsit5,
    "RK45": RK45,
    "DOP853": DOP853,
    "LSODA": LSODA,
    "BDF": BDF,
    "Radau": Radau,
}
"""Methods that choose their step, by the class that takes it."""

METHODS = (*FIXED, *ADAPTIVE)

OK, NOT_FINITE, TOO_SMALL, TOO_MANY = "ok", "not finite", "step too small", "too many steps"
STATUSES = (OK, NOT_FINITE, TOO_SMALL, TOO_MANY)
"""How an integration can end."""

TIGHTEST = 100 * float(np.finfo(float).eps)
"""The smallest relative tolerance double precision can honor; SciPy's figure."""

LANES = 16
"""Members of a compiled block, side by side: two vectors of the widest common registers."""

Derivatives = Callable[[float, np.ndarray, np.ndarray], None]


class Memory(Protocol):
    """What a model remembers from one fixed step to the next, beside its state.

    1. ``feed(t, y)`` is called at the beginning of a step and takes in what enters there.
    2. ``move(y)`` is called at its end and writes what comes out into the new state; between
       the two the values it writes have no rate of change.
    3. ``places`` says which values of the state it writes: they may be NaN, for a value that
       is missing, where any other makes its member fail.
    """

    @property
    def places(self) -> np.ndarray: ...

    def feed(self, t: float, y: np.ndarray) -> None: ...

    def move(self, y: np.ndarray) -> None: ...


@dataclass(frozen=True, eq=False)
class Kernel:
    """The derivatives of a batch as compiled code, with what it reads.

    Parameters
    ----------
    rates : compiled function ``rates(t, y, p, s, w, dy)``
        Flat arrays for one block; see ``blocks.SIGNATURE``.
    inputs : array (input, member)
        What is known from the constants; a block's part becomes ``p``.
    shared : array (n,)
        ``s``: settings of the clock, and series over time.
    scratch : int
        Length of ``w``.
    lanes : int
        Members of a block, side by side.
    floor : array (stock,) of int
        Stocks that Euler keeps from falling below zero.
    """

    rates: Callable[..., None]
    inputs: np.ndarray
    shared: np.ndarray
    scratch: int
    lanes: int
    floor: np.ndarray = ()  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Problem:
    """An initial value problem for one run or a batch of members.

    Parameters
    ----------
    derivatives : callable (t, y, out)
        Fills ``out`` with the rate of change of ``y``; both (stock,) or (stock, member).
    initial : array (stock,) or (stock, member)
        State at ``times[0]``.
    times : array (time,)
        Output times, strictly increasing; integration starts at the first.
    step : float
        The file's TIME STEP.
    breaks : array (break,)
        Times at which the derivatives may jump; an adaptive solver never steps over one.
    changing : tuple of (float, float)
        Intervals in which values that name Time change smoothly; there an adaptive step is at
        most four times ``step``.
    member : callable (int) -> Problem, optional
        The same problem for one member alone, with state (stock,).
    kept : array (kept,) of int, optional
        Stocks whose states are wanted at the output times; all of them by default.
    kernel : Kernel, optional
        The same derivatives as compiled code, which a batch is then solved by.
    memory : Memory, optional
        What is remembered from step to step; fixed-step methods only.
    steps : array (step,)
        Sizes of the fixed steps, one after the other, where TIME STEP changes; else empty.
    since : float, optional
        Time from which fixed steps are counted, if not the first output time: adding them up
        from there gives a run that goes on the very times of one that was never stopped.

    Raises
    ------
    InputError
        If times do not increase, the step is not positive or a shape does not fit.

    Examples
    --------
    >>> def decay(t, y, out):
    ...     np.negative(y, out=out)
    >>> Problem(decay, [1.0], [0.0, 1.0], 0.25).initial.shape
    (1,)
    """

    derivatives: Derivatives
    initial: np.ndarray
    times: np.ndarray
    step: float
    breaks: np.ndarray = ()  # type: ignore[assignment]
    changing: tuple[tuple[float, float], ...] = ()
    member: Callable[[int], Problem] | None = None
    kept: np.ndarray | None = None
    kernel: Kernel | None = None
    memory: Memory | None = None
    steps: np.ndarray = ()  # type: ignore[assignment]
    since: float | None = None

    def __post_init__(self) -> None:
        for name in ("initial", "times", "breaks", "steps"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=float))
        object.__setattr__(self, "breaks", np.unique(self.breaks))
        wrong = []
        if self.initial.ndim not in (1, 2):
            wrong.append(
                Finding(
                    "error",
                    f"The initial state has {self.initial.ndim} axes.",
                    remedy="Give (stock,) for a run or (stock, member) for a batch.",
                )
            )
        times = self.times
        if times.ndim != 1 or not times.size or not np.isfinite(times).all():
            wrong.append(
                Finding(
                    "error",
                    "The output times are not a list of finite numbers.",
                    remedy="Give at least one time.",
                )
            )
        elif (np.diff(times) <= 0).any():
            place = int(np.argmax(np.diff(times) <= 0))
            wrong.append(
                Finding(
                    "error",
                    f"The output times do not increase: {times[place + 1]:g} follows "
                    f"{times[place]:g}.",
                    remedy="Sort them and drop repetitions.",
                )
            )
        if not (np.isfinite(self.step) and self.step > 0):
            wrong.append(
                Finding("error", f"The time step is {self.step}.", remedy="Make it positive.")
            )
        if wrong:
            raise InputError(*wrong)

    @property
    def rows(self) -> np.ndarray:
        """The stocks whose states are wanted, (kept,) of int."""
        return np.arange(len(self.initial)) if self.kept is None else self.kept

    @property
    def members(self) -> int | None:
        """Size of the member axis; None for a run, which has none."""
        return None if self.initial.ndim == 1 else self.initial.shape[1]


@dataclass(frozen=True, eq=False)
class Solver:
    """A method and its tolerances.

    Parameters
    ----------
    method : str or subclass of scipy.integrate.OdeSolver
        One of Euler, RK4, Tsit5, RK45, DOP853, LSODA, BDF, Radau; case does not matter.
    rtol : float
        Relative tolerance; the two fixed-step methods ignore both tolerances.
    atol : array (stock,) or float
        Absolute tolerance in each stock's own unit.
    max_steps : int
        Steps after which an adaptive integration is given up.
    norm : {"rms", "max"}
        How Tsit5 weighs the errors of a member's stocks: root mean square as SciPy, or the
        largest, for one large system in which a mean would dilute the worst stock.
    alone : int
        Steps that a member which holds up its batch may take by itself; with 0 it is given up.

    Raises
    ------
    InputError
        For an unknown method, a tolerance out of bounds or a budget below one step.

    Examples
    --------
    >>> Solver("dop853").method
    'DOP853'
    >>> Solver("RK54")
    Traceback (most recent call last):
    ...
    secdil_sd.errors.InputError: No method 'RK54'. Did you mean 'RK4' or 'RK45'?
    """

    method: str | type[OdeSolver]
    rtol: float = 1e-6
    atol: np.ndarray = 1e-9  # type: ignore[assignment]
    max_steps: int = 100_000
    norm: str = "rms"
    alone: int = 20_000

    def __post_init__(self) -> None:
        object.__setattr__(self, "atol", np.asarray(self.atol, dtype=float))
        wrong = []
        known = {spelling(name): name for name in METHODS}
        if isinstance(self.method, str) and spelling(self.method) in known:
            object.__setattr__(self, "method", known[spelling(self.method)])
        elif isinstance(self.method, str):
            wrong.append(
                Finding(
                    "error", f"No method {self.method!r}.", remedy=suggestion(self.method, METHODS)
                )
            )
        elif not (isinstance(self.method, type) and issubclass(self.method, OdeSolver)):
            wrong.append(
                Finding(
                    "error",
                    f"{self.method!r} is not a method.",
                    remedy="Give a name or a subclass of scipy.integrate.OdeSolver.",
                )
            )
        if not TIGHTEST <= self.rtol < 1:
            wrong.append(
                Finding(
                    "error",
                    f"rtol is {self.rtol}.",
                    remedy=f"Choose it between {TIGHTEST:.1e} and 1.",
                )
            )
        if self.atol.ndim > 1 or not (np.isfinite(self.atol) & (self.atol >= 0)).all():
            wrong.append(
                Finding(
                    "error",
                    "atol has a negative, infinite or missing value, or more than one axis.",
                    remedy="Give one tolerance for each stock, or one for all.",
                )
            )
        if not self.max_steps >= 1:
            wrong.append(
                Finding("error", f"max_steps is {self.max_steps}.", remedy="Allow at least 1.")
            )
        if self.norm not in NORMS:
            wrong.append(
                Finding("error", f"No norm {self.norm!r}.", remedy=suggestion(self.norm, NORMS))
            )
        if wrong:
            raise InputError(*wrong)

    @property
    def stepper(self) -> type[OdeSolver] | None:
        """The class that takes adaptive steps; None for Euler and RK4."""
        return ADAPTIVE.get(self.method) if isinstance(self.method, str) else self.method


@dataclass(frozen=True, eq=False)
class Solution:
    """States at the output times, and how each member fared.

    Parameters
    ----------
    states : array (time, kept) or (time, kept, member)
        Of the stocks the problem keeps; NaN for a member that stopped, from where it did.
    status : str, or array (member,) of str
        "ok", "not finite", "step too small" or "too many steps".
    stopped_at : float, or array (member,)
        Last time an adaptive method reached, or first step at which a fixed-step method found
        a value that is not finite; NaN where ok.
    steps : int
        Accepted steps, of the common batch and of members solved alone together.
    evaluations : int
        Calls of derivatives, a call for a whole batch counting once.
    """

    states: np.ndarray
    status: str | np.ndarray
    stopped_at: float | np.ndarray
    steps: int
    evaluations: int
