"""An ensemble on disk: a Zarr group that any program reads, filled chunk by chunk.

The arrays of a chunk are written first, its mark last and alone: whatever happens in between,
what is marked is whole. The header says what the results are results of; another question is
never mixed in.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import FileError, Finding, InputError

if TYPE_CHECKING:
    import xarray as xr

    from secdil_sd.simulation.chunk import Part

MEMBER = "member"
OWN = "secdil"
"""The subgroup with the header and the marks."""

FORMAT = 1

DRAFT = ".draft"
"""Ending of a store that is being laid out."""

MOST_TEXTS = 1_000_000
"""Members up to which the statuses of a dataset are ordinary text, already read."""


class Store:
    """The chunks of one ensemble in a folder.

    Parameters
    ----------
    path : Path
        A folder, by custom with the ending .zarr.
    header : mapping of str to str
        What must be equal for results to belong together, by name.
    labels : array (member,)
        Names of the members.
    size : int
        Members in a chunk.
    label : callable (members, part) -> Dataset
        Puts the labels on a chunk: asked once, for the layout of the whole.
    numbers : callable (members, part) -> mapping of str to array (..., member)
        What there is to write of a chunk, by name.

    Raises
    ------
    InputError
        If the folder holds another ensemble (naming what differs) or something else.
    FileError
        If there is nowhere to put it.
    """

    def __init__(
        self,
        path: str | Path,
        header: Mapping[str, str],
        labels: np.ndarray,
        size: int,
        label: Callable[[slice | np.ndarray, Part], xr.Dataset],
        numbers: Callable[[slice | np.ndarray, Part], Mapping[str, np.ndarray]],
    ) -> None:
        self.path, self._label, self._numbers = Path(path), label, numbers
        self.labels, self.members, self.size = labels, len(labels), size
        self.header = {**header, "members": str(self.members), "chunk": str(size)}
        self.chunks = -(-self.members // size)
        self._group: Any = None
        self._arrays: dict[str, Any] = {}
        if self.path.exists():
            self._open()
        elif not self.path.resolve().parent.is_dir():
            remedy = "Make it first, or write elsewhere."
            message = f"The folder of {self.path} does not exist."
            raise FileError(Finding("error", message, remedy=remedy))

    def _open(self) -> None:
        zarr = _zarr()
        try:
            group = zarr.open_group(self.path, mode="r+")
            own = group[OWN]
            found = dict(own.attrs["header"])
        except (KeyError, OSError, ValueError, TypeError):
            message = f"{self.path} exists and is not an ensemble kept by secdil."
            remedy = "Choose another name, or delete it."
            raise InputError(Finding("error", message, "store", remedy=remedy)) from None
        names = sorted({*found, *self.header} - {"format"})
        other = [each for each in names if found.get(each) != self.header.get(each)]
        if other:
            detail = ", ".join(_difference(each, found, self.header) for each in other)
            message = f"{self.path} holds an ensemble with other {detail}."
            remedy = "Choose another name, or delete it to begin anew."
            raise InputError(Finding("error", message, "store", tuple(other), remedy))
        self._group = group

    @property
    def present(self) -> np.ndarray:
        """Which chunks are whole, (chunk,) of bool."""
        if self._group is None:
            return np.zeros(self.chunks, dtype=bool)
        return np.asarray(self._group[OWN]["done"][:]) == 1

    def write(self, number: int, part: Part) -> None:
        """Write one chunk, then its mark."""
        begin = number * self.size
        members = slice(begin, begin + len(part.status))
        if self._group is None:
            self._create(self._label(members, part))
        self._fill(members, self._numbers(members, part))
        self._array(f"{OWN}/done")[number : number + 1] = 1

    def patch(self, members: np.ndarray, part: Part) -> None:
        """Replace some members, each one's status last."""
        numbers = self._numbers(members, part)
        for at, member in enumerate(members):
            own = {name: array[..., at : at + 1] for name, array in numbers.items()}
            self._fill(slice(member, member + 1), own)

    def statuses(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield where each whole chunk begins, and its members' statuses."""
        for number in np.flatnonzero(self.present):
            begin = int(number) * self.size
            yield begin, _ordinary(self._group["status"][begin : begin + self.size])

    def dataset(self) -> xr.Dataset:
        """Return what is stored, read from disk as it is asked for."""
        import xarray as xr

        found = xr.open_zarr(self.path, consolidated=False, chunks=None)
        texts = [each for each in found.coords if found[each].dtype.kind == "T"]
        if self.members > MOST_TEXTS:
            texts = [each for each in texts if MEMBER not in found[each].dims]
        ordinary = {
            each: (found[each].dims, _ordinary(found[each].values), found[each].attrs)
            for each in texts
        }
        return found.assign_coords(ordinary)

    def _fill(self, region: slice, numbers: Mapping[str, np.ndarray]) -> None:
        """Write some members, their statuses last."""
        for name in sorted(numbers, key=lambda each: each == "status"):
            values = numbers[name]
            place = (*(slice(None),) * (values.ndim - 1), region)
            self._array(name)[place] = _storable(values)

    def _array(self, name: str) -> Any:
        """An array of the group, opened once."""
        if name not in self._arrays:
            self._arrays[name] = self._group[name]
        return self._arrays[name]

    def _create(self, template: xr.Dataset) -> None:
        """Lay out the whole ensemble from its first chunk; in place at once or not at all."""
        zarr = _zarr()
        for left in self.path.parent.glob(f".{self.path.name}.*{DRAFT}"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}{DRAFT}")
        group = zarr.open_group(draft, mode="w")
        group.attrs.update(dict(template.attrs))
        group.attrs["coordinates"] = " ".join(
            str(each) for each in template.coords if each not in template.dims
        )
        for name, variable in template.variables.items():
            self._lay_out(group, str(name), variable)
        own = group.create_group(OWN)
        own.create_array(
            "done", shape=(self.chunks,), chunks=(1,), dtype="u1", fill_value=0, compressors=None
        )
        own.attrs["header"] = {**self.header, "format": FORMAT}
        with _quiet():
            zarr.consolidate_metadata(draft)
        os.replace(draft, self.path)
        self._group = zarr.open_group(self.path, mode="r+")

    def _lay_out(self, group: Any, name: str, variable: xr.Variable) -> None:
        values = _storable(self.labels if name == MEMBER else variable.values)
        along = MEMBER in variable.dims and name != MEMBER
        sizes = dict(zip(variable.dims, values.shape, strict=True))
        shape = tuple(self.members if d == MEMBER and along else sizes[d] for d in variable.dims)
        chunks = tuple(self.size if d == MEMBER and along else max(n, 1) for d, n in sizes.items())
        fill: Any = {"f": np.nan, "O": "", "T": "", "U": ""}.get(values.dtype.kind, 0)
        array = group.create_array(
            name,
            shape=shape,
            chunks=chunks,
            dtype=str if values.dtype.kind in "OTU" else values.dtype,
            fill_value=fill,
            compressors=_compressor(values.dtype),
            dimension_names=tuple(map(str, variable.dims)),
            attributes=dict(variable.attrs),
        )
        if not along:
            array[...] = values


def _compressor(dtype: np.dtype) -> Any:
    """Numbers by a compressor that keeps up with the solver; texts by Zarr's own choice."""
    if dtype.kind != "f":
        return "auto"
    from zarr.codecs import BloscCodec

    return BloscCodec(cname="lz4", clevel=1, shuffle="bitshuffle")


def _storable(values: np.ndarray) -> np.ndarray:
    """Texts as Zarr keeps them."""
    return values.astype(object) if values.dtype.kind in "UT" else values


def _ordinary(values: Any) -> np.ndarray:
    """Texts from Zarr as NumPy's fixed-width ones, which everything else understands."""
    return np.array(np.asarray(values).tolist(), dtype=str)


def _difference(name: str, found: Mapping[str, Any], wanted: Mapping[str, str]) -> str:
    """Name a setting that differs, with both values where a person can read them."""
    old, new = str(found.get(name, "")), str(wanted.get(name, ""))
    readable = max(len(old), len(new)) <= 40
    return f"{name} ({old} there, {new} here)" if readable else name


def _zarr() -> Any:
    try:
        import zarr
    except ImportError:
        message = "Keeping an ensemble on disk needs the package zarr."
        remedy = 'Install it: pip install "secdil-sd[cluster]".'
        raise InputError(Finding("error", message, "store", remedy=remedy)) from None
    return zarr


@contextmanager
def _quiet() -> Iterator[None]:
    """Zarr says of consolidated metadata that it is not yet in the specification."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
