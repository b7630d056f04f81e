"""Where draws that keep a proposition lie, and where those that break it, by parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = {"low": 0.05, "lower": 0.25, "middle": 0.5, "upper": 0.75, "high": 0.95}


def contrast(draws: pd.DataFrame) -> pd.DataFrame:
    """Compare the parameters of draws that keep and draws that break a proposition.

    Parameters
    ----------
    draws : DataFrame
        A column a parameter and ``holds``: 1, 0, or NaN where it is not known.

    Returns
    -------
    DataFrame
        A row a parameter and answer: parameter, holds, then 5, 25, 50, 75 and 95% points as
        shares of what was drawn (``low``, ``lower``, ``middle``, ``upper``, ``high``), the ends
        of what was drawn (``least``, ``most``), the middle as a value (``value``), and
        ``apart``: the distance of the two middles. The most telling parameter comes first.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"a": [0, 1, 2, 3], "b": [1, 0, 1, 0], "holds": [1, 1, 0, 0]})
    >>> contrast(table)["parameter"].tolist()
    ['a', 'a', 'b', 'b']
    """
    import pandas as pd

    rows = []
    for name in draws.columns.drop("holds"):
        least, most = float(draws[name].min()), float(draws[name].max())
        width = (most - least) or 1.0
        found = {
            kept: draws.loc[draws["holds"] == kept, name].quantile(list(QUANTILES.values()))
            for kept in (1.0, 0.0)
        }
        apart = abs(found[1.0][0.5] - found[0.0][0.5]) / width
        for kept, points in found.items():
            shares = {each: (points[q] - least) / width for each, q in QUANTILES.items()}
            rows.append(
                {
                    "parameter": str(name),
                    "holds": kept == 1.0,
                    **shares,
                    "least": least,
                    "most": most,
                    "value": points[0.5],
                    "apart": apart,
                }
            )
    table = pd.DataFrame(rows)
    order = table["apart"].fillna(-1.0)
    return table.loc[order.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
