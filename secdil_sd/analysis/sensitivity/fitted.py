"""What a method can do with the draws of a fit, which depend on each other."""

from __future__ import annotations

from secdil_sd.analysis.sensitivity.methods import GIVEN, Method
from secdil_sd.analysis.space import FITTED, Space
from secdil_sd.errors import Finding, InputError

MORE_DRAWS = "Make more, by fit.to_scenario(draws=...)."


def with_fit(way: Method, box: Space, n: int) -> tuple[Space, list[str]]:
    """Return the space with the case's draws as a method can take them, and what to say of it.

    A draw is independent of the parameters beside it, so a design may move it as one; its
    columns depend on each other, so no design may move them one by one.

    Parameters
    ----------
    way : Method
    box : Space
    n : int
        Of the method.

    Raises
    ------
    InputError
        If nothing else varies and the method cannot tell fitted values apart, or too few draws.
    """
    whole = box.with_draws()
    if whole.fitted is None:
        return whole, []
    names = ", ".join(dict.fromkeys(str(each).split("[")[0] for each in whole.fitted))
    what = f"{names}: {len(whole.fitted)} draws of a fit"
    if way.given:
        if whole.size(max(n, way.least)) < way.least:
            message = f"{way.name} needs {way.least} runs at least; the fit has "
            message += f"{len(whole.fitted)} draws, and nothing else varies."
            raise InputError(Finding("error", message, "draws", remedy=MORE_DRAWS))
        shared = "They depend on each other: the index of one holds what it shares with others."
        return whole, [f"{what}. {shared}"]
    if not box.parameters:
        message = f"Nothing varies in {box.case.name!r} but fitted values ({names}), which depend "
        message += f"on each other: {way.name} cannot tell them apart."
        remedy = f"Use {', '.join(GIVEN)}, or name parameters to vary besides."
        raise InputError(Finding("error", message, "parameters", remedy=remedy))
    if way.independent and way.name != "morris":
        return whole, [f"{FITTED!r} stands for {what} that depend on each other, judged as one."]
    return box, [f"At their estimates: {what} that move together, not one step at a time."]
