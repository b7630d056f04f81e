"""What XMILE alone has, by hand: modules, macros, names, lookups by name, the older layout."""

from __future__ import annotations

import numpy as np
import pytest
from models.test_constructs import by_hand, euler

TIMES = np.arange(41) / 4


def table(x, low, high, values):
    return np.interp(x, np.linspace(low, high, len(values)), values)


def test_modules_are_one_model():
    ours = by_hand("xmile_modules.stmx")

    def rates(state):
        hares, lynxes = state
        density = hares / 1000
        hunger = table(density, 0, 10, [0.5, 0.25, 0.125, 0.0625, 0.03125])
        return [hares / 4 - lynxes * density / 2, lynxes / 8 - lynxes * hunger]

    expected = euler(rates, [5000, 1250], 0.25, 40)
    np.testing.assert_allclose(ours[["hares.hares", "lynxes.lynxes"]], expected, rtol=1e-12)
    np.testing.assert_array_equal(ours["hares.lynxes"], ours["lynxes.lynxes"])
    np.testing.assert_allclose(ours["hares per lynx"], expected[:, 0] / expected[:, 1], rtol=1e-12)


def leaking(inflow, life, shift=0.25):
    """The macro of the file: its own stock, and a quarter of what comes in."""
    level = [1.0]
    for each in inflow[:-1]:
        level.append(level[-1] + shift * (each - level[-1] / life))
    return np.array(level) + inflow / 4


def test_each_call_of_a_macro_has_its_own_stocks():
    ours = by_hand("xmile_macros.xmile")
    rate = 2 + TIMES
    np.testing.assert_allclose(ours["once"], (rate + 1) / 2 * 3, rtol=1e-12)
    expected = leaking(rate, 5) - leaking(rate / 3, 4)
    np.testing.assert_allclose(ours["twice"], expected, rtol=1e-12)
    for place, life in (("north", 4), ("south", 8)):
        np.testing.assert_allclose(ours[f"spread[{place}]"], leaking(rate, life), rtol=1e-12)


def test_whole_arrays():
    ours = by_hand("xmile_whole_arrays.xmile")
    corn = 3 + TIMES
    expected = {
        "total": 10 * (3 + corn) + 20 * 15,
        "mean sale": (18 + corn) / 6 + (4 + TIMES) / 3,
        "most": np.maximum(corn, 6) - 4,
        "by region[north]": 3 + corn,
        "turned[corn,north]": 2 * corn,
        "picked": corn + np.array([4, 5, 6])[(TIMES / 4).astype(int)],
        "second": 2 * TIMES + 12,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-12, err_msg=name)


def test_names_and_words():
    ours = by_hand("xmile_names.xmile")
    expected = {
        "modest": np.full(41, 0.5 * 3 + 5),
        "nested": np.where(TIMES < 3, 1, np.where(TIMES < 6, 2, 3)),
        "inside": 1 + np.where(TIMES >= 5, 6, 0),
        "left over": 2 * TIMES % 3
        + 1
        + np.divide(7, TIMES - 4, out=np.zeros(41), where=TIMES != 4),
        "clock": np.full(41, 0.25 + 0 + 10 + np.pi),
        "in-flow, (odd)": 2 + 2 * np.sin(2 * np.pi * TIMES / 8),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-9, atol=1e-12, err_msg=name)
    flows = expected["in-flow, (odd)"]
    x = [1.0]
    for each in flows[:-1]:
        x.append(x[-1] + 0.25 * (each - x[-1] / 4))
    np.testing.assert_allclose(ours["x"], x, rtol=1e-12)


def test_lookups_by_name():
    ours = by_hand("xmile_lookups.xmile")

    def plain(x):
        return np.interp(x, [0, 1, 3], [5, 6, 2])

    effect = [0, 1, 4, 9, 16]
    expected = {
        "effect": table(TIMES / 2, 0, 4, effect),
        "read": table(3.5, 0, 4, effect) + plain(TIMES),
        "called": plain(TIMES / 3) - 6,
        "curve[north]": table(TIMES, 0, 10, [0, 1, 4]),
        "north read": table(7, 0, 10, [0, 1, 4]) + table(2 * TIMES, 0, 10, [0, 2, 8]),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-12, err_msg=name)


def test_the_layout_of_older_stella():
    ours = by_hand("xmile_old_layout.stmx")

    def rates(state):
        effect = [0.05, 0.1, 0.2][min(int(state[0] // 100), 2)]
        return [-(state[0] - 70) * effect]

    expected = euler(rates, [180], 0.25, 40)[:, 0]
    np.testing.assert_allclose(ours["Teacup Temperature"], expected, rtol=1e-12)


@pytest.mark.parametrize(("stock", "least"), [("held", 0.0), ("free", -np.inf)])
def test_uniflows(stock, least):
    ours = by_hand("xmile_uniflows.xmile")
    flow = np.maximum(np.sin(TIMES), least)
    expected = 5 + 0.25 * np.concatenate([[0], np.cumsum(flow[:-1])])
    np.testing.assert_allclose(ours[stock], expected, rtol=1e-12)
