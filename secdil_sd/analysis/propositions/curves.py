"""The small figure of each claim as a table: its runs at the defaults, over time or at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.propositions.book import Book, Claim
from secdil_sd.analysis.propositions.runs import STATES, Outcomes, Worlds, run_treatments

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("claim", "run", "time", "value")


def curves(book: Book, claims: Sequence[Claim], **options: Any) -> pd.DataFrame:
    """Run what the small figures show, at the model's defaults.

    Returns
    -------
    DataFrame
        Columns claim, run (the words of a line, or the place on the axis), time (NaN for where a
        run ends), value.
    """
    import pandas as pd

    wanted: dict[str, set[str]] = {}
    for claim in claims:
        for treatment in claim.show.runs:
            wanted.setdefault(treatment, set()).add(claim.show.output)
    found = run_treatments(book, Worlds.at_defaults(book), wanted, **options)
    parts = [
        _lines(claim, treatment, words, found)
        for claim in claims
        for treatment, words in claim.show.runs.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _lines(claim: Claim, treatment: str, words: str, found: Outcomes) -> pd.DataFrame:
    import pandas as pd

    values = found(treatment, claim.show.output)[..., 0]
    if not values.ndim:
        return pd.DataFrame([(claim.key, words, np.nan, float(values))], columns=list(COLUMNS))
    times = found.times[treatment]
    shown = times <= (claim.show.until or times[-1])
    series = {words: values} if values.ndim == 1 else dict(zip(STATES, values.T, strict=False))
    rows = [
        (claim.key, name, time, value)
        for name, line in series.items()
        for time, value in zip(times[shown], line[shown], strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
