"""The table of functions: each row can be printed."""

import pytest

from secdil_sd.equations.expression import Call, Number, Reference
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.targets.latex import latex

ROWS = [row for row in FUNCTIONS.values() if row.kind in ("function", "vector", "time")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_function_has_a_formula(row):
    for count in {row.least, row.most}:
        text = latex(Call(row.name, (Reference("x"), *(Number(2.0),) * count)[:count]))
        assert text.count("{") == text.count("}") and "{0}" not in text
