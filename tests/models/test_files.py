"""The model files, run by PySD and pysimlin, against the oracle; and their sketches."""

from __future__ import annotations

import re
import shutil
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from models.prototype import Array, Parameters, Stocks

from models import prototype as oracle

MODELS = Path(__file__).resolve().parents[2] / "models"
NAMES = ("security_dilemma", "richardson")
STATES = ("A", "B", "C")
STEP = 1 / 64

pysd = pytest.importorskip("pysd")
xarray = pytest.importorskip("xarray")


def with_three_states(name: str, folder: Path) -> Path:
    """Write the model file for states A, B, C, as a user would in Vensim."""
    text = (MODELS / f"{name}.mdl").read_text("utf-8")
    changed = text.replace("\tEast, West\n", f"\t{', '.join(STATES)}\n")
    assert changed != text
    path = folder / f"{name}_three.mdl"
    path.write_text(changed, "utf-8")
    return path


@pytest.fixture(scope="module", params=NAMES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of each model file: PySD writes its translation beside what it reads."""
    return Path(shutil.copy(MODELS / f"{request.param}.mdl", tmp_path_factory.mktemp("model")))


def labelled(value: Any) -> Any:
    """Return an array with the subscripts PySD wants; numbers as they are."""
    array = np.asarray(value, float)
    dims = ("state", "rival")[: array.ndim]
    return xarray.DataArray(array, {dim: list(STATES) for dim in dims}, dims) if dims else value


def run_pysd(path: Path, params: dict[str, Any], end: float) -> Any:
    values = {name: labelled(value) for name, value in params.items()}
    settings = {"final_time": end, "time_step": STEP, "saveper": end}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pysd.read_vensim(str(path)).run(params=values, **settings).iloc[-1]


def read(row: Any, name: str, dimensions: int) -> Array:
    if dimensions == 1:
        return np.array([row[f"{name}[{i}]"] for i in STATES], float)
    return np.array([[row[f"{name}[{i},{j}]"] for j in STATES] for i in STATES], float)


def euler(p: Parameters, end: float) -> Stocks:
    y = oracle.initial(p)
    for step in range(round(end / STEP)):
        y = y + STEP * oracle.rhs(step * STEP, y, p)
    return Stocks.unpack(y, p["N"])


def everything_at_work() -> dict[str, Any]:
    """Return a parameter set, by symbol, in which every mechanism acts at once."""
    rng = np.random.default_rng(7)
    pair = rng.uniform(-0.3, 0.3, (3, 3))
    interaction = (pair + pair.T) ** 2
    return {
        **{"G": [0.9, 0.3, 0.1], "r": [0, 0.5, 0.2], "s": [0.2, 0, 0.4], "psi": [0, 0.3, 0]},
        **{"B0": [0.2, 0, 0.1], "T0": 0.1, "b": 0.3, "d": 0.6, "f": 0.5, "settled": 1},
        **{"gamma": 0.01, "zeta": 0.05, "chi": 0.7, "u_amp": [2, 0, 0], "u_time": 0.5},
        **{"v_amp": 0.5, "v_time": 0.25, "n": 0.2, "terrain": pair, "I": interaction},
        **{"w": rng.uniform(0, 1, (3, 3)), "C_0": 0.2, "M_0": [20, 40, 9], "Y_0": [900, 700, 80]},
    }


@pytest.mark.peer
def test_extended_model_is_the_oracles_under_euler(tmp_path: Path) -> None:
    symbols = everything_at_work()
    p = oracle.parameters(3, **symbols)
    names = {symbol: name for name, symbol in oracle.SYMBOLS.items()}
    params = {names[symbol]: p[symbol] for symbol in symbols}
    row = run_pysd(with_three_states("security_dilemma", tmp_path), params, 1.0)
    s = euler(p, 1.0)
    vectors = {"spending": s.M, "GDP": s.Y, "security": oracle.security(s, p)}
    vectors |= {"offensive capability": s.O, "defensive capability": s.D}
    vectors["arming pressure"] = oracle.arming_pressure(1.0, s, p)
    pairs = {"belief log odds": s.L, "security community": s.C, "cumulative hazard": s.Lam}
    pairs["effective reaction"] = oracle.effective_reaction(s, p)
    pairs["belief target"] = oracle.belief_target(1.0, s, p)
    pairs["war hazard"] = oracle.war_hazard(s, p)
    for expected, dimensions in ((vectors, 1), (pairs, 2)):
        for name, value in expected.items():
            found = read(row, name, dimensions)
            np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-15, err_msg=name)
    assert row["system cumulative hazard"] == pytest.approx(s.Lam.sum(), rel=1e-12)
    assert row["war probability"] == pytest.approx(1 - np.exp(-s.Lam.sum()), rel=1e-12)


def test_euler_at_pysds_step_is_near_the_truth() -> None:
    """MODEL.md O18: how far the step itself is off, over sixty years."""
    p = oracle.parameters(3, **{**everything_at_work(), "zeta": 0.0})
    rough = euler(p, 60.0)
    exact = oracle.at(oracle.simulate(p, [0.0, 60.0], max_step=0.5), -1)
    np.testing.assert_allclose(rough.M, exact.M, rtol=5e-4)
    np.testing.assert_allclose(rough.C, exact.C, atol=1e-4)


@pytest.mark.peer
def test_neutral_set_is_richardsons_bit_for_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    k, w = rng.uniform(0.03, 0.3, 3), rng.uniform(0, 1, (3, 3))
    alpha, share = rng.uniform(0.1, 0.4, 3), rng.uniform(0, 0.005, 3)
    gdp, start = rng.uniform(500, 3000, 3), rng.uniform(5, 60, 3)
    linear = {"reaction": k[:, None] * w, "grievance": share * gdp}
    neutral = tomllib.loads((MODELS / "security_dilemma.toml").read_text("utf-8"))["neutral"]
    loose = {"democracy": [0.1, 0.5, 0.9], "revisionism": [1, 0, 0.3], "transparency": 0.4}
    loose |= {"sensibility": [0.3, 0, 1], "GDP growth": [0.02, 0.03, -0.01]}
    extended = {"reaction": k, "contact": w, "grievance share": share, "initial GDP": gdp}
    common = {"fatigue": alpha, "initial spending": start}
    neutral = {name: value for name, value in neutral.items() if value is not None}
    one = run_pysd(with_three_states("richardson", tmp_path), {**linear, **common}, 1.0)
    two = run_pysd(
        with_three_states("security_dilemma", tmp_path),
        {**_broadcast(neutral), **extended, **common, **loose},
        1.0,
    )
    assert read(one, "spending", 1).tolist() == read(two, "spending", 1).tolist()


def _broadcast(neutral: dict[str, float]) -> dict[str, Any]:
    """Give per-state and per-pair zeros their shape: PySD takes no scalar for an array."""
    symbols = {name: oracle.SYMBOLS[name] for name in neutral}
    shaped = oracle.parameters(3, neutral)
    return {name: shaped[symbol] for name, symbol in symbols.items()}


@pytest.mark.peer
def test_pysimlin_agrees_with_pysd(model: Path) -> None:
    simlin = pytest.importorskip("simlin")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = simlin.load(str(model)).run().results
        ours = pysd.read_vensim(str(model)).run(final_time=2)
    shared = 0
    for column in ours.columns:
        key = column.replace(" ", "_").lower()
        if key in theirs and key != "final_time":
            found = theirs[key].loc[ours.index].to_numpy()
            np.testing.assert_allclose(found, ours[column].to_numpy(float), rtol=1e-12, atol=1e-12)
            shared += 1
    assert shared > 0.9 * len(ours.columns)


@pytest.mark.peer
def test_units_are_consistent(model: Path) -> None:
    simlin = pytest.importorskip("simlin")
    assert list(simlin.load(str(model)).check_units()) == []


# ------------------------------------------------------------------ equations as text


@pytest.fixture(scope="module")
def defaults() -> dict[str, tuple[float, float | None, float | None]]:
    """Constants of the extended model as written: value, low, high."""
    text = (MODELS / "security_dilemma.mdl").read_text("utf-8").split("\\\\\\---///")[0]
    pattern = r"\n([A-Za-z][\w ]*?)(?:\[[\w,]+\])?\s*=\s*(-?[\d.]+)\s*~[^\[|~]*(?:\[([^\]]*)\])?"
    found = {}
    for name, value, limits in re.findall(pattern, text):
        bounds = [None if each in ("", "?") else float(each) for each in limits.split(",")[:2]]
        found[name.strip()] = (float(value), *([*bounds, None, None])[:2])
    return found


def test_defaults_are_the_oracles(defaults: dict[str, Any]) -> None:
    for name, symbol in oracle.SYMBOLS.items():
        assert defaults[name][0] == oracle.DEFAULTS[symbol], name


def test_defaults_lie_in_their_ranges(defaults: dict[str, Any]) -> None:
    for name, (value, low, high) in defaults.items():
        assert low is None or low <= value, name
        assert high is None or value <= high, name


def test_every_variable_has_units_and_documentation(model: Path) -> None:
    doc = pysd.read_vensim(str(model)).doc
    doc = doc[doc["Real Name"] != "Time"]
    assert doc["Units"].notna().all()
    assert (doc["Comment"].str.len() > 15).all()


def test_companion_names_what_the_model_has(model: Path) -> None:
    known = set(pysd.read_vensim(str(model)).doc["Real Name"])
    companion = tomllib.loads((MODELS / f"{model.stem}.toml").read_text("utf-8"))
    named = set(companion["roles"].values())
    for table in ("limits", "distributions", "neutral"):
        named |= set(companion.get(table, {}))
    assert named <= known


# ------------------------------------------------------------------ the sketch


@dataclass(frozen=True)
class Box:
    """A thing drawn: variable, shadow, valve or cloud, with its centre and half sizes."""

    kind: str
    name: str
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class View:
    """One view of a sketch: its boxes by number, its arrows and its pipes."""

    title: str
    boxes: dict[int, Box]
    arrows: tuple[tuple[int, int], ...]
    pipes: tuple[tuple[int, int], ...]


def views(name: str) -> Iterator[View]:
    sketch = (MODELS / f"{name}.mdl").read_text("utf-8").split("///---\\\\\\")[0]
    for part in sketch.split("\\\\\\---/// Sketch")[1:]:
        lines = iter(part.splitlines()[2:])
        title = next(lines).removeprefix("*")
        boxes, arrows, pipes = {}, [], []
        for line in lines:
            kind, *fields = line.split(",")
            if kind == "1":
                (pipes if fields[3] in ("4", "100") else arrows).append(
                    (int(fields[1]), int(fields[2]))
                )
            elif kind in ("10", "11", "12"):
                role = {"10": "shadow" if fields[7] == "2" else "variable", "11": "valve"}
                text = next(lines) if kind == "12" and fields[1] == "0" else fields[1]
                label = "title" if kind == "12" and fields[1] == "0" else "cloud"
                box = Box(role.get(kind, label), text, *map(int, fields[2:6]))
                boxes[int(fields[0])] = box
        yield View(title, boxes, tuple(arrows), tuple(pipes))


def causes(name: str) -> dict[str, set[str]]:
    """Return what each variable's equation mentions, from PySD's own reading of the file."""
    from pysd.translators.vensim.vensim_file import VensimFile

    file = VensimFile(str(MODELS / f"{name}.mdl"))
    file.parse()
    doc = file.get_abstract_model().sections[0]
    names = {element.name.lower().replace(" ", "_"): element.name for element in doc.elements}
    names["time"] = "Time"
    control = {"initial_time", "final_time", "time_step", "saveper"}
    mentioned: dict[str, set[str]] = {}
    for element in doc.elements:
        if element.name.lower().replace(" ", "_") not in control:
            text = repr([component.ast for component in element.components])
            found = set(re.findall(r"reference='([^']+)'", text)) & set(names)
            mentioned[element.name] = {names[each] for each in found} - {element.name}
    return mentioned


@pytest.mark.parametrize("name", NAMES)
def test_sketch_shows_every_variable_once(name: str) -> None:
    shown = [box.name for v in views(name) for box in v.boxes.values() if box.kind == "variable"]
    assert sorted(shown) == sorted(causes(name))


@pytest.mark.parametrize("name", NAMES)
def test_arrows_are_the_equations(name: str) -> None:
    drawn: dict[str, set[str]] = {variable: set() for variable in causes(name)}
    for view in views(name):
        # Vensim numbers a flow's label right after its valve.
        name_of = {
            i: view.boxes[i + 1].name if box.kind == "valve" else box.name
            for i, box in view.boxes.items()
        }
        for start, end in view.arrows:
            drawn[name_of[end]].add(name_of[start])
        for valve, end in view.pipes:
            if view.boxes[end].kind == "variable":
                drawn[name_of[end]].add(name_of[valve])
    assert drawn == causes(name)


@pytest.mark.parametrize("name", NAMES)
def test_boxes_do_not_overlap(name: str) -> None:
    for view in views(name):
        boxes = list(view.boxes.values())
        for i, a in enumerate(boxes):
            for b in boxes[i + 1 :]:
                apart = abs(a.x - b.x) >= a.w + b.w or abs(a.y - b.y) >= a.h + b.h
                assert apart, f"{view.title}: {a.name} and {b.name}"
