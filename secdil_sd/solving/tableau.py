"""The coefficients of Tsit5: an explicit Runge-Kutta pair of order 5(4) with its interpolant.

Source: Ch. Tsitouras, "Runge-Kutta pairs of order 5(4) satisfying only the first column
simplifying assumption", Computers & Mathematics with Applications 62 (2011) 770-775,
doi:10.1016/j.camwa.2011.06.002. Nothing here is taken on trust: the tests check row sums,
order conditions and those of the interpolant.
"""

from __future__ import annotations

import numpy as np

STAGES = 7
"""Derivatives in a step; the last is the first of the next step (FSAL)."""

C = np.array([0.0, 0.161, 0.327, 0.9, 0.9800255409045096857, 1.0, 1.0])
"""(stage,) when each stage is evaluated, as a share of the step."""

A = np.array(
    [
        [0.0] * 6,
        [0.161] + [0.0] * 5,
        [-0.008480655492356988544, 0.3354806554923569885] + [0.0] * 4,
        [2.897153057105493432, -6.359448489975074843, 4.362295432869581412] + [0.0] * 3,
        [
            5.325864828439256604,
            -11.74888356406282788,
            7.495539342889836208,
            -0.09249506636175524925,
            0.0,
            0.0,
        ],
        [
            5.861455442946420029,
            -12.92096931784710929,
            8.159367898576158643,
            -0.07158497328140099722,
            -0.02826905039406838291,
            0.0,
        ],
        [
            0.09646076681806522952,
            0.01,
            0.4798896504144995748,
            1.379008574103741893,
            -3.290069515436080680,
            2.324710524099773982,
        ],
    ]
)
"""(stage, stage) how each stage combines those before it; the last row are the weights."""

B = A[-1]
"""(stage,) weights of the fifth-order result."""

E = np.array(
    [
        0.001780011052225771443,
        0.0008164344596567469032,
        -0.007880878010261994900,
        0.1447110071732629075,
        -0.5823571654525552250,
        0.4580821059291869466,
        -1.0 / 66.0,
    ]
)
"""(stage,) fifth-order weights less the embedded fourth-order ones: the error estimate."""

P = np.array(
    [
        [1.0, -2.763706197274826, 2.9132554618219126, -1.0530884977290216],
        [0.0, 0.1317, -0.2234, 0.1017],
        [0.0, 3.9302962368947516, -5.941033872131505, 2.490627285651253],
        [0.0, -12.411077166933676, 30.33818863028232, -16.548102889244902],
        [0.0, 37.50931341651104, -88.1789048947664, 47.37952196281928],
        [0.0, -27.896526289197286, 65.09189467479366, -34.87065786149661],
        [0.0, 1.5, -4.0, 2.5],
    ]
)
"""(stage, power) weights inside a step as polynomials of its share: first power first."""


def interpolation_weights(share: np.ndarray) -> np.ndarray:
    """Return the weight of each stage at given shares of a step.

    Parameters
    ----------
    share : array (point,)
        0 at the start of the step, 1 at its end.

    Returns
    -------
    array (point, stage)

    Examples
    --------
    >>> bool(np.allclose(interpolation_weights(np.array([1.0]))[0, :6], B, atol=1e-14))
    True
    """
    powers = np.cumprod(np.broadcast_to(share[:, None], (len(share), P.shape[1])), axis=1)
    return powers @ P.T
