"""Feature scores: which parameters tell the members that satisfy a condition from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

REPEATS = 5
TREES = 50


def feature_scores(samples: pd.DataFrame, holds: np.ndarray, seed: int = 1) -> pd.DataFrame:
    """Return the importance of each parameter to extremely randomized trees.

    Parameters
    ----------
    samples : DataFrame
        A row a member, a column a parameter.
    holds : array (member,) of bool
    seed : int

    Returns
    -------
    DataFrame
        ``parameter, score, low, high``: the mean share of the impurity a parameter removes over
        five forests, and their lowest and highest; scores sum to 1. What is left to parameters
        without influence is noise: about the lowest score.

    Source: Geurts, Ernst and Wehenkel (2006), Machine Learning 63; settings as Jaxa-Rozen and
    Kwakkel (2018), Environmental Modelling & Software 107.
    """
    import pandas as pd
    from sklearn.ensemble import ExtraTreesClassifier

    x = samples.to_numpy(dtype=float)
    forests = [
        ExtraTreesClassifier(
            TREES,
            max_features=max(1, round(x.shape[1] / 3)),
            min_samples_leaf=max(1, round(np.sqrt(len(x) / 1000))),
            random_state=(seed + k) % 2**32,  # all that scikit-learn takes
        ).fit(x, holds)
        for k in range(REPEATS)
    ]
    found = np.array([each.feature_importances_ for each in forests])
    table = pd.DataFrame(
        {
            "parameter": samples.columns,
            "score": found.mean(axis=0),
            "low": found.min(axis=0),
            "high": found.max(axis=0),
        }
    )
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)
