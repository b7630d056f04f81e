"""Small files in the layouts of the sources; the real ones where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import openpyxl
import pytest
from public_layouts import sipri_sheets

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
REAL = Path(os.environ.get("SECDIL_PUBLIC_DATA", BESIDE))
"""Public data as downloaded; never part of the project."""


@pytest.fixture
def real():
    """Give a file as published, or skip."""

    def find(name: str) -> Path:
        if not (REAL / name).is_file():
            pytest.skip(f"{name} is not at hand (SECDIL_PUBLIC_DATA names its folder)")
        return REAL / name

    return find


@pytest.fixture
def text(tmp_path):
    """Write a text file and give its path."""

    def write(name: str, *lines: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    """Write a workbook of these sheets, each a list of rows, and give its path."""

    def write(name: str, sheets: dict[str, list[list]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture
def sipri(workbook):
    """Give SIPRI's workbook in small, of the newest or an older edition, with sheets replaced."""

    def make(edition: str = "2024", **replaced: list[list]) -> Path:
        sheets = sipri_sheets(edition)
        for name, rows in replaced.items():
            sheets[next(each for each in sheets if each.startswith(name))] = rows
        return workbook(f"sipri_{edition}.xlsx", sheets)

    return make
