"""Subexpressions that occur more than once become values of their own, computed once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from secdil_sd.equations.blocks import Along
from secdil_sd.equations.resolve import Apply, Load, Read, Reduce, Term, Vector, parts
from secdil_sd.equations.schedule import Schedule, Slot, Statement


def shared(schedule: Schedule) -> Schedule:
    """Return a schedule that computes the same, each repeated subexpression only once.

    Rounding does not change: the same operations are done on the same numbers. What is known
    from the constants alone is left where it is; targets compute it once a chunk anyway.
    """
    return _Sharing(schedule).schedule()


class _Sharing:
    def __init__(self, schedule: Schedule) -> None:
        self.old = schedule
        self.slots = dict(schedule.slots)
        self.values: list[Statement] = []
        self.names: dict[Term, str] = {}
        self.often = _repeated(
            schedule, (each.term for each in (*schedule.values, *schedule.flows))
        )

    def schedule(self) -> Schedule:
        if not self.often:
            return self.old
        for statement in self.old.values:
            term = self._rewritten(statement.term)
            self.values.append(replace(statement, term=term))
        flows = [replace(each, term=self._rewritten(each.term)) for each in self.old.flows]
        values = tuple(self.values)
        return replace(self.old, slots=self.slots, values=values, flows=tuple(flows))

    def _rewritten(self, term: Term) -> Term:
        """A term that reads what is shared; statements that compute it come before."""
        if term in self.often:
            name = self.names.get(term)
            if name is None:
                name = self._statement(term)
            index = tuple(Along(each.name, tuple(range(each.size))) for each in term.axes)
            return Load(name, index, term.axes)
        return self._inside(term)

    def _inside(self, term: Term) -> Term:
        if isinstance(term, Apply | Vector):
            return replace(term, arguments=tuple(self._rewritten(e) for e in term.arguments))
        if isinstance(term, Reduce):
            return replace(term, body=self._rewritten(term.body))
        if isinstance(term, Read):
            return replace(term, argument=self._rewritten(term.argument))
        return term

    def _statement(self, term: Term) -> str:
        inside = self._inside(term)
        number = len(self.names) + 1
        while f"shared {number}" in self.slots:  # a model may have a variable of that name
            number += 1
        name = self.names[term] = f"shared {number}"
        axes = term.axes
        shape = tuple(each.size for each in axes)
        self.slots[name] = Slot(name, "auxiliary", tuple(each.name for each in axes), shape)
        index = tuple(Along(each.name, tuple(range(each.size))) for each in axes)
        stage = self.old.stage_of(term)
        self.values.append(
            Statement(name, index, axes, inside, stage, "value", True, text="used more than once")
        )
        return name


def _repeated(schedule: Schedule, roots: Iterable[Term]) -> set[Term]:
    """The terms worth sharing: computed at least twice, and not known from the constants."""
    counts: dict[Term, int] = {}

    def visit(term: Term) -> None:
        if not isinstance(term, Apply | Reduce | Read | Vector):
            return
        counts[term] = counts.get(term, 0) + 1
        if counts[term] == 1:  # what stands inside a repeated term is repeated with it
            for each in parts(term):
                visit(each)

    for root in roots:
        visit(root)
    return {
        term
        for term, count in counts.items()
        if count > 1
        and not (isinstance(term, Apply) and term.logical)
        and schedule.stage_of(term) != "batch"
    }
