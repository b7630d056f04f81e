"""Markov chains of a posterior by emcee: every step of all walkers is one ensemble."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.fitting.posterior.mixture import fitted_to
from secdil_sd.fitting.posterior.moves import differences, independent
from secdil_sd.fitting.posterior.quick import Draws
from secdil_sd.fitting.posterior.target import Target

BLOCK = 100
"""Steps between looks at the diagnostics."""
WARM_UP = 100
ALIKE = 1.01
"""Rank-normalised split R-hat below which chains tell the same (Vehtari et al. 2021)."""
TAILS = (0.05, 0.95)
LEAST = 400.0
"""Effective draws, bulk and tail, below which nothing is summarised (Vehtari et al. 2021)."""
ALONG, FRESH = 0.6, 0.4
"""Shares of steps along differences of the archive, and to fresh draws of the proposal."""


@dataclass(frozen=True, eq=False)
class Chains:
    """Chains that do not depend on each other, without their warm-up.

    Parameters
    ----------
    x : array (chain, draw, coordinate)
    spread : array (chain, draw)
    log_density : array (chain, draw)
    rhat, ess_bulk, ess_tail : array (coordinate + 1,)
        Of the coordinates, and of the spread.
    warm_up : int
        Steps thrown away.
    steps : int
        Steps after them, kept or not.
    acceptance : float
        Share of steps taken.
    evaluated : int
        Members simulated.
    """

    x: np.ndarray = field(repr=False)
    spread: np.ndarray = field(repr=False)
    log_density: np.ndarray = field(repr=False)
    rhat: np.ndarray
    ess_bulk: np.ndarray
    ess_tail: np.ndarray
    warm_up: int
    steps: int
    acceptance: float
    evaluated: int

    @property
    def enough(self) -> bool:
        """Whether there are enough effective draws to summarise."""
        least = np.minimum(self.ess_bulk, self.ess_tail)
        return bool((least >= LEAST).all())

    @property
    def alike(self) -> bool:
        """Whether all chains tell the same."""
        return bool((self.rhat < ALIKE).all())


def diagnostics(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rank-normalised split R-hat, bulk and tail effective sample size of each coordinate.

    Parameters
    ----------
    x : array (chain, draw, coordinate)

    Returns
    -------
    tuple of array (coordinate,)
        NaN where chains are too short or stand still.
    """
    from arviz_stats.base import array_stats

    last = np.moveaxis(x, -1, 0)
    if x.shape[1] < 4:
        none = np.full(x.shape[-1], np.nan)
        return none, none, none
    with np.errstate(all="ignore"):
        rhat = array_stats.rhat(last)
        bulk = array_stats.ess(last, method="bulk")
        tail = array_stats.ess(last, method="tail", prob=TAILS)
    return np.asarray(rhat), np.asarray(bulk), np.asarray(tail)


def run_chains(start: Draws, walkers: int, steps: int, seed: int) -> Chains:
    """Run chains from quick draws until they tell the same, or for as many steps as allowed.

    Steps are differences of an archive and fresh draws of a proposal. Both are made from the
    quick draws and the warm-up, then fixed: walkers do not depend on each other.

    Parameters
    ----------
    start : Draws
    walkers : int
        Chains.
    steps : int
        The most after the warm-up.
    seed : int

    Source
    ------
    Foreman-Mackey, Hogg, Lang and Goodman (2013), emcee; ter Braak and Vrugt (2008) for
    differences of an archive.
    """
    from emcee import State
    from emcee.moves import DEMove, MHMove, StretchMove

    rng = np.random.RandomState(seed)
    target = start.target
    chosen = rng.permutation(len(start.x))[:walkers]
    x = start.x[np.resize(chosen, walkers)]
    x = x + 1e-6 * rng.standard_normal(x.shape)
    along, fresh = MHMove(differences(start.x)), MHMove(independent(start.proposal))
    moves = [(along, 0.4), (fresh, 0.2), (DEMove(), 0.2), (StretchMove(), 0.2)]
    warm = _sampler(target, x, moves, seed)
    state = warm.run_mcmc(State(x, random_state=rng.get_state()), WARM_UP)
    state = State(state.coords, random_state=state.random_state)
    archive = _archive(start, warm.get_chain()[WARM_UP // 2 :])
    known = fitted_to(archive, np.full(len(archive), 1 / len(archive)))
    moves = [(MHMove(differences(archive)), ALONG), (MHMove(independent(known)), FRESH)]
    main = _sampler(target, x, moves, seed + 1)
    done, found = 0, None
    while done < steps:
        block = min(BLOCK, steps - done)
        state = main.run_mcmc(state, block, skip_initial_state_check=True)
        done += block
        found = _settled(main, done)
        if found.enough and found.alike:
            break
    assert found is not None
    return found


def _settled(sampler: Any, done: int) -> Chains:
    """The chains whole if they tell the same, their second half if that does better."""
    x = np.swapaxes(sampler.get_chain(), 0, 1)
    spread = sampler.get_blobs().reshape(done, -1).T
    log_density = sampler.get_log_prob().T
    values = np.concatenate([x, np.log(spread)[..., None]], axis=-1)
    measured = diagnostics(values)
    begin = 0
    if not (measured[0] < ALIKE).all() and done >= 2 * BLOCK:
        half = diagnostics(values[:, done // 2 :])
        if (half[0] < ALIKE).all():
            begin, measured = done // 2, half
    return Chains(
        x[:, begin:],
        spread[:, begin:],
        log_density[:, begin:],
        *measured,
        WARM_UP + begin,
        done,
        float(np.mean(sampler.acceptance_fraction)),
        (WARM_UP + done) * len(x),
    )


def _archive(start: Draws, warm: np.ndarray) -> np.ndarray:
    """What differences are taken of: where the warm-up went, and the quick draws if sound."""
    walked = warm.reshape(-1, warm.shape[-1])
    walked = walked[:: max(len(walked) // 2000, 1)]
    return np.concatenate([walked, start.x]) if start.settled else walked


def _sampler(target: Target, x: np.ndarray, moves: Any, seed: int) -> Any:
    """A sampler whose every point carries a spread, drawn as the figures let it be."""
    from emcee import EnsembleSampler

    rng = np.random.default_rng(seed)

    def log_density(x: np.ndarray) -> np.ndarray:
        found = np.column_stack([target.log_prior(x), np.full(len(x), np.nan)])
        inside = np.isfinite(found[:, 0])
        u = rng.random(len(x))
        if inside.any():
            likelihood = target.integrated(target.residuals(x[inside]))
            found[inside, 0] += likelihood.log_likelihood
            found[inside, 1] = likelihood.draw(u[inside])
        return found

    return EnsembleSampler(len(x), x.shape[1], log_density, moves=moves, vectorize=True)


def check_walkers(walkers: int, numbers: int) -> None:
    """Refuse fewer walkers than emcee's own moves need, or an odd number of them."""
    least = 2 * numbers
    if isinstance(walkers, bool) or not isinstance(walkers, int) or walkers < least:
        message = f"walkers is {walkers!r}."
        remedy = f"Give at least {least}, twice the numbers of this posterior."
        raise InputError(Finding("error", message, "walkers", remedy=remedy))
