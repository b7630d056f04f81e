"""Data variables filled from another model's output, in either orientation."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import secdil_sd as sd
from secdil_sd.errors import DataError, FileError
from secdil_sd.reading.recorded import read_recorded

MODEL = """{UTF-8}
region: north, south ~~|
plain ~~|
held[region]:HOLD BACKWARD: ~~|
ahead[region]:LOOK FORWARD: ~~|
x[region] = INTEG(held[region] + plain - ahead[region], 0) ~~|
out held[region] = held[region] ~~|
out ahead[region] = ahead[region] ~~|
INITIAL TIME = 0 ~ year ~ |
FINAL TIME = 8 ~ year ~ |
TIME STEP = 0.5 ~ year ~ |
SAVEPER = 1 ~ year ~ |
"""

ROWS = {
    "Time": [0, 2, 5, 8],
    "plain": [1, 3, "", 9],
    "held[north]": [1, 2, 3, 4],
    "Held[South]": [5, 6, 7, 8],
    "ahead[north]": [1, 0, 1, 0],
    "ahead[south]": [2, 4, 2, 4],
    "other": [0, 0, 0, 0],
}


def down(rows, mark):
    lines = zip(*([name, *values] for name, values in rows.items()), strict=True)
    return "\n".join(mark.join(map(str, line)) for line in lines) + "\n"


def across(rows, mark):
    return "\n".join(mark.join(map(str, [name, *v])) for name, v in rows.items()) + "\n"


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "m.mdl"
    path.write_text(MODEL)
    return path


@pytest.mark.parametrize("name", ["d.csv", "d.tab"])
@pytest.mark.parametrize("form", [down, across])
def test_values_by_hand(model, name, form):
    data = model.parent / name
    data.write_text(
        form(ROWS, "," if name.endswith("csv") else "\t").replace("held[", '"held['[1:])
    )
    run = sd.load_model(model, data=data).run(method="Euler")
    times = np.arange(9.0)
    held = np.array([1, 1, 2, 2, 2, 3, 3, 3, 4.0])
    ahead = np.array([1, 0, 0, 1, 1, 1, 0, 0, 0.0])
    np.testing.assert_allclose(run["out_held"].sel(region="north"), held)
    np.testing.assert_allclose(run["out_ahead"].sel(region="north"), ahead)
    np.testing.assert_allclose(run["plain"], np.interp(times, [0, 2, 8], [1, 3, 9]))


@pytest.mark.peer
def test_equals_pysd(model):
    import pysd

    data = model.parent / "d.csv"
    data.write_text(
        down({**ROWS, "plain": [1, 3, 5, 9]}, ",").replace("Held[South]", "held[south]")
    )
    run = sd.load_model(model, data=[data]).run(method="Euler")
    other = model.with_name("other.mdl")  # PySD knows no data variable without a keyword
    other.write_text(MODEL.replace("plain ~~|", "plain:INTERPOLATE: ~~|"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pysd.read_vensim(str(other), data_files=str(data)).run(progress=False)
    for region in ("north", "south"):
        for name in ("x", "out held", "out ahead"):
            ours = run[name.replace(" ", "_")].sel(region=region)
            np.testing.assert_allclose(ours, theirs[f"{name}[{region}]"], rtol=1e-12, atol=1e-12)


def test_what_is_missing_is_named_together(model):
    data = model.parent / "d.csv"
    data.write_text(down({n: v for n, v in ROWS.items() if n not in ("plain", "held[north]")}, ","))
    with pytest.raises(DataError) as caught:
        sd.load_model(model, data=data)
    text = str(caught.value)
    assert "'plain'" in text and "'held[north]'" in text and "d.csv" in text
    with pytest.raises(sd.errors.ModelError, match=r"load_model\(\.\.\., data=\.\.\.\)"):
        sd.load_model(model).run()


def test_given_parameters_need_no_file(model):
    params = {"plain": 1.0, "held": [1.0, 2.0], "ahead": {0: 1.0, 8: 3.0}}
    run = sd.load_model(model).run(params=params, method="Euler")
    np.testing.assert_allclose(run["out_held"][3], [1.0, 2.0])


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("d.csv", "", DataError),
        ("d.csv", "a,b\nc,d\n", DataError),
        ("d.csv", "Time,x\n1,2\n1,3\n", DataError),
        ("d.pdf", "Time,x\n1,2\n", DataError),
        ("missing/d.csv", None, FileError),
    ],
)
def test_what_is_no_table_of_values(tmp_path, name, text, error):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(error):
        read_recorded(tmp_path / name)


def test_a_file_nobody_needs(model):
    (model.parent / "d.csv").write_text("Time,x\n0,1\n")
    model.write_text(
        MODEL.split("region")[0] + "x = INTEG(1, 0) ~~|\n" + MODEL[MODEL.index("INITIAL") :]
    )
    with pytest.raises(DataError, match="no data variable that lacks values"):
        sd.load_model(model, data=model.parent / "d.csv")
