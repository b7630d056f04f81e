"""Many optimizers at once: each asks as if it were alone, all are answered by one ensemble.

An optimizer of SciPy wants one number or a few at a time, and an ensemble of a few members costs
nearly as much as one of hundreds. So each optimizer gets a thread that does nothing but wait:
once all that still run have asked, their points are joined and answered together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
Ask = Callable[[np.ndarray], np.ndarray]
MOST_AT_ONCE = 256


class _Stopped(Exception):
    """The others have failed, or the user has had enough."""


@dataclass
class _Desk:
    """Where questions are left and answers are fetched."""

    running: int
    changed: threading.Condition = field(default_factory=threading.Condition)
    questions: dict[int, np.ndarray] = field(default_factory=dict)
    answers: dict[int, np.ndarray] = field(default_factory=dict)
    closed: bool = False

    def ask(self, who: int, points: np.ndarray) -> np.ndarray:
        """Leave points, wait for what the model says of them."""
        with self.changed:
            if self.closed:
                raise _Stopped
            self.questions[who] = np.atleast_2d(np.array(points, dtype=float))
            self.changed.notify_all()
            while who not in self.answers and not self.closed:
                self.changed.wait()
            if who not in self.answers:
                raise _Stopped
            return self.answers.pop(who)

    def leave(self) -> None:
        """Say that one has finished."""
        with self.changed:
            self.running -= 1
            self.changed.notify_all()

    def serve(self, answer: Ask) -> None:
        """Answer all questions as often as everyone who still runs has one."""
        while True:
            with self.changed:
                while self.running and len(self.questions) < self.running:
                    self.changed.wait(0.2)  # with a limit, so that Ctrl-C is heard
                if not self.running:
                    return
                asked = dict(sorted(self.questions.items()))
                self.questions.clear()
            found = answer(np.concatenate(list(asked.values())))
            ends = np.cumsum([len(each) for each in asked.values()])[:-1]
            with self.changed:
                self.answers.update(zip(asked, np.split(found, ends), strict=True))
                self.changed.notify_all()

    def close(self) -> None:
        """Send everyone home."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()


def in_lockstep(jobs: Sequence[Callable[[Ask], T]], answer: Ask) -> list[T]:
    """Run jobs that ask about points, all questions of a round answered at once.

    Parameters
    ----------
    jobs : sequence of callable(ask)
        Each calls ``ask(points)`` with an array (point, parameter) as often as it likes.
    answer : callable(points)
        Answers many points at once, an array with a row a point.

    Returns
    -------
    list
        What the jobs returned, in their order.

    Raises
    ------
    Exception
        The first that a job or ``answer`` raised; the others are stopped.

    Examples
    --------
    >>> def halve(ask, x=8.0):
    ...     while ask(np.array([[x]]))[0, 0] > 1:
    ...         x /= 2
    ...     return x
    >>> in_lockstep([halve, lambda ask: halve(ask, 3.0)], lambda points: points)
    [1.0, 0.75]
    """
    found: list[T] = []
    for begin in range(0, len(jobs), MOST_AT_ONCE):
        found += _round(jobs[begin : begin + MOST_AT_ONCE], answer)
    return found


def _round(jobs: Sequence[Callable[[Ask], T]], answer: Ask) -> list[T]:
    desk = _Desk(len(jobs))
    results: list[Any] = [None] * len(jobs)
    failures: dict[int, BaseException] = {}

    def work(who: int) -> None:
        try:
            results[who] = jobs[who](lambda points: desk.ask(who, points))
        except _Stopped:
            pass
        except BaseException as error:  # handed to the caller's thread
            failures[who] = error
            desk.close()
        finally:
            desk.leave()

    threads = [threading.Thread(target=work, args=(k,), daemon=True) for k in range(len(jobs))]
    for each in threads:
        each.start()
    try:
        desk.serve(answer)
    finally:
        desk.close()
        for each in threads:
            each.join()
    if failures:
        raise failures[min(failures)]
    return results
