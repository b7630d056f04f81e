"""Which form the rates of a schedule take: numbers, loops, or whole arrays; each printed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from secdil_sd.equations.folding import NoScalarForm
from secdil_sd.equations.nests import ORDINARY, nested_form
from secdil_sd.equations.scalars import (
    POSITIVE,
    Scalars,
    exponents,
    scalar_form,
    special,
    telling,
)
from secdil_sd.equations.schedule import Schedule
from secdil_sd.equations.spans import SMALL
from secdil_sd.solving.contract import LANES
from secdil_sd.targets.kernel import KernelText, print_kernel
from secdil_sd.targets.nest_inputs import print_nest_inputs
from secdil_sd.targets.nests import inputs_of, print_nests
from secdil_sd.targets.rates import print_inputs, print_rates

WIDE = 48
"""Elements along the longest axis from which a loop over them fills vectors by itself."""


@dataclass(frozen=True)
class Facts:
    """What is known of values that all members share.

    Parameters
    ----------
    fixed : frozenset of (name, values)
        Element by element, for small worlds; see ``scalars.Fixed``.
    uniform : frozenset of (name, value)
        Of whole arrays, for large ones; see ``nests.Uniform``.
    """

    fixed: frozenset[tuple[str, Any]] = frozenset()
    uniform: frozenset[tuple[str, Any]] = frozenset()


@dataclass(frozen=True)
class NativeText:
    """Texts of compiled rates, and what binds them.

    Parameters
    ----------
    rates : KernelText
    inputs : str
        NumPy code for what the rates read; it defines ``build(c, known)``.
    shapes : tuple of tuple of int
        Of each of those.
    series : tuple of str
        The order of time-varying inputs.
    lanes : int
        Members of a block.
    """

    rates: KernelText
    inputs: str
    shapes: tuple[tuple[int, ...], ...]
    series: tuple[str, ...]
    lanes: int


class Forms:
    """The rates of one schedule for single numbers; printed when asked for, once a set of facts."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._scalars: dict[Facts, Scalars] = {}
        self._rates: dict[Facts, str] = {}
        self._native: dict[Facts, NativeText] = {}

    @cached_property
    def _no_scalars(self) -> str:
        """Why there is no form element by element; empty if there is."""
        return self._reason(lambda: scalar_form(self.schedule))

    @cached_property
    def refusal(self) -> str:
        """Why there are no compiled rates, in a sentence; empty if there are."""
        if self.schedule.pipelines:
            return (
                "What is remembered from step to step (DELAY FIXED, SAMPLE IF TRUE, a DELAY N of "
                "moving time) has no compiled form."
            )
        return self._no_scalars and self._reason(lambda: nested_form(self.schedule))

    @staticmethod
    def _reason(make: Any) -> str:
        try:
            make()
        except NoScalarForm as reason:
            return str(reason)
        return ""

    @cached_property
    def _exponents(self) -> frozenset[str]:
        return exponents(self.schedule)

    def facts(
        self,
        given: Mapping[str, np.ndarray],
        known: Mapping[str, Any],
        shared: Sequence[str],
    ) -> Facts:
        """Return what is worth a form of its own about the values of a run or batch.

        Parameters
        ----------
        given : mapping of str to array
            Constants, (*dimensions, member) with an axis of one for those in ``shared``.
        known : mapping of str to array
            Values known from the constants.
        shared : sequence of str
            Constants that are the same for all members.
        """
        if not self._no_scalars:
            values = {name: np.ravel(given[name]).tolist() for name in shared}
            return Facts(fixed=frozenset(telling(values, self._exponents).items()))
        found = {name: _uniform(given[name], name in self._exponents) for name in shared}
        found |= {name: _uniform(value, False) for name, value in known.items()}
        return Facts(uniform=frozenset((n, v) for n, v in found.items() if v is not None))

    def scalars(self, facts: Facts) -> Scalars:
        """Return the rates element by element."""
        if facts not in self._scalars:
            self._scalars[facts] = scalar_form(self.schedule, dict(facts.fixed))
        return self._scalars[facts]

    def rates(self, facts: Facts) -> str:
        """Return NumPy code for a batch of a small world; empty for others."""
        if self._no_scalars:
            return ""
        if facts not in self._rates:
            self._rates[facts] = print_rates(self.scalars(facts), self.schedule)
        return self._rates[facts]

    def native(self, facts: Facts) -> NativeText:
        """Return the texts of compiled rates; ask `refusal` first."""
        if facts not in self._native:
            make = self._nests if self._no_scalars else self._numbers
            self._native[facts] = make(facts)
        return self._native[facts]

    @property
    def _series(self) -> tuple[str, ...]:
        slots = self.schedule.slots
        return tuple(sorted(name for name, slot in slots.items() if slot.role == "series"))

    def _numbers(self, facts: Facts) -> NativeText:
        form, series = self.scalars(facts), self._series
        rates = print_kernel(form, series, LANES)
        shapes = ((),) * len(form.inputs)
        return NativeText(rates, print_inputs(form, self.schedule), shapes, series, LANES)

    def _nests(self, facts: Facts) -> NativeText:
        slots, series = self.schedule.slots, self._series
        form = nested_form(self.schedule, dict(facts.uniform))
        lanes = 1 if max(form.sizes.values(), default=1) >= WIDE else LANES
        rates = print_nests(form, slots, series, lanes)
        shapes = tuple(
            tuple(form.sizes[axis] for axis in form.nodes[k].axes) for k in inputs_of(form)
        )
        return NativeText(rates, print_nest_inputs(form, slots), shapes, series, lanes)


def _uniform(value: Any, exponent: bool) -> float | str | None:
    """The value all elements share if it is telling, or that all are positive, or finite."""
    array = np.asarray(value)
    if array.dtype.kind != "f" or not array.size:
        return None
    first = float(array.flat[0])
    if first in special(exponent) and (array == first).all():
        return first
    if not np.isfinite(array).all():
        return None
    return POSITIVE if (array > SMALL).all() else ORDINARY
