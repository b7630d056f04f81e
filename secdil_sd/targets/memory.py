"""What a bound program remembers from one fixed step to the next: its pipelines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from secdil_sd.equations.schedule import Pipeline, Schedule
from secdil_sd.errors import Finding, InputError
from secdil_sd.solving.contract import Derivatives

MOST_VALUES = 250_000_000
"""Values (2 GB) beyond which a pipeline is taken for a mistake."""

SMALL = 1e-6
"""Share of a step by which half a step counts as more, as Vensim and PySD round."""


class Inflow:
    """What enters pipelines, seen where rates are computed anyway: once a step for both.

    Parameters
    ----------
    rates : callable (t, y, dy)
        Fills ``dy`` and the arrays of ``seen``.
    seen : mapping of str to array (*dimensions[, member])
    initial : array (stock[, member])
    """

    def __init__(
        self, rates: Derivatives, seen: Mapping[str, np.ndarray], initial: np.ndarray
    ) -> None:
        self.seen = seen
        self._rates = rates
        self._ahead = np.empty_like(initial)
        self._time = np.nan

    def look(self, t: float, y: np.ndarray) -> None:
        """See what enters at a time and state; the rates there are most likely asked for next."""
        self._rates(t, y, self._ahead)
        self._time = t

    def forget(self) -> None:
        """The rates are asked for elsewhere next."""
        self._time = np.nan

    def derivatives(self, t: float, y: np.ndarray, out: np.ndarray) -> None:
        """Rates of change; those where `look` just looked are known."""
        if t == self._time:
            np.copyto(out, self._ahead)
        else:
            self._rates(t, y, out)
        self.forget()


class Memory:
    """The pipelines of one run or batch: what went in and has not come out yet.

    Parameters
    ----------
    schedule : Schedule
    inflow : Inflow
        Sees what enters the pipelines, and their delay times.
    initial : array (stock[, member])
        State at the start: a pipeline begins full of its own initial value.
    step : float
        TIME STEP [time unit].
    trailing : tuple of int
        Empty for a run, (member,) for a batch.
    """

    def __init__(
        self,
        schedule: Schedule,
        inflow: Inflow,
        initial: np.ndarray,
        step: float,
        trailing: tuple[int, ...],
    ) -> None:
        self._inflow = inflow
        self._trailing = trailing
        with np.errstate(all="ignore"):
            inflow.look(0.0, initial)  # delay times do not depend on the moment
        inflow.forget()
        self._pipes = {
            each.target: _Pipe(
                each,
                schedule.slots[each.target].offset,
                initial,
                self._steps(each, step),
            )
            for each in schedule.pipelines
        }

    @property
    def places(self) -> np.ndarray:
        """Which values of the state come out of pipelines, (place,) of int."""
        return np.concatenate([each.places for each in self._pipes.values()])

    def _steps(self, pipeline: Pipeline, step: float) -> np.ndarray:
        """How many steps each element of a pipeline takes, (place[, member]).

        At least one; none where the delay time is no number, and what comes out is none then.
        """
        if not pipeline.time:
            return np.ones((len(pipeline.places), *self._trailing), dtype=int)
        times = np.real(self._rows(pipeline.time, pipeline.places))
        steps = np.rint(np.maximum(times / step, 1.0) + SMALL)
        steps = np.where(np.isfinite(steps), steps, 0.0)
        if steps.max(initial=1.0) * steps.size > MOST_VALUES:
            raise InputError(
                Finding(
                    "error",
                    f"{pipeline.target!r} would have to remember {steps.max():.3g} steps.",
                    variables=(pipeline.target,),
                    remedy="Look at its delay time and at TIME STEP.",
                )
            )
        return steps.astype(int)

    def _rows(self, name: str, places: tuple[int, ...]) -> np.ndarray:
        return self._inflow.seen[name].reshape(-1, *self._trailing)[list(places)]

    def feed(self, t: float, y: np.ndarray) -> None:
        """Take in what enters at time ``t`` and state ``y``."""
        self._inflow.look(t, y)
        for pipe in self._pipes.values():
            pipe.feed(self._rows(pipe.pipeline.source, pipe.pipeline.places))

    def move(self, y: np.ndarray) -> None:
        """End the step: write what comes out into the state ``y``."""
        for pipe in self._pipes.values():
            y[pipe.places] = pipe.move()

    def contents(self) -> dict[str, np.ndarray]:
        """Return what is under way, as plain arrays to keep and `restore`.

        Returns
        -------
        dict of str to array
            For each pipeline ``name`` (step, place[, member]): what comes out now, after one
            step, after two, ..., NaN beyond its end; and ``name steps`` (place[, member]): how
            many steps it takes.
        """
        found: dict[str, np.ndarray] = {}
        for name, pipe in self._pipes.items():
            found[name], found[f"{name} steps"] = pipe.contents(), pipe.steps.copy()
        return found

    def restore(self, contents: Mapping[str, np.ndarray]) -> None:
        """Go on from what `contents` returned, for as many members."""
        for name, pipe in self._pipes.items():
            pipe.restore(np.asarray(contents[name]), np.asarray(contents[f"{name} steps"]))


class _Pipe:
    """One pipeline: a ring of values, its elements and members each of their own length."""

    def __init__(
        self, pipeline: Pipeline, offset: int, initial: np.ndarray, steps: np.ndarray
    ) -> None:
        self.pipeline = pipeline
        self.places = offset + np.array(pipeline.places, dtype=int)
        held = np.where(steps > 0, initial[self.places], np.nan)
        self.restore(np.repeat(held[None], steps.max(initial=1), axis=0), steps)

    def feed(self, values: np.ndarray) -> None:
        if not self._whole:
            values = np.where(self.steps > 0, values, np.nan)
        self._ring[self._turn % len(self._ring)] = values

    def move(self) -> np.ndarray:
        self._turn += 1
        if self._even:
            return np.asarray(self._ring[self._turn % len(self._ring)])
        place = self._index(self._ahead()[:1])
        return np.asarray(np.take_along_axis(self._ring, place, axis=0)[0])

    def _index(self, ahead: np.ndarray) -> np.ndarray:
        """Where in the ring lies what comes out ``ahead`` steps from now."""
        return np.asarray((self._turn + ahead - self.steps) % len(self._ring))

    def contents(self) -> np.ndarray:
        ahead = self._ahead()
        waiting = np.take_along_axis(self._ring, self._index(ahead), axis=0)
        return np.where(ahead < self.steps, waiting, np.nan)

    def restore(self, waiting: np.ndarray, steps: np.ndarray) -> None:
        self.steps = steps.astype(int)
        self._turn = 0
        self._even = bool((self.steps == len(waiting)).all())
        self._whole = bool((self.steps > 0).all())
        self._ring = np.empty_like(waiting)
        np.put_along_axis(self._ring, self._index(self._ahead()), waiting, axis=0)

    def _ahead(self) -> np.ndarray:
        return np.arange(len(self._ring)).reshape(-1, *(1,) * self.steps.ndim)
