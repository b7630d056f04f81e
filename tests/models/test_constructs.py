"""Every construct, file by file: our Euler equals PySD's to 1e-10, and pysimlin's where it runs."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from models.peers import pysd_run, simlin_run

import secdil_sd as sd
from secdil_sd.names import spelling

SUFFIXES = (".mdl", ".xmile", ".stmx")
FOLDER = Path(__file__).parent / "constructs"
FILES = sorted(each for each in FOLDER.iterdir() if each.suffix in SUFFIXES)

BEYOND_PYSD = {
    "allocation_normal": "Vensim approximates the normal distribution to 1e-5; checked by hand",
    "element_map": "PySD has no VECTOR ELM MAP; checked by hand below",
    "gamma": "PySD has no GAMMA LN; checked against the standard library below",
    "lookup_manners": "PySD has no LOOKUP FORWARD and its kin; checked by hand below",
    "lookup_summed": "PySD does not sum lookups that differ by element; checked by hand below",
    "missing": "PySD compares :NA: as a number, which nothing equals; checked by hand below",
    "time_value": "PySD has no GET TIME VALUE from the initial time; checked by hand below",
    "macros": "PySD takes no further outputs of macros; checked by hand below",
    "mapped_elements": "PySD counts the listed elements as the range's own; pysimlin agrees",
    "present_value": "PySD has no NPV; checked by hand below",
    "pipelines_subscripted": "PySD's DELAY FIXED takes one delay time; checked by hand below",
    "mapped": "PySD does not follow mappings on the right-hand side; checked by hand below",
    "numeric_range": "PySD does not follow mappings on the right-hand side; checked by hand below",
    "names": "PySD's code breaks on a variable named lambda; checked by hand below",
    "xmile_lookups": "PySD has no LOOKUP and loses tables of elements; checked by hand",
    "xmile_macros": "PySD has no macros of XMILE; checked by hand",
    "xmile_modules": "PySD has no modules; checked by hand",
    "xmile_names": "PySD has no comments, lower-case IF or DT; checked by hand",
    "xmile_old_layout": "PySD finds no variables in the layout of Stella 10; checked by hand",
    "xmile_whole_arrays": "PySD has no x[*]; pysimlin agrees",
    "xmile_table_extrapolate": "PySD holds inline tables whatever their type; checked by hand",
    "xmile_table_discrete": "PySD interpolates inline tables whatever their type; checked by hand",
}
"""What PySD cannot run or does otherwise than its language says, with the reason."""

BEYOND_SIMLIN = {
    "allocation": "pysimlin shares out otherwise where widths differ; Vensim's way is PySD's",
    "allocation_normal": "pysimlin shares out otherwise where widths differ",
    "element_map": "pysimlin does not compile VECTOR ELM MAP here",
    "external_constants": "pysimlin reads no tables beside a file",
    "external_data": "pysimlin reads no tables beside a file",
    "external_lookups": "pysimlin reads no tables beside a file",
    "external_subscripts": "pysimlin reads no tables beside a file",
    "gamma": "pysimlin has no GAMMA LN",
    "lookup_manners": "pysimlin has no LOOKUP INVERT",
    "lookup_summed": "pysimlin does not sum lookups that differ by element",
    "matrix": "pysimlin has no INVERT MATRIX",
    "missing": "pysimlin reads no tables beside a file",
    "time_value": "pysimlin has no GET TIME VALUE",
    "vectors": "pysimlin has no VECTOR REORDER",
    "delay_orders": "pysimlin has no order that is not a number",
    "macros": "pysimlin refuses further outputs on a subscripted variable",
    "pipelines": "pysimlin's DELAY FIXED is no pipeline",
    "pipelines_subscripted": "pysimlin's DELAY FIXED is no pipeline",
    "present_value": "pysimlin discounts a stream otherwise than Vensim",
    "time_settings": "pysimlin keeps the first TIME STEP",
    "functions": "pysimlin has no SINH, COSH, TANH, POWER",
    "game_and_na": "pysimlin has no GAME",
    "lookup_inline": "pysimlin does not parse WITH LOOKUP inside an expression",
    "lookup_named": "pysimlin keeps points in file order where Vensim sorts them",
    "reductions": "pysimlin has no PROD",
    "rounding": "pysimlin rounds INTEGER down, Vensim toward zero",
    "safe_division": "pysimlin takes only 0 for zero, Vensim anything below 1e-6",
    "time": "pysimlin takes the variable trend for its function",
    "trends": "pysimlin has no FORECAST",
    "xmile_lookups": "pysimlin does not call a graphical function by name",
    "xmile_macros": "pysimlin has no default arguments of macros",
    "xmile_names": "pysimlin takes neither names with commas nor MAX of three",
    "xmile_old_layout": "pysimlin finds no variables in the layout of Stella 10",
    "xmile_uniflows": "pysimlin does not know the behavior of a whole model",
    "xmile_non_negative": "pysimlin lets non-negative stocks go below zero",
    "xmile_table_discrete": "pysimlin interpolates discrete tables",
    "xmile_table_extrapolate": "pysimlin holds the ends of extrapolating tables",
}
"""Where pysimlin has no such function or does otherwise, with the reason."""


def own_run(path: Path) -> pd.DataFrame:
    """Our run under Euler at the file's times; one column an element, ``x[A,B]``."""
    run = sd.load_model(path).run(method="Euler")
    columns = {}
    for variable in run.data_vars.values():
        name = variable.attrs["long_name"]
        rest = [each for each in variable.dims if each != "time"]
        labels = [variable[each].values for each in rest]
        for place in itertools.product(*(range(len(each)) for each in labels)):
            values = variable.isel(dict(zip(rest, place, strict=True))).values
            if np.isnan(values).all():
                continue  # an element outside the subrange the variable has
            inside = ",".join(str(each[k]) for each, k in zip(labels, place, strict=True))
            columns[f"{name}[{inside}]" if rest else name] = values
    return pd.DataFrame(columns, index=run["time"].values)


def compare(ours: pd.DataFrame, theirs: pd.DataFrame, tolerance: float) -> int:
    """Assert that what both have agrees; return how many columns that is."""
    by_name = {spelling(column): column for column in theirs.columns}
    compared = 0
    for column in ours.columns:
        other = by_name.get(spelling(column))
        if other is None:
            continue
        right = theirs[other].astype(float)
        right = right[~right.index.duplicated()]
        left = pd.Series(ours[column].to_numpy(), index=ours.index)
        shared = [t for t in left.index if np.isclose(right.index, t, atol=1e-9).any()]
        assert len(shared) == len(left), f"{column}: {len(shared)} of {len(left)} times shared"
        values = [right.iloc[int(np.argmin(np.abs(right.index - t)))] for t in shared]
        np.testing.assert_allclose(
            left.to_numpy(), values, rtol=tolerance, atol=tolerance, err_msg=column
        )
        compared += 1
    return compared


def test_there_is_a_file_for_every_construct():
    assert len(FILES) >= 50
    functions = {
        node.function
        for path in FILES
        for variable in sd.load_model(path).system.variables
        for definition in variable.definitions
        for node in _calls(definition.expression)
    }
    from secdil_sd.equations.functions import FUNCTIONS

    supported = {name for name, row in FUNCTIONS.items() if row.kind != "discrete"}
    untried = supported - functions - {"log10", "pi", "lagged"}  # lagged is ours alone
    assert not untried


def _calls(node):
    from secdil_sd.equations.expression import Call, walk

    return (each for each in walk(node) if isinstance(each, Call))


@pytest.mark.peer
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_equals_pysd(path):
    if path.stem in BEYOND_PYSD:
        pytest.skip(BEYOND_PYSD[path.stem])
    ours = own_run(path)
    assert compare(ours, pysd_run(path), 1e-10) >= min(2, len(ours.columns))


@pytest.mark.peer
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_equals_pysimlin(path):
    if path.stem in BEYOND_SIMLIN:
        pytest.skip(BEYOND_SIMLIN[path.stem])
    ours = own_run(path)
    assert compare(ours, simlin_run(path), 1e-9) >= 1


WHOLE_VECTORS_AND_TABLES = (
    "allocation",
    "element_map",
    "external_constants",
    "external_data",
    "external_lookups",
    "lookup_manners",
    "lookup_subscripted",
    "lookup_summed",
    "matrix",
    "vectors",
)


@pytest.mark.parametrize("stem", WHOLE_VECTORS_AND_TABLES)
@pytest.mark.parametrize("members", [3, 600])
def test_members_equal_a_single_run(stem, members):
    model = sd.load_model(FOLDER / f"{stem}.mdl")
    kinds = {each.name: each.kind for each in model.system.variables}
    outputs = [n for n, kind in kinds.items() if kind in ("stock", "auxiliary") and n != "SAVEPER"]
    single = model.run(method="Euler", outputs=outputs)
    samples = {"about": np.arange(members)}
    batch = model.run_ensemble(samples, method="Euler", outputs=outputs)
    for name in single.data_vars:
        ours = batch[name].isel(member=-1).transpose(*single[name].dims)
        np.testing.assert_allclose(ours, single[name], rtol=1e-12, atol=1e-12, err_msg=name)


def euler(rates, start, step, count):
    """A hand loop: values after 0, 1, ... ``count`` steps."""
    found = [np.array(start, dtype=float)]
    for _ in range(count):
        found.append(found[-1] + step * np.array(rates(found[-1])))
    return np.array(found)


def by_hand(name):
    return own_run(FOLDER / name)


def test_mapped_ranges_by_hand():
    ours = by_hand("mapped.mdl")
    people = np.array([5.0, 9.0, 11.0])
    expected = euler(lambda x: people * 0.1 - x, np.ones(3), 0.125, 80)[::8]
    np.testing.assert_allclose(ours[["x[usa]", "x[uk]", "x[france]"]], expected, rtol=1e-12)


def test_a_chain_along_a_numeric_range_by_hand():
    ours = by_hand("numeric_range.mdl")

    def rates(x):
        return [10 - x[0] / 2, *(x[k - 1] / 2 - x[k] / 2 for k in range(1, 5))]

    expected = euler(rates, [20, 5, 5, 5, 5], 0.125, 80)[::8]
    np.testing.assert_allclose(ours[[f"people[a{k}]" for k in range(1, 6)]], expected, rtol=1e-12)
    np.testing.assert_allclose(ours["all"], expected.sum(axis=1), rtol=1e-12)


def test_awkward_names_by_hand():
    ours = by_hand("names.mdl")
    expected = euler(lambda v: [6 - 1.5 * v[0] - 0.5, v[1] / 4], [1, 1], 0.125, 80)[::8]
    np.testing.assert_allclose(ours[["x", "y"]], expected, rtol=1e-12)


def test_shares_by_normal_profiles_by_hand():
    """Vensim's own output (public test model) follows Abramowitz and Stegun 26.2.16 to 7 digits."""
    ours = by_hand("allocation_normal.mdl")
    asked, middle, width = np.array([50, 30, 75.0]), np.array([5, 7, 3.0]), np.array([1, 2, 2.0])

    def taken(price):
        z = (middle - price) / width
        t = 1 / (1 + 0.33267 * abs(z))
        tail = 0.4361836 * t - 0.1201676 * t**2 + 0.937298 * t**3
        tail = tail * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        return asked * np.where(z < 0, tail, 1 - tail)

    for time, row in ours[[f"given[b{k}]" for k in (1, 2, 3)]].iterrows():
        low, high = -100.0, 100.0
        for _ in range(200):
            price = (low + high) / 2
            low, high = (price, high) if taken(price).sum() > 20 * time else (low, price)
        expected = asked if 20 * time >= asked.sum() else taken(low) if time else 0 * asked
        np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-9)


def test_an_element_so_many_places_on_by_hand():
    ours = by_hand("element_map.mdl")
    level = np.array([3.0, 9.0, 5.0, 7.0, np.nan, np.nan])
    shift = np.arange(11) * 0.5
    np.testing.assert_allclose(ours["from first"], level[np.trunc(shift).astype(int)])
    rows = ours[[f"from second[i{k}]" for k in (1, 2, 3, 4) if k < 4]].to_numpy()
    np.testing.assert_allclose(rows, np.tile([3.0, 9.0, 5.0], (11, 1)))


def test_gamma_ln_is_the_standard_library_s():
    ours = by_hand("gamma.mdl")
    expected = [math.lgamma(x * x + 0.25) for x in ours["x"]]
    np.testing.assert_allclose(ours["y"], expected, rtol=1e-12)
    rates = [math.lgamma(0.125 * k + 0.5) for k in range(80)]
    assert ours["x"].iloc[-1] == pytest.approx(1 + 0.125 * sum(rates), rel=1e-12)


def test_lookups_read_in_other_manners_by_hand():
    ours = by_hand("lookup_manners.mdl")
    expected = {  # x: forward, backward, beyond, inverse
        -1.0: (0, 0, -2, 0),
        0.0: (0, 0, 0, 0),
        1.0: (2, 2, 2, 0.5),
        2.0: (3, 2, 2.5, 1),
        5.0: (9, 3, 7, 4),
        6.0: (9, 9, 9, 4.5),
        9.0: (9, 9, 15, 6),
    }
    for x, values in expected.items():
        row = ours[np.isclose(ours["x"], x)].iloc[0]
        found = [row[each] for each in ("forward", "backward", "beyond", "inverse")]
        np.testing.assert_allclose(found, values, rtol=1e-12, err_msg=str(x))


def test_lookups_that_differ_by_element_turned_and_summed_by_hand():
    ours = by_hand("lookup_summed.mdl")
    f = {
        "north": {"a": (0, 1, 2), "b": (1, 0, 5), "c": (2, 2, 0)},
        "south": {"a": (3, 4, 4), "b": (0, 3, 1), "c": (5, 2, 7)},
    }
    x = {region: ours[f"x[{region}]"].to_numpy() for region in f}
    for kind in "abc":
        for region, tables in f.items():
            expected = np.interp(x[region], (0, 1, 3), tables[kind])
            np.testing.assert_allclose(ours[f"turned[{kind},{region}]"], expected, rtol=1e-12)
        parts = [np.interp(x[region] + 0.1, (0, 1, 3), f[region][kind]) for region in f]
        np.testing.assert_allclose(ours[f"total[{kind}]"], sum(parts), rtol=1e-12)
    both = np.interp(x["north"], (0, 1, 3), (0, 2, 3)) + np.interp(x["south"], (0, 2, 3), (1, 0, 6))
    np.testing.assert_allclose(ours["all"], both, rtol=1e-12)


def test_what_is_missing_by_hand():
    ours = by_hand("missing.mdl")
    reported = {1950.0: 10.0, 1954.0: 30.0, 1957.0: 20.0, 1961.0: 50.0}
    np.testing.assert_allclose(ours["known"], [reported.get(t, -1.0) for t in ours.index])
    np.testing.assert_allclose(ours["there"], [float(t in reported) for t in ours.index])
    steps = np.arange(1950, 1962, 0.25)
    known = sum(reported.get(t, -1.0) for t in steps)
    assert ours["x"].iloc[-1] == pytest.approx(0.25 * known)
    assert ours["y"].iloc[-1] == pytest.approx(0.25 * 4)


def test_time_values_by_hand():
    ours = by_hand("time_value.mdl")
    np.testing.assert_allclose(ours["now"], ours.index + 0.5)
    np.testing.assert_allclose(ours["begun"], 2.0)


def test_pipelines_of_different_lengths_by_hand():
    """Whoever is d steps long gives at step k what went in at step k - d."""
    ours = by_hand("pipelines_subscripted.mdl")
    lengths, x, late = (8, 20, 1), [np.full(3, 2.0)], []
    for k in range(81):
        late.append([x[k - d][e] if k >= d else 1.0 for e, d in enumerate(lengths)])
        x.append(x[k] + (1 - np.array(late[k]) / 4) / 8)
    x, late = np.array(x[:81]), np.array(late)

    def before(values, steps, start):
        return np.concatenate([np.full((steps, *values.shape[1:]), start), values[:-steps]])[::8]

    def columns(name, elements="ABC"):
        return ours[[f"{name}[{each}]" for each in elements]].to_numpy()

    np.testing.assert_allclose(columns("x"), x[::8], rtol=1e-12)
    np.testing.assert_allclose(columns("late"), late[::8], rtol=1e-12)
    np.testing.assert_allclose(columns("late twice", "AB"), before(late[:, :2], 8, 5.0))
    np.testing.assert_allclose(columns("mixed", "AB"), before(x[:, :2], 8, 8.0))
    np.testing.assert_allclose(columns("mixed", "C")[:, 0], x[::8, 2] * 2)
    np.testing.assert_allclose(ours["all"], before(x.sum(axis=1), 12, 6.0))
    twice = before(np.concatenate([np.zeros((8, 3)), x[:-8]]) * 2, 4, 1.0) + 1
    np.testing.assert_allclose(columns("twice"), twice)
    held, kept = np.array([1, 2.5, 0]), []
    for k in range(81):
        held = np.where(x[k] > 3, k / 8, held)
        kept.append(held)
    np.testing.assert_allclose(columns("kept"), kept[::8])


def test_present_values_by_hand():
    """Each step's stream counts by what a unit at its end is worth at the start of the first."""
    ours = by_hand("present_value.mdl")
    worth = 1.0125 ** -np.arange(81.0)
    steady = 0.5 * (3 + np.cumsum(4 * worth) / 8)
    swinging = np.cumsum(np.sin(np.arange(81) / 8) * worth) / 8
    np.testing.assert_allclose(ours["steady"], steady[::8], rtol=1e-12)
    np.testing.assert_allclose(ours["swinging"], swinging[::8], rtol=1e-12, atol=1e-15)


def test_macros_by_hand():
    """Every use is a lag of its own: its time constant plus a step, from half the input."""
    ours = by_hand("macros.mdl")
    times = np.arange(81) / 8

    def lag(given, constant):
        level = [given[0] / 2]
        for each in given[:-1]:
            level.append(level[-1] + (each - level[-1]) / (constant + 0.125) / 8)
        return np.array(level)

    slow = {each: lag(size * 2 + np.sin(times), 4) for each, size in (("A", 3), ("B", 5))}
    missing = 6 + np.sin(times) - slow["A"]
    level = [0.0]
    for each in missing[:-1]:
        level.append(level[-1] + (each - level[-1]) / 8)
    double = lag(lag(times, 2), 3) * np.interp(times, [0, 10], [1, 3]) + lag(np.full(81, 3.0), 1)
    expected = {
        "slow[A]": slow["A"],
        "slow[B]": slow["B"],
        "missing[A]": missing,
        "all": lag(8 + times, 2),
        "double": double,
        "level": np.array(level),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(ours[name], values[::8], rtol=1e-12, atol=1e-14, err_msg=name)


@pytest.mark.parametrize(
    ("kind", "at", "scaled", "listed"),
    [
        ("extrapolate", -1.0, -2.0, -2.0),
        ("extrapolate", 4.0, 13.0, 0.0),
        ("extrapolate", 0.5, 2.5, 1.0),
        ("discrete", 0.75, 1.0, 0.0),
        ("discrete", 1.0, 4.0, 2.0),
        ("discrete", 4.0, 8.0, 1.0),
        ("discrete", -1.0, 1.0, 0.0),
    ],
)
def test_xmile_tables_by_hand(kind, at, scaled, listed):
    """XMILE 1.0, 3.1.4: beyond its ends an extrapolating table continues its last segment."""
    ours = by_hand(f"xmile_table_{kind}.xmile")
    row = ours[np.isclose(ours["x"], at)].iloc[0]
    assert (row["scaled"], row["listed"]) == pytest.approx((scaled, listed))
