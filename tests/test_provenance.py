"""A fingerprint depends on the value and on nothing else; a record is flat text."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

import secdil_sd
from secdil_sd.errors import InputError
from secdil_sd.provenance import canonical, fingerprint, provenance

numbers = st.integers() | st.floats()
leaves = st.none() | st.booleans() | numbers | st.text(max_size=5)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@dataclass(frozen=True)
class Case:
    name: str
    rates: tuple[float, ...] = ()
    memo: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Other:
    name: str
    rates: tuple[float, ...] = ()


@dataclass
class Thawed:
    name: str


def same(one, other):
    """Equality that tells kinds apart and takes NaN for itself: what a fingerprint must mirror."""
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, float):
        return one.hex() == other.hex()
    return one == other


def test_is_the_sha256_of_the_documented_text():
    text = b'["dict",["rate",["float","0x1.0000000000000p-2"]],["who",["tuple","A",null,true,-3]]]'
    value = {"who": ("A", None, True, -3), "rate": 0.25}
    assert fingerprint(value) == hashlib.sha256(text).hexdigest()


@given(values, values)
def test_equal_exactly_when_the_values_are(one, other):
    assert (fingerprint(one) == fingerprint(other)) == same(one, other)


@given(values)
def test_canonical_text_is_ascii_json(value):
    text = canonical(value)
    assert text.isascii()
    json.loads(text, parse_constant=lambda constant: pytest.fail(f"not JSON: {constant}"))


@given(st.dictionaries(st.text(max_size=3), leaves, max_size=5), st.randoms())
def test_order_of_a_mapping_does_not_matter(value, random):
    names = list(value)
    random.shuffle(names)
    shuffled = MappingProxyType({name: value[name] for name in names})
    assert fingerprint(shuffled) == fingerprint(value)


@pytest.mark.parametrize(
    "kinds",
    [
        (1, 1.0, True, "1", (1,), np.array([1]), np.array([1.0]), np.array(1)),
        (0, 0.0, -0.0, False, None, "", (), {}, np.array([])),
        (float("nan"), float("inf"), -float("inf"), "nan", None),
        ({"a": 1}, (("a", 1),), ("dict", ("a", 1)), {"a": "1"}, {"b": 1}),
        (Case("a"), Other("a"), Case("b"), Case("a", (1.0,)), {"name": "a", "rates": ()}),
    ],
)
def test_kinds_are_told_apart(kinds):
    assert len({fingerprint(each) for each in kinds}) == len(kinds)


def test_neighboring_floats_are_told_apart():
    assert fingerprint(0.1) != fingerprint(float(np.nextafter(0.1, 1)))


def test_arrays_count_by_value_type_and_shape_not_by_memory():
    grid = np.arange(6.0).reshape(2, 3)
    assert fingerprint(grid) == fingerprint(np.asfortranarray(grid))
    assert fingerprint(grid) == fingerprint(np.repeat(grid, 2, axis=1)[:, ::2])
    assert fingerprint(grid) == fingerprint(grid.astype(">f8"))
    assert fingerprint(grid) != fingerprint(grid.T)
    assert fingerprint(grid) != fingerprint(grid.reshape(3, 2))
    assert fingerprint(grid) != fingerprint(grid.astype("f4"))


def test_numpy_scalars_are_the_numbers_they_hold():
    assert fingerprint(np.float64(0.1)) == fingerprint(0.1)
    assert fingerprint(np.int32(3)) == fingerprint(3)
    assert fingerprint(np.bool_(True)) == fingerprint(True)


def test_dataclasses_count_by_the_fields_they_compare():
    case = Case("a", (1.0, 2.0))
    assert fingerprint(case) == fingerprint(replace(case, memo=7))
    assert fingerprint(case) != fingerprint(replace(case, rates=(1.0, 2.5)))


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (Path("a"), "value: A pathlib"),
        ({1, 2}, "value: A set has"),
        (object, "value: A type"),
        (Thawed("a"), "Thawed has no fingerprint"),
        (Case, "value: A type"),
        (1 + 2j, "value: A complex"),
        (b"a", "value: A bytes"),
        ((1, {"a": (object(),)}), r"value\[1\]\['a'\]\[0\]: A object"),
        (Case("a", rates=(1.0, {2.0})), r"value.rates\[1\]: A set"),
        ({"a": {1: 2}}, r"a key of value\['a'\]: A int"),
        (np.array([object()]), r"value\[0\]: A object"),
    ],
)
def test_other_kinds_are_refused_with_their_place(value, where):
    with pytest.raises(InputError, match=where):
        fingerprint(value)


def test_the_same_in_every_process(fresh_python):
    code = (
        "from secdil_sd.provenance import fingerprint, provenance\n"
        "value = {'b': (1, 2.5), 'a': {'x': None, 'y': 'é'}}\n"
        "print(fingerprint(value), provenance(params=value)['provenance'].encode())"
    )
    assert fresh_python(code, PYTHONHASHSEED="1") == fresh_python(code, PYTHONHASHSEED="2")


def test_fingerprints_do_not_import_numpy(fresh_python):
    code = (
        "import sys\n"
        "from secdil_sd.provenance import fingerprint, provenance\n"
        "fingerprint((1, 2.0)), provenance(rtol=1e-6)\n"
        "print('numpy' in sys.modules)"
    )
    assert fresh_python(code).strip() == "False"


def test_a_record_names_versions_and_parts():
    case = Case("a")
    record = provenance(
        model="richardson",
        case=case,
        grid=np.arange(3),
        rtol=1e-6,
        seed=None,
        params={"b": 2, "a": (0.1, float("nan"))},
    )
    assert all(isinstance(each, str) for each in record.values())
    assert record["secdil"] == secdil_sd.__version__
    assert record["numpy"] == np.__version__
    assert record["scipy"] == scipy.__version__
    assert record["case"] == f"sha256:{fingerprint(case)}"
    assert record["grid"] == f"sha256:{fingerprint(np.arange(3))}"
    assert record["params"] == '{"a": [0.1, "nan"], "b": 2}'
    together = json.loads(record.pop("provenance"))
    assert together.keys() == record.keys()
    assert together["rtol"] == 1e-6
    assert together["seed"] is None


@given(st.dictionaries(st.text("abc", min_size=1), values, max_size=4))
def test_a_record_is_json_whatever_went_in(parts):
    record = provenance(**parts)
    json.loads(record["provenance"], parse_constant=lambda constant: pytest.fail(constant))


def test_a_part_may_not_pose_as_a_version():
    with pytest.raises(InputError, match="numpy, provenance"):
        provenance(numpy="9", provenance="mine")


def test_a_path_is_never_recorded():
    with pytest.raises(InputError, match="model: A pathlib"):
        provenance(model=Path("somewhere/model.mdl"))
