"""The public page: every name is there, nothing hides another, and importing it is cheap."""

from __future__ import annotations

import ast
import pkgutil
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import secdil_sd as sd

PACKAGE = Path(sd.__file__).parent
CHECKOUT = Path(__file__).resolve().parent.parent

PROMISED = {  # the part of the contract that outside checks call by name
    "load_model",
    "load_scenario",
    "equilibria",
    "stability",
    "spiral_number",
    "dyads",
    "figure",
    "report",
}


@pytest.mark.parametrize("name", sd.__all__)
def test_every_public_name_is_what_its_module_calls_it(name):
    value = getattr(sd, name)
    assert callable(value)
    assert value.__name__ == name
    assert value.__doc__


def test_promised_names_are_public():
    assert set(sd.__all__) >= PROMISED
    assert len(sd.__all__) == len(set(sd.__all__))


def test_type_checkers_see_the_same_names_from_the_same_modules():
    """The imports under TYPE_CHECKING and the table of homes are the same list written twice."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    guarded = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.asname: node.module
        for block in guarded
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == sd._HOMES


def test_no_module_bears_the_name_of_a_public_function():
    """Importing ``secdil_sd/report`` would replace the function ``sd.report`` by the module."""
    modules = {module.name for module in pkgutil.iter_modules([str(PACKAGE)])}
    folders = {each.name for each in PACKAGE.iterdir() if each.is_dir()}
    assert not (modules | folders) & set(sd.__all__)


def test_names_stay_what_they_are_after_every_module_is_loaded():
    for module in pkgutil.iter_modules([str(PACKAGE)]):
        if module.name != "__main__":
            import_module(f"secdil_sd.{module.name}")
    for name in sd.__all__:
        assert callable(getattr(sd, name)), name


def test_importing_loads_nothing_heavy(fresh_python):
    heavy = "{'numpy', 'scipy', 'pandas', 'xarray', 'pysd', 'plotly', 'pydantic', 'typer', 'rich'}"
    loaded = fresh_python(
        f"import sys, secdil_sd; print(sorted({heavy} & set(sys.modules)), dir(secdil_sd)[:0])"
    )
    assert loaded.strip() == "[] []"


def test_importing_loads_no_room(fresh_python):
    """Counted in modules, not seconds: the count does not depend on who else uses the machine."""
    loaded = fresh_python(
        "import sys, secdil_sd; "
        "print(sorted(name for name in sys.modules if name.startswith('secdil_sd')))"
    )
    assert loaded.strip() == "['secdil_sd']"


def test_errors_cost_no_numpy(fresh_python):
    loaded = fresh_python(
        "import sys, secdil_sd as sd; sd.SecdilError, sd.models(); print('numpy' in sys.modules)"
    )
    assert loaded.strip() == "False"


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(AttributeError, match=r"no attribute 'load_modle'.*'load_model'"):
        sd.load_modle  # noqa: B018


def test_probing_for_special_names_stays_an_attribute_error():
    assert not hasattr(sd, "__wrapped__")
    assert not hasattr(sd, "_no_such_thing")


def test_dir_lists_names_that_are_not_loaded_yet(fresh_python):
    listed = fresh_python("import secdil_sd; print(*dir(secdil_sd))").split()
    assert set(listed) >= PROMISED | {"__version__"}


def test_star_import_gives_the_public_names(fresh_python):
    given = fresh_python("from secdil_sd import *; print(*sorted(globals()))").split()
    assert set(given) >= PROMISED


def test_one_version_everywhere():
    citation = (CHECKOUT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\nversion: {sd.__version__}\n" in citation
    newest = next(line for line in changes.splitlines() if line.startswith("## "))
    assert newest.split()[1] == sd.__version__


def test_extra_all_holds_every_extra_for_users():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    (everything,) = extras["all"]
    named = everything.removeprefix(f"{project['name']}[").removesuffix("]").split(",")
    assert set(named) == set(extras) - {"all", "test", "docs", "dev"}
