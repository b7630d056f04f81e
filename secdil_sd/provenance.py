"""What made a result: fingerprints of frozen things, and the record a result carries.

Nothing here knows the clock, the user or a path: same inputs, same text, on any machine and in
any process. A fingerprint is the SHA-256 of a canonical text, never of ``hash``, pickle or the
bytes of a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeGuard

from secdil_sd import __version__
from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    import numpy as np

RECORDED_PACKAGES = ("numpy", "scipy")

LARGE = 100
"""Numbers in an array above which its text holds their digest instead of each of them."""


def fingerprint(value: object) -> str:
    """Return the SHA-256 of a value's canonical text.

    Parameters
    ----------
    value : object
        None, bool, int, float, str, tuple or list, mapping with text keys, NumPy array or
        scalar, frozen dataclass; nested as deep as you like.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    InputError
        If something inside is of another kind; the message says where.

    Examples
    --------
    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    >>> fingerprint(1) == fingerprint(1.0)
    False
    """
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()


def canonical(value: object) -> str:
    """Return the one JSON text that stands for a value.

    Whatever is not None, bool, int or str is a list that begins with its kind, so two values
    share a text only if they are equal and of one kind. Floats are written by ``float.hex``
    (exact, NaN and infinity included), arrays with their type and shape, dataclasses without
    the fields they leave out of comparison.

    Examples
    --------
    >>> canonical((1, 0.5, {"b": None, "a": True}))
    '["tuple",1,["float","0x1.0000000000000p-1"],["dict",["a",true],["b",null]]]'
    """
    return json.dumps(_tagged(value, "value"), separators=(",", ":"))


def provenance(**parts: object) -> dict[str, str]:
    """Return the record of what made a result, as flat text that any file format can hold.

    Parameters
    ----------
    **parts : object
        What went in: text, numbers, None, and tuples, lists or mappings of them are written
        out; arrays and frozen dataclasses are represented by their fingerprint.

    Returns
    -------
    dict of str to str
        The versions of secdil, NumPy and SciPy, each part, and under ``provenance`` all of it
        once more as one JSON text.

    Raises
    ------
    InputError
        If a part is of a kind that has no fingerprint, or takes a name used here.

    Examples
    --------
    >>> record = provenance(model="richardson", rtol=1e-6, times=(1909, 1913))
    >>> record["model"], record["rtol"], record["times"]
    ('richardson', '1e-06', '[1909, 1913]')
    >>> sorted(record)
    ['model', 'numpy', 'provenance', 'rtol', 'scipy', 'secdil', 'times']
    """
    record: dict[str, Any] = {"secdil": __version__, **_versions()}
    taken = sorted({*record, "provenance"} & set(parts))
    if taken:
        raise InputError(
            Finding(
                "error",
                f"Provenance keeps {', '.join(taken)} for itself.",
                remedy="Give the part another name.",
            )
        )
    record |= {name: _readable(part, name) for name, part in parts.items()}
    flat = {name: part if isinstance(part, str) else _json(part) for name, part in record.items()}
    return {**flat, "provenance": _json(record)}


@cache
def _versions() -> dict[str, str]:
    """The recorded packages' versions, looked up once: it costs milliseconds."""
    from importlib.metadata import version

    return {package: version(package) for package in RECORDED_PACKAGES}


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _tagged(value: object, place: str) -> Any:
    """Return a value as JSON that also says what kind of thing each piece is."""
    value = _plain(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return ["float", value.hex()]
    if isinstance(value, tuple | list):
        return ["tuple", *(_tagged(each, f"{place}[{at}]") for at, each in enumerate(value))]
    if isinstance(value, Mapping):
        pairs = sorted(_checked_keys(value, place).items())
        return ["dict", *([name, _tagged(each, f"{place}[{name!r}]")] for name, each in pairs)]
    if _is_array(value):
        if value.dtype.kind in "iuf" and value.size > LARGE:
            return ["array", value.dtype.name, list(value.shape), _digest(value)]
        items = value.ravel().tolist()
        written = map(float.hex, items) if value.dtype.kind == "f" else _tagged(items, place)[1:]
        return ["array", value.dtype.name, list(value.shape), *written]
    if _is_frozen(value):
        pieces = (
            [each.name, _tagged(getattr(value, each.name), f"{place}.{each.name}")]
            for each in fields(value)  # type: ignore[arg-type]
            if each.compare
        )
        return ["dataclass", type(value).__qualname__, *pieces]
    raise _no_fingerprint(value, place)


def _digest(array: np.ndarray) -> str:
    """SHA-256 of the numbers, little-endian in C order, every NaN alike."""
    found = hashlib.sha256()
    flat = array.reshape(-1)
    for begin in range(0, len(flat), 1 << 20):
        kind = f"<{array.dtype.kind}{array.dtype.itemsize}"
        part = flat[begin : begin + (1 << 20)].astype(kind)
        if array.dtype.kind == "f":
            part[part != part] = float("nan")
        found.update(part.tobytes())
    return f"sha256:{found.hexdigest()}"


def _readable(value: object, place: str) -> Any:
    """Return a value as a person would write it in JSON; large or structured things by hash."""
    value = _plain(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        finite = value - value == 0
        return value if finite else str(value)
    if isinstance(value, tuple | list):
        return [_readable(each, f"{place}[{at}]") for at, each in enumerate(value)]
    if isinstance(value, Mapping):
        pairs = _checked_keys(value, place).items()
        return {name: _readable(each, f"{place}[{name!r}]") for name, each in pairs}
    if _is_array(value) or _is_frozen(value):
        return f"sha256:{fingerprint(value)}"
    raise _no_fingerprint(value, place)


def _plain(value: object) -> object:
    """Return the Python number or text inside a NumPy scalar; anything else as it is."""
    return value.item() if _is_numpy(value, "generic") else value


def _is_array(value: object) -> TypeGuard[np.ndarray]:
    return _is_numpy(value, "ndarray")


def _is_numpy(value: object, name: str) -> TypeGuard[Any]:
    # By name, because importing NumPy costs more than everything else in this module.
    return any((each.__module__, each.__name__) == ("numpy", name) for each in type(value).__mro__)


def _is_frozen(value: object) -> bool:
    parameters = getattr(type(value), "__dataclass_params__", None)
    return is_dataclass(value) and parameters is not None and parameters.frozen


def _checked_keys(value: Mapping[Any, Any], place: str) -> dict[str, Any]:
    for name in value:
        if not isinstance(name, str):
            raise _no_fingerprint(name, f"a key of {place}")
    return dict(value)


def _no_fingerprint(value: object, place: str) -> InputError:
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return InputError(
        Finding(
            "error",
            f"A {kind} has no fingerprint.",
            place,
            remedy="Give numbers, text, tuples, mappings with text keys, NumPy arrays "
            "or frozen dataclasses.",
        )
    )
