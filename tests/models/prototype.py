"""The model written a second time, from MODEL.md alone: the oracle of the test-suite.

Plain functions over arrays, no names of the package, no model file. Symbols are those of
MODEL.md section 3; `SYMBOLS` says how the model file calls them. Everything works on complex
numbers, so that derivatives come by complex step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

Array = NDArray[Any]
Parameters = dict[str, Any]

SYMBOLS = {
    "reaction": "k",
    "fatigue": "alpha",
    "grievance share": "gs",
    "grievance growth exponent": "chi",
    "size exponent": "sigma",
    "attention exponent": "nu",
    "maximum burden": "smax",
    "saturation": "sat",
    "obsolescence": "delta",
    "stock weight": "omega",
    "GDP growth": "gamma",
    "crowding out": "zeta",
    "contact": "w",
    "offense defense balance": "b",
    "terrain": "terrain",
    "balance effect": "beta",
    "distinguishability": "d",
    "posture sensitivity": "kap",
    "democracy": "G",
    "revisionism": "r",
    "sensibility": "s",
    "preemption": "psi",
    "interest flexibility": "f",
    "transparency": "T0",
    "binding procedures": "B0",
    "regime transparency effect": "lamT",
    "regime binding effect": "lamB",
    "audience discount": "mu",
    "worst case bias": "a",
    "buildup alarm": "eta",
    "alarming burden": "m0",
    "revelation strength": "rho",
    "posture signal": "xi",
    "community effect": "c",
    "belief delay": "tauL",
    "interaction": "I",
    "community growth": "gC",
    "community erosion": "eC",
    "ambition share": "mu_r",
    "base hazard": "h0",
    "fear hazard": "hf",
    "predation hazard": "hr",
    "deterrence": "n",
    "preemption weight": "pi",
    "binding restraint": "kB",
    "arming shock amplitude": "u_amp",
    "arming shock time": "u_time",
    "arming shock width": "u_width",
    "belief shock amplitude": "v_amp",
    "belief shock time": "v_time",
    "belief shock width": "v_width",
    "initial spending": "M_0",
    "initial GDP": "Y_0",
    "initial belief log odds": "L_0",
    "initial community": "C_0",
    "settled start": "settled",
}
"""Name in the model file to symbol."""

VECTORS = (
    *("k", "alpha", "gs", "smax", "delta", "gamma", "zeta", "G", "r", "s", "psi", "T0", "B0"),
    *("u_amp", "M_0", "Y_0"),
)
MATRICES = ("w", "terrain", "I", "n", "v_amp", "L_0", "C_0")

DEFAULTS: Parameters = {
    **{"k": 0.15, "alpha": 0.20, "gs": 0.002, "chi": 0.0, "sigma": 0.5, "nu": 0.5},
    **{"smax": 0.25, "sat": 1.0, "delta": 0.08, "omega": 0.5, "gamma": 0.0, "zeta": 0.0},
    **{"w": 1.0, "b": 0.0, "terrain": 0.0, "beta": 0.8, "d": 0.0, "kap": 2.5},
    **{"G": 0.0, "r": 0.0, "s": 0.0, "psi": 0.0, "f": 0.0, "T0": 0.0, "B0": 0.0},
    **{"lamT": 0.8, "lamB": 0.8, "mu": 1.0, "a": 0.6, "eta": 2.0, "m0": 0.03, "rho": 3.0},
    **{"xi": 1.0, "c": 5.0, "tauL": 4.0, "I": 0.0, "gC": 0.06, "eC": 0.20, "mu_r": 0.02},
    **{"h0": 0.0005, "hf": 0.02, "hr": 0.01, "n": 0.0, "pi": 2.0, "kB": 1.5},
    **{"u_amp": 0.0, "u_time": 20.0, "u_width": 3.0},
    **{"v_amp": 0.0, "v_time": 20.0, "v_width": 3.0},
    **{"M_0": 10.0, "Y_0": 1000.0, "L_0": 0.0, "C_0": 0.0, "settled": 0.0},
}
"""MODEL.md 3.4, by symbol."""

NEUTRAL: Parameters = {
    **{"a": 0.0, "eta": 0.0, "rho": 0.0, "xi": 0.0, "c": 0.0, "L_0": 0.0, "v_amp": 0.0},
    **{"b": 0.0, "terrain": 0.0, "d": 0.0, "psi": 0.0, "mu_r": 0.0, "omega": 0.0, "sat": 0.0},
    **{"chi": 0.0, "sigma": 0.0, "nu": 0.0, "f": 0.0, "settled": 0.0},
}
"""MODEL.md 3.3: with these the model is Richardson's."""


def parameters(
    states: int = 2, values: Mapping[str, Any] | None = None, **symbols: Any
) -> Parameters:
    """Return a full parameter dict: defaults, then ``values`` by file name, then by symbol.

    Per-state values may be scalars or length-``states`` lists, per-pair ones scalars or
    matrices. A callable ``f(t)`` makes a constant vary in time.
    """
    named = {SYMBOLS[name]: value for name, value in (values or {}).items()}
    unknown = set(symbols) - set(DEFAULTS)
    if unknown:
        raise KeyError(f"no such symbol: {sorted(unknown)}")
    given = {**DEFAULTS, **named, **symbols}
    p: Parameters = {"N": states}
    for symbol, value in given.items():
        if callable(value):
            p[symbol] = value
        elif symbol in VECTORS:
            p[symbol] = np.broadcast_to(np.asarray(value, float), (states,)).copy()
        elif symbol in MATRICES:
            p[symbol] = np.broadcast_to(np.asarray(value, float), (states, states)).copy()
        else:
            p[symbol] = float(value)
    return p


def at_time(p: Parameters, t: float) -> Parameters:
    """Return ``p`` with every callable replaced by its value at ``t``."""
    return {symbol: value(t) if callable(value) else value for symbol, value in p.items()}


@dataclass(frozen=True)
class Stocks:
    """The stocks of MODEL.md 3.1: M, O, D, Y of shape (N,), L, C, Lam of shape (N, N)."""

    M: Array
    O: Array  # noqa: E741 - the symbol of MODEL.md
    D: Array
    Y: Array
    L: Array
    C: Array
    Lam: Array

    @classmethod
    def unpack(cls, y: Array, n: int) -> Stocks:
        """Read the stocks out of one vector, or out of rows of vectors (time last)."""
        tail = y.shape[1:]
        vectors = y[: 4 * n].reshape(4, n, *tail)
        matrices = y[4 * n :].reshape(3, n, n, *tail)
        return cls(*vectors, *matrices)

    def pack(self) -> Array:
        """Return the stocks as one vector."""
        vectors = (self.M, self.O, self.D, self.Y)
        return np.concatenate([np.ravel(each) for each in (*vectors, self.L, self.C, self.Lam)])


def logistic(x: Array) -> Array:
    """Return 1/(1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


def off_diagonal(n: int) -> Array:
    """Return the mask of pairs: 1 off the diagonal, 0 on it."""
    return 1.0 - np.eye(n)


def pulse(t: float, time: float, width: float) -> float:
    """Return the smooth shock of height 1."""
    return float(np.exp(-(((t - time) / width) ** 2)))


def divide_or_zero(a: Array, b: Array) -> Array:
    """Return a/b, and 0 where b is 0."""
    return np.where(b == 0, 0.0, a / np.where(b == 0, 1.0, b))


def attention(p: Parameters) -> Array:
    """A0: w~_ij."""
    w = p["w"] * off_diagonal(p["N"])
    total = w.sum(axis=1, keepdims=True)
    shared = np.where(total == 0, 1.0, total) ** p["nu"]  # w is 0 too where the total is
    return w / shared


def effective_revisionism(p: Parameters, C: Array) -> Array:
    """A0: rE_i, revisionism softened inside communities."""
    w = p["w"] * off_diagonal(p["N"])
    share = divide_or_zero((w * C).sum(axis=1), w.sum(axis=1))
    return p["r"] * (1 - p["f"] * share)


def offensive_procurement_share(p: Parameters, rE: Array) -> Array:
    """A11: phi_i."""
    return logistic(p["kap"] * (p["b"] + 2 * rE - 1 - p["s"]))


def regime_view(own: Array, effect: float, p: Parameters) -> Array:
    """A5, A6: what i sees of j, [i, j], from j's own value and its regime."""
    credit = 1 - p["mu"] + p["mu"] * p["G"][:, None]
    return 1 - (1 - own[None, :]) * (1 - effect * p["G"][None, :] * credit)


def alarm(p: Parameters, m: Array) -> Array:
    """A4: E_i."""
    return m**2 / (m**2 + p["m0"] ** 2)


def ease(p: Parameters) -> Array:
    """A12: e_ij."""
    return np.exp(p["beta"] * (p["b"] + p["terrain"]))


def belief_target(t: float, s: Stocks, p: Parameters) -> Array:
    """A15: Lstar_ij, 0 on the diagonal."""
    E = alarm(p, s.M / s.Y)
    rE = effective_revisionism(p, s.C)
    T = regime_view(p["T0"], p["lamT"], p)
    B = regime_view(p["B0"], p["lamB"], p)
    bias = p["a"] * (1 - T) * (1 - B)
    buildup = p["eta"] * (1 - T) * E[None, :] * (1 - p["s"] * E)[:, None]
    revealed = p["rho"] * T * (2 * rE - 1)[None, :]
    posture = p["xi"] * p["d"] * (2 * s.O / (s.O + s.D) - 1)[None, :]
    event = p["v_amp"] * pulse(t, p["v_time"], p["v_width"])
    return off_diagonal(p["N"]) * (bias + buildup + revealed + posture - p["c"] * s.C + event)


def threat_factor(s: Stocks, p: Parameters) -> Array:
    """A8: theta_ij, 0 on the diagonal."""
    usable = 0.5 + p["d"] * (s.O / (s.O + s.D) - 0.5)
    return off_diagonal(p["N"]) * (2 * logistic(s.L)) * (2 * usable)[None, :] * ease(p)


def effective_reaction(s: Stocks, p: Parameters) -> Array:
    """A9: Keff_ij, 0 on the diagonal."""
    size = (s.Y[:, None] / s.Y[None, :]) ** p["sigma"]
    drive = ((1 - p["psi"]) * p["k"])[:, None]
    return drive * attention(p) * size * threat_factor(s, p)


def arming_pressure(t: float, s: Stocks, p: Parameters) -> Array:
    """A10: U_i."""
    visible = (1 - p["omega"]) * s.M + p["omega"] * p["delta"] * (s.O + s.D)
    rE = effective_revisionism(p, s.C)
    grievance = p["gs"] * p["Y_0"] * (s.Y / p["Y_0"]) ** p["chi"]
    ambition = p["alpha"] * rE * p["mu_r"] * s.Y
    shock = p["u_amp"] * pulse(t, p["u_time"], p["u_width"])
    return effective_reaction(s, p) @ visible + grievance + ambition + shock


def vulnerability(s: Stocks, p: Parameters) -> tuple[Array, Array]:
    """A12: V_ij and W_ij, 0 on the diagonal."""
    K = s.O + s.D
    usable = 0.5 + p["d"] * (s.O / K - 0.5)
    attack, guard, e = usable * K, (1 - usable) * K, ease(p)
    other = off_diagonal(p["N"])
    V = attack[None, :] * e / (attack[None, :] * e + guard[:, None])
    W = attack[:, None] * e / (attack[:, None] * e + guard[None, :])
    return other * V, other * W


def war_hazard(s: Stocks, p: Parameters) -> Array:
    """A13: h_ij, 0 on the diagonal."""
    E = alarm(p, s.M / s.Y)
    own = 1 - (1 - p["B0"]) * (1 - p["lamB"] * p["G"])
    V, W = vulnerability(s, p)
    urge = (1 - p["psi"])[:, None] * E[None, :] + (p["psi"] * p["pi"])[:, None]
    fear = p["hf"] * logistic(s.L) * V * urge
    predation = p["hr"] * effective_revisionism(p, s.C)[:, None] * W
    open_pair = off_diagonal(p["N"]) * p["w"] * (1 - s.C) * (1 - p["n"])
    return open_pair * np.exp(-p["kB"] * own)[:, None] * (p["h0"] + fear + predation)


def security(s: Stocks, p: Parameters) -> Array:
    """A14: S_i."""
    V, _ = vulnerability(s, p)
    return np.prod(1 - off_diagonal(p["N"]) * p["w"] * logistic(s.L) * V, axis=1)


def rhs(t: float, y: Array, p: Parameters) -> Array:
    """D1-D7: the derivative of the packed stocks."""
    p = at_time(p, t)
    s = Stocks.unpack(y, p["N"])
    U = arming_pressure(t, s, p)
    phi = offensive_procurement_share(p, effective_revisionism(p, s.C))
    H = logistic(s.L)
    mean_hostility = (H + H.T) / 2
    build = p["gC"] * p["I"] * (1 - mean_hostility) * (1 - s.C)
    erode = p["eC"] * mean_hostility * s.C
    return Stocks(
        M=U * (1 - p["sat"] * s.M / (p["smax"] * s.Y)) - p["alpha"] * s.M,
        O=phi * s.M - p["delta"] * s.O,
        D=(1 - phi) * s.M - p["delta"] * s.D,
        Y=p["gamma"] * s.Y - p["zeta"] * s.M,
        L=(belief_target(t, s, p) - s.L) / p["tauL"],
        C=off_diagonal(p["N"]) * (build - erode),
        Lam=war_hazard(s, p),
    ).pack()


def initial(p: Parameters, t: float = 0.0) -> Array:
    """Return the packed stocks at the start."""
    p = at_time(p, t)
    other = off_diagonal(p["N"])
    C = other * p["C_0"]
    phi = offensive_procurement_share(p, effective_revisionism(p, C))
    K = p["M_0"] / p["delta"]
    blank = np.zeros_like(C)
    s = Stocks(p["M_0"], phi * K, (1 - phi) * K, p["Y_0"], blank, C, blank)
    L = other * p["L_0"] * (1 - p["settled"]) + p["settled"] * belief_target(t, s, p)
    return Stocks(s.M, s.O, s.D, s.Y, L, C, blank).pack()


def simulate(
    p: Parameters, times: Any, start: Array | None = None, max_step: float = np.inf
) -> Stocks:
    """Integrate with LSODA at tight tolerance; the last axis of each stock is time.

    A pulse must be seen: give ``max_step`` where the parameters hold one.
    """
    times = np.asarray(times, float)
    y = initial(p, times[0]) if start is None else start
    span = (times[0], times[-1])
    options = {"rtol": 1e-10, "atol": 1e-10, "t_eval": times, "max_step": max_step}
    done = solve_ivp(rhs, span, y, "LSODA", args=(p,), **options)
    if not done.success:
        raise RuntimeError(done.message)
    return Stocks.unpack(done.y, p["N"])


def at(s: Stocks, index: int) -> Stocks:
    """Return the stocks of one output time."""
    return Stocks(*(each[..., index] for each in (s.M, s.O, s.D, s.Y, s.L, s.C, s.Lam)))


def reaction_gain(s: Stocks, p: Parameters) -> float:
    """R: spectral radius of A^-1 Keff at the beliefs of the moment."""
    return _radius(effective_reaction(s, p) / p["alpha"][:, None])


def settled_stocks(M: Array, s: Stocks, p: Parameters, t: float = 0.0) -> Stocks:
    """Return the stocks that spending ``M`` would settle into, C and Y as they are."""
    K = M / (p["delta"] + p["gamma"])
    phi = offensive_procurement_share(p, effective_revisionism(p, s.C))
    settled = Stocks(M, phi * K, (1 - phi) * K, s.Y, s.L, s.C, s.Lam)
    L = belief_target(t, settled, p)
    return Stocks(M, settled.O, settled.D, s.Y, L, s.C, s.Lam)


def spiral_number(s: Stocks, p: Parameters, t: float = 0.0) -> float:
    """Rs of MODEL.md 4.3: gain around the whole loop, derivatives by complex step."""
    p = at_time(p, t)
    n, h = p["N"], 1e-30
    U = arming_pressure(t, settled_stocks(s.M, s, p, t), p)
    slope = np.empty((n, n))
    for j in range(n):
        M = s.M.astype(complex)
        M[j] += 1j * h
        slope[:, j] = arming_pressure(t, settled_stocks(M, s, p, t), p).imag / h
    ceiling = p["smax"] * s.Y
    damping = p["alpha"] + p["gamma"] + p["sat"] * U / ceiling
    choke = 1 - p["sat"] * s.M / ceiling
    return _radius((choke / damping)[:, None] * slope)


def _radius(matrix: Array) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def jacobian(t: float, y: Array, p: Parameters) -> Array:
    """Return the full Jacobian of `rhs` by complex step."""
    columns = []
    for j in range(y.size):
        moved = y.astype(complex)
        moved[j] += 1e-30j
        columns.append(rhs(t, moved, p).imag / 1e-30)
    return np.stack(columns, axis=1)


def summary(p: Parameters, times: Any, max_step: float = np.inf) -> dict[str, Any]:
    """Simulate and return what MODEL.md section 6 reports, at the last of ``times``."""
    times = np.asarray(times, float)
    path = simulate(p, times, max_step=max_step)
    loop = np.array([spiral_number(at(path, i), p, t) for i, t in enumerate(times)])
    last, now = at(path, -1), at_time(p, times[-1])
    pair = off_diagonal(p["N"]).astype(bool)
    return {
        "reaction gain": reaction_gain(last, now),
        "spiral number": loop[-1],
        "spiral number start": loop[0],
        "peak spiral number": loop.max(),
        "burden": last.M / last.Y,
        "hostility belief": logistic(last.L),
        "mean hostility": logistic(last.L)[pair].mean(),
        "security community": last.C,
        "security": security(last, now),
        "threat factor": threat_factor(last, now),
        "war probability": 1 - np.exp(-last.Lam.sum()),
        "spending": last.M,
        "path": path,
        "times": times,
    }
