"""A problem whose model is linear in its numbers, so that its posterior is known exactly."""

from dataclasses import dataclass

import numpy as np

import secdil_sd as sd
from secdil_sd.fitting.free import Free, Scale
from secdil_sd.fitting.noise import NORMAL
from secdil_sd.fitting.observed import Observed
from secdil_sd.fitting.problem import Problem
from secdil_sd.simulation.companion import Distribution

YEARS = np.arange(1950, 1962)
DESIGN = np.stack([np.ones(24), np.tile(np.linspace(-1, 1, 12), 2), np.repeat([0.0, 1.0], 12)], 1)
TRUTH = np.array([3.0, 1.0, -0.5])
NAMES = ("level", "slope", "step")


@dataclass(frozen=True, eq=False)
class Linear(Problem):
    """A problem whose model is a straight sum: its posterior is known."""

    @property
    def own(self):
        return np.array([each.prior.mean for each in self.free])

    def predicted(self, points, years=None):
        found = self.natural(np.atleast_2d(points)) @ DESIGN.T
        return found.reshape(len(found), 2, 12)


def free(name, mean, spread, low=-50.0, high=50.0):
    prior = Distribution(kind="normal", mean=mean, spread=spread)
    return Free(name, (name,), Scale("identity"), low, high, (mean - spread, mean + spread), prior)


def linear(noise=NORMAL, seed=1, spread=0.4, **bounds):
    rng = np.random.default_rng(seed)
    values = (DESIGN @ TRUTH + spread * rng.standard_normal(24)).reshape(2, 12)
    if noise.logarithmic:
        values = np.exp(0.1 * values)
    observed = Observed("spending", ("A", "B"), YEARS, values)
    numbers = tuple(
        free(name, mean, 2.0, **bounds.get(name, {}))
        for name, mean in zip(NAMES, (2.0, 0.0, 0.0), strict=True)
    )
    return Linear(sd.load_scenario("wwi_blocs"), numbers, observed, noise)
