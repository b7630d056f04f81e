"""Tables beside a model: what is read from them, and every mistake with its place and cell."""

from __future__ import annotations

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from secdil_sd.equations.expression import Array, Number, Table
from secdil_sd.errors import ModelError
from secdil_sd.reading import cache
from secdil_sd.reading.translate import read_model

CONTROL = """
region: north, south ~~|
kind: a, b, c ~~|
INITIAL TIME = 0 ~ year ~ |
FINAL TIME = 10 ~ year ~ |
TIME STEP = 0.25 ~ year ~ |
SAVEPER = 1 ~ year ~ |
"""

CSV = "code,a,b,c\nnorth,1,2,3\nsouth,4,,x\n\n0,10,20\n2,30,40\n5,,60\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "t.csv").write_text(CSV)
    (tmp_path / "r.csv").write_text("x,y\n1,2\n1,3\n")
    (tmp_path / "t.tab").write_text(CSV.replace(",", "\t"))
    book = openpyxl.Workbook()
    book.active.title = "Main"
    for row in ([1950, 1960, 1970], [1, 2, 3], [4, None, 6]):
        book.active.append(row)
    for name, place in {"years": "$A$1:$C$1", "one": "$B$2", "block": "$A$2:$C$3"}.items():
        book.defined_names[name] = DefinedName(name, attr_text=f"Main!{place}")
    book.create_sheet("Other").append([9])
    book.save(tmp_path / "t.xlsx")
    return tmp_path


@pytest.fixture
def read(folder):
    def reader(text):
        path = folder / "hand.mdl"
        path.write_text("{UTF-8}\n" + text + CONTROL, encoding="utf-8")
        return read_model(path)

    return reader


def node(read, text, name="k"):
    return read(f"{text} ~~|\n")[name].definitions[0].expression


@pytest.mark.parametrize("kind", ["DIRECT", "XLS"])
@pytest.mark.parametrize(
    ("left", "arguments", "expected"),
    [
        ("k", "'t.csv', ',', 'B2'", Number(1.0)),
        ("k", "'t.tab', '', 'C2'", Number(2.0)),
        ("k[kind]", "'t.csv', ',', 'B2'", Array((3,), (1.0, 2.0, 3.0))),
        ("k[region]", "'t.csv', ',', 'B2*'", Array((2,), (1.0, 4.0))),
        ("k[north]", "'t.csv', ',', 'b3*'", Number(4.0)),
        ("k", "'t.xlsx', 'main', 'ONE'", Number(2.0)),
        ("k", "'t.xlsx', 'Other', 'A1'", Number(9.0)),
        ("k[kind, north]", "'t.xlsx', 'Main', 'A2'", Array((3,), (1.0, 2.0, 3.0))),
    ],
)
def test_constants(read, kind, left, arguments, expected):
    assert node(read, f"{left} = GET {kind} CONSTANTS({arguments})") == expected


def test_constants_of_two_subscripts_lie_across_and_down(folder, read):
    (folder / "t.csv").write_text("1,2,3\n4,5,6\n7,8,9\n")
    across = node(read, "k[region, kind] = GET DIRECT CONSTANTS('t.csv', ',', 'A1')")
    assert across == Array((2, 3), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))
    turned = node(read, "k[region, kind] = GET DIRECT CONSTANTS('t.csv', ',', 'A1*')")
    assert turned == Array((2, 3), (1.0, 4.0, 7.0, 2.0, 5.0, 8.0))


@pytest.mark.parametrize(
    ("left", "arguments", "expected"),
    [
        ("k", "'t.csv', ',', 'A', 'C5'", Table((0.0, 2.0, 5.0), (20.0, 40.0, 60.0))),
        ("k", "'t.csv', ',', 'A', 'B5'", Table((0.0, 2.0, 5.0), (10.0, 30.0, 30.0))),
        ("k", "'t.xlsx', 'Main', '1', 'A2'", Table((1950.0, 1960.0, 1970.0), (1.0, 2.0, 3.0))),
        (
            "k[region]",
            "'t.xlsx', 'Main', 'years', 'block'",
            Table((1950.0, 1960.0, 1970.0), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
        ),
    ],
)
def test_lookups_and_data(read, left, arguments, expected):
    """A missing value is read from its neighbours; elements follow one another."""
    assert node(read, f"{left} = GET DIRECT LOOKUPS({arguments})") == expected
    assert node(read, f"{left} := GET XLS DATA({arguments})") == expected


@pytest.mark.parametrize(
    ("keyword", "between", "middle"),
    [
        ("", "hold", 5.0),
        (":INTERPOLATE:", "hold", 5.0),
        (":HOLD BACKWARD:", "discrete", 4.0),
        (":LOOK FORWARD:", "forward", 6.0),
    ],
)
def test_keywords_of_data(read, keyword, between, middle):
    system = read(f"k{keyword} := GET DIRECT DATA('t.xlsx', 'Main', '1', 'A3') ~~|\n")
    assert (system["k"].kind, system["k"].has_data) == ("data", True)
    expected = Table((1950.0, 1960.0, 1970.0), (4.0, middle, 6.0), between)
    assert system["k"].definitions[0].expression == expected


def test_elements_of_a_range(read):
    text = (
        "row: GET DIRECT SUBSCRIPT('t.csv', ',', 'A2', 'A3', '') ~~|\n"
        "year: GET XLS SUBSCRIPT('t.xlsx', 'Main', 'A1', '1', 'y') -> other ~~|\n"
        "other: o1, o2, o3 ~~|\n"
        "named: GET DIRECT SUBSCRIPT('t.xlsx', 'Main', 'years', '', 'n') ~~|\n"
    )
    ranges = {each.name: each for each in read(text + "k = 1 ~~|\n").ranges}
    assert ranges["row"].elements == ("north", "south")
    assert ranges["year"].elements == ("y1950", "y1960", "y1970")
    assert ranges["year"].mappings == ("other",)
    assert ranges["named"].elements == ("n1950", "n1960", "n1970")


MISTAKES = {
    "k = GET DIRECT CONSTANTS('u.csv', ',', 'B2')": (
        "'k'",
        "no file 'u.csv'",
        "Did you mean 't.csv'",
    ),
    "k = GET DIRECT CONSTANTS('t.xlsx', 'Mian', 'B2')": ("no sheet 'Mian'", "'Main'"),
    "k = GET DIRECT CONSTANTS('t.csv', ',', 'C3')": ("cell C3 of 't.csv' is empty",),
    "k = GET DIRECT CONSTANTS('t.csv', ',', 'D3')": ("cell D3 of 't.csv' holds 'x'",),
    "k = GET DIRECT CONSTANTS('t.csv', ',', 'ZZ99')": ("cell ZZ99 of 't.csv' is empty",),
    "k[kind] = GET DIRECT CONSTANTS('t.xlsx', 'Main', 'block')": ("2 x 3 cells", "1 x 3"),
    "k = GET DIRECT CONSTANTS('t.xlsx', 'Main', 'blok')": ("no cell or named range 'blok'",),
    "k = GET DIRECT CONSTANTS('?data', 'Main', 'B2')": ("'?data' stands for a file",),
    "k = GET DIRECT CONSTANTS('hand.mdl', ',', 'B2')": ("no table", ".xlsx"),
    "k = 2 * GET DIRECT CONSTANTS('t.csv', ',', 'B2')": ("must be the whole of an equation",),
    "k := GET DIRECT DATA('r.csv', ',', 'A', 'B2')": ("'r.csv' repeats a value in A",),
    "k := GET DIRECT DATA('t.csv', ',', 'H', 'C5')": ("no numbers in H",),
    "k := GET DIRECT DATA('t.csv', ',', 'A', 'H5')": ("no numbers from H5 on",),
    "k[region] := GET DIRECT DATA('t.xlsx', 'Main', 'years', 'one')": ("does not fit 'years'",),
    "k: GET DIRECT SUBSCRIPT('u.csv', ',', 'A2', 'A3', '')": ("subscript range 'k'", "'u.csv'"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_name_variable_line_file_and_cell(read, text):
    with pytest.raises(ModelError) as caught:
        read(f"j = 1 ~~|\n{text} ~~|\n")
    [finding] = caught.value.findings
    assert finding.variables == ("k",)
    for part in MISTAKES[text]:
        assert part in str(finding)
    assert finding.place == "hand.mdl, line 3"


def test_all_mistakes_are_reported_together(read):
    with pytest.raises(ModelError) as caught:
        read("".join(f"{text.replace('k', f'k{n}', 1)} ~~|\n" for n, text in enumerate(MISTAKES)))
    named = {name for each in caught.value.findings for name in each.variables}
    assert {f"k{n}" for n in range(len(MISTAKES))} <= named


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_damaged_tables_are_findings(folder, read, name):
    whole = (folder / name).read_bytes()
    for size in range(0, len(whole), max(1, len(whole) // 12)):
        (folder / name).write_bytes(whole[:size])
        with pytest.raises(ModelError):
            read(f"k = GET DIRECT CONSTANTS('{name}', 'Main', 'C30') ~~|\n")


def test_a_workbook_damaged_inside_is_a_finding(folder, read):
    import zipfile

    with zipfile.ZipFile(folder / "t.xlsx") as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(folder / "t.xlsx", "w") as damaged:
        for name, data in parts.items():
            damaged.writestr(name, data[:200] if name.endswith("sheet1.xml") else data)
    with pytest.raises(ModelError, match=r"'t.xlsx' is damaged"):
        read("k = GET DIRECT CONSTANTS('t.xlsx', 'Main', 'A1') ~~|\n")


def test_a_changed_table_is_read_anew_and_an_unchanged_one_never(folder, monkeypatch):
    monkeypatch.setenv("SECDIL_CACHE", str(folder / "cache"))
    path = folder / "hand.mdl"
    path.write_text("{UTF-8}\nk = GET DIRECT CONSTANTS('t.csv', ',', 'B2') ~~|\n" + CONTROL)

    def value():
        return cache.load_system(path)["k"].definitions[0].expression.value

    assert value() == 1.0
    (folder / "t.csv").write_text("code,a\nnorth,7\n")
    assert value() == 7.0
    cache._LOADED.clear()
    monkeypatch.setattr("secdil_sd.reading.translate.read_model", None)  # from now on: kept
    assert value() == 7.0
    (folder / "t.csv").unlink()
    with pytest.raises(TypeError):  # it would be translated again
        value()


def test_a_kept_model_needs_no_spreadsheet_library(fresh_python, folder):
    (folder / "hand.mdl").write_text(
        "{UTF-8}\nk = GET DIRECT CONSTANTS('t.xlsx', 'Main', 'B2') ~~|\nx = INTEG(k, 0) ~~|\n"
        + CONTROL
    )
    program = (
        "import sys, secdil_sd as sd\n"
        f"model = sd.load_model({str(folder / 'hand.mdl')!r})\n"
        "print(model.system['k'].kind, 'openpyxl' in sys.modules, 'pysd' in sys.modules)\n"
    )
    runs = [fresh_python(program, SECDIL_CACHE=str(folder / "cache")).split() for _ in range(2)]
    assert runs == [["constant", "True", "True"], ["constant", "False", "False"]]


def test_data_do_not_mix_with_equations(read):
    with pytest.raises(ModelError, match="'k' mixes data with an equation") as caught:
        read("k[north] := GET DIRECT DATA('t.csv', ',', 'A', 'C5') ~~|\nk[south] = Time ~~|\n")
    assert caught.value.findings[0].place == "hand.mdl, line 3"


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("LOOKUP FORWARD(2, 3)", "LOOKUP FORWARD takes a lookup and a number"),
        ("GET TIME VALUE(0, 0, 3)", "in the model's time unit only"),
        ("GET TIME VALUE(2, 0, 0)", "the computer's clock"),
    ],
)
def test_what_cannot_be_read_otherwise(read, equation, message):
    with pytest.raises(ModelError, match=message):
        read(f"k = {equation} ~~|\n")


def test_a_lookup_without_an_inverse(read):
    from secdil_sd.equations.order import make_schedule

    system = read("f((0,0),(1,2),(2,1)) ~~|\nk = LOOKUP INVERT(f, Time) ~~|\n")
    with pytest.raises(ModelError, match="rises or falls throughout"):
        make_schedule(system)


def test_a_lookup_with_the_wrong_subscripts(read):
    from secdil_sd.equations.order import make_schedule

    text = "f[region] = GET DIRECT LOOKUPS('t.xlsx', 'Main', 'years', 'block') ~~|\n"
    with pytest.raises(ModelError, match="'f' has 1 subscripts but 2 are written"):
        make_schedule(read(f"{text}k[region, kind] = f[region, kind](Time) ~~|\n"))
    schedule = make_schedule(read(f"{text}k[region] = f(Time) ~~|\n"))  # the whole array is meant
    assert schedule.slots["k"].shape == (2,)
