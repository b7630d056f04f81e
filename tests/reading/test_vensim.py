"""Vensim files: what is read, and every mistake with its file, line, name and remedy."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secdil_sd.equations.expression import Array, Call, LookupCall, Number, Reference, Table
from secdil_sd.errors import FileError, ModelError, SecdilError
from secdil_sd.reading.translate import read_model

CONTROL = """
INITIAL TIME = 0 ~ year ~ |
FINAL TIME = 10 ~ year ~ |
TIME STEP = 0.25 ~ year ~ |
SAVEPER = 1 ~ year ~ |
"""


@pytest.fixture
def read(tmp_path):
    """Read the text of a model (time settings added)."""

    def reader(text, control=CONTROL):
        path = tmp_path / "hand.mdl"
        path.write_text("{UTF-8}\n" + text + control, encoding="utf-8")
        return read_model(path)

    return reader


def mistakes(read, text, control=CONTROL):
    with pytest.raises(ModelError) as caught:
        read(text, control)
    return caught.value.findings


def node(read, equation, more=""):
    return read(f"x = {equation} ~ ~ |\n{more}")["x"].definitions[0].expression


TWICE = ":MACRO: twice(a)\ntwice = 2 * a ~~|\n:END OF MACRO:\n"
A, B, C = Reference("a"), Reference("b"), Reference("c")
ABC = "a = 1 ~~|\nb = 2 ~~|\nc = 3 ~~|\n"


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("a - b - c", Call("-", (Call("-", (A, B)), C))),
        ("a / b / c", Call("/", (Call("/", (A, B)), C))),
        ("41 + 1 - 2", Number(40.0)),
        ("a - b + c", Call("+", (Call("-", (A, B)), C))),
        ("a + b * c", Call("+", (A, Call("*", (B, C))))),
        ("-a^2", Call("negative", (Call("^", (A, Number(2.0))),))),
        ("a^-b", Call("^", (A, Call("negative", (B,))))),
        ("a > b :AND: :NOT: c", Call("and", (Call(">", (A, B)), Call("not", (C,))))),
        ("a :OR: b :AND: c", Call("or", (A, Call("and", (B, C))))),
        ("IF THEN ELSE(a = b, 1, c)", Call("if then else", (Call("=", (A, B)), Number(1.0), C))),
        ("SMOOTH3I(a, b, c)", Call("smooth", (A, B, C, Number(3.0)))),
        ("DELAY1(a, b)", Call("delay", (A, B, A, Number(1.0)))),
        ("TREND(a, b, c)", Call("trend", (A, B, C))),
        ("PULSE TRAIN(1, a, b, c)", Call("pulse train", (Number(1.0), A, B, C))),
        ("INTEG(a, b)", Call("integ", (A, B))),
        ("ACTIVE INITIAL(a, b)", Call("active initial", (A, B))),
        ("GAME(a)", A),
        ("1e3", Number(1000.0)),
        ("-2", Number(-2.0)),
    ],
)
def test_expressions(read, equation, expected):
    assert node(read, equation, ABC) == expected


def test_lookups(read):
    points = Table((0.0, 1.0, 2.0), (0.0, 3.0, 4.0))
    more = "f((0,0),(2,4),(1,3)) ~~|\ng([(0,0)-(10,10)],(0,0),(1,3),(2,4)) ~~|\n" + ABC
    system = read("x = f(a) + WITH LOOKUP(b, ([(0,0)-(2,4)],(0,0),(1,3),(2,4))) ~~|\n" + more)
    assert system["f"].definitions[0].expression == points
    assert system["g"].definitions[0].expression == points
    expected = Call("+", (LookupCall(Reference("f"), A), LookupCall(points, B)))
    assert system["x"].definitions[0].expression == expected


def test_arrays_and_subscripts(read):
    system = read(
        "state: A, B, C ~~|\nrival <-> state ~~|\nbloc: B, C ~~|\nyear: (y1-y3) ~~|\n"
        "k[state] = 1, 2, 3 ~~|\nm[state, bloc] = 1,2;3,4;5,6; ~~|\n"
        "e[state] :EXCEPT: [A] = 5 ~~|\ne[A] = 6 ~~|\n"
        "total[state] = SUM(m[state, bloc!]) * k[state] ~~|\n"
    )
    assert [each.elements for each in system.ranges] == [
        ("A", "B", "C"),
        ("A", "B", "C"),
        ("B", "C"),
        ("y1", "y2", "y3"),
    ]
    assert system["k"].definitions[0].expression == Array((3,), (1.0, 2.0, 3.0))
    assert system["m"].definitions[0].expression == Array((3, 2), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))
    assert system["e"].definitions[0].excepted == (("A",),)
    inner = Reference("m", ("state", "bloc!"))
    expected = Call("*", (Call("sum", (inner,)), Reference("k", ("state",))))
    assert system["total"].definitions[0].expression == expected


def test_units_ranges_documentation_and_lines(read):
    system = read(
        "k = 0.15\n\t~\t1/year [0.03,0.9,0.01]\n\t~\tYearly answer to \\\n\t\teach dollar.\n\t|\n"
        '\n"R&D [odd] | share ~" = \\\n\t2 * k {a | comment}\n\t~ Dmnl [?,5]\n\t~ |\n'
    )
    k, odd = system["k"], system["R&D [odd] | share ~"]
    assert (k.units, k.low, k.high) == ("1/year", 0.03, 0.9)
    assert k.documentation == "Yearly answer to each dollar."
    assert (k.line, odd.line) == (2, 8)
    assert (odd.low, odd.high) == (None, 5.0)
    assert odd.definitions[0].text == '"R&D [odd] | share ~" = 2 * k'


def test_references_keep_the_spelling_of_the_definition(read):
    system = read("Growth Rate = 1 ~~|\nx = growth_rate + GROWTH  RATE ~~|\n")
    names = [each.name for each in system["x"].definitions[0].expression.arguments]
    assert names == ["Growth Rate", "Growth Rate"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "x = 1 ~~|\ny = x + speding ~~|\nspending = 2 ~~|",
            3,
            ["'speding'", "'y'", "Did you mean 'spending'"],
        ),
        ("x = 1 ~~|\ny = SMOTH(x, 2) ~~|", 3, ["SMOTH", "'y'", "smooth"]),
        ("x = EXP(1, 2) ~~|", 2, ["EXP has 2 arguments but takes 1"]),
        ("x = INTEG(1) ~~|", 2, ["'x'", "number of arguments"]),
        ("x = (1 + 2 ~~|", 2, ["'x'", "brackets"]),
        ("x = 1 + ~~|", 2, ["'x'"]),
        ("x = A FUNCTION OF(y) ~~|\ny = 1 ~~|", 2, ["'x' is incomplete"]),
        ("x = 1 ~~|\nx = 2 ~~|", 3, ["'x' is defined twice (lines 2 and 3)"]),
        ("s: A, B ~~|\nx[s] = 1 ~~|\ny = x[C] ~~|", 4, ["No subscript 'C'"]),
        ("x = RANDOM UNIFORM(0, 1, 0) ~~|", 2, ["RANDOM UNIFORM is not supported"]),
        (
            "x = 1 ~~|\ny = 2 ~ only one mark |",
            3,
            ["not whole", "equation ~ units ~ documentation"],
        ),
        (
            f"{TWICE}x = twice(1, 2) ~~|",
            5,
            ["'twice' takes 1 arguments", "given 2", "inputs are a"],
        ),
        (f"{TWICE}x = thrice(1) ~~|", 5, ["No function THRICE", "'x'"]),
        (":MACRO: twice(a)\ntwice = 2 * b ~~|\n:END OF MACRO:\nx = twice(1)~~|", 3, ["'b'"]),
        (":MACRO: twice(a)\ntwice = 2 + * a ~~|\n:END OF MACRO:\n", 3, ["'twice'", "2 + * a"]),
        (":MACRO: twice(a)\nb = 2 * a ~~|\n:END OF MACRO:\nx = twice(1)~~|", 5, ["'twice'"]),
        (":MACRO: twice(a)\ntwice = 2 * a ~~|\n", 2, ["macro 'twice' has no end"]),
        (f":MACRO: more(a)\n{TWICE}", 2, ["macro 'more' has no end"]),
        (f":MACRO: more\nmore = 3 ~~|\n:END OF MACRO:\n{TWICE}", 2, ["macro 'more'"]),
        (TWICE + TWICE, 5, ["macro 'twice' is defined twice"]),
        (
            ":MACRO: a(x)\na = b(x) ~~|\n:END OF MACRO:\n"
            ":MACRO: b(x)\nb = a(x) ~~|\n:END OF MACRO:\ny = a(1) ~~|\n",
            6,
            ["macro 'a' uses itself"],
        ),
        ("c: p, q -> (d: e\nx = 1 ~~|", 2, ["'c'"]),
        ("x = " + "(" * 600 + "1" + ")" * 600 + " ~~|", 2, ["nested too deeply"]),
        ("x = 2 y(3) ~~|\ny = 1 ~~|", 2, ["'x'"]),
    ],
)
def test_each_mistake_has_its_place_and_remedy(read, text, line, words):
    found = mistakes(read, text)
    shown = "\n".join(map(str, found))
    assert f"hand.mdl, line {line}" in shown
    for each in words:
        assert each in shown


def test_all_mistakes_are_reported_together(read):
    found = mistakes(read, "a = b1 ~~|\nc = EXPP(1) ~~|\nd = 1 + ~~|\ne = f2[g] ~~|\n")
    assert len({each.place for each in found}) == 4


def test_missing_time_settings(read):
    found = mistakes(read, "x = 1 ~~|", "FINAL TIME = 3 ~~|\nTIME STEP = 1 ~~|")
    assert "There is no INITIAL TIME" in str(found[0])
    saved = read("x = 1 ~~|", CONTROL.replace("SAVEPER = 1", "other = 1"))["SAVEPER"]
    assert saved.definitions[0].expression == Reference("TIME STEP")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.vmf", b"x", ["save as text"]),
        ("a.txt", b"x = 1 ~~|", [".mdl"]),
        ("a.mdl", b"", ["empty"]),
        ("a.mdl", b"abc\0\0def", ["binary", "save as text"]),
        ("a.mdl", b"dear diary, today nothing happened", ["not whole"]),
    ],
)
def test_files_that_are_no_models(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_model(path)
    assert all(each in str(caught.value) for each in words)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(FileError, match="There is no file"):
        read_model(tmp_path / "none.mdl")
    (tmp_path / "folder.mdl").mkdir()
    with pytest.raises(FileError, match="folder"):
        read_model(tmp_path / "folder.mdl")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "latin-1"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "a.mdl"
    path.write_bytes(("été = 1 ~ ~ |\n" + CONTROL).encode(encoding))
    assert "été" in read_model(path)


@pytest.mark.parametrize(
    "text",
    [
        "f([__import__('os').system('touch {mark}')],(0,0),(1,1)) ~~|",
        "x = WITH LOOKUP(Time, ([open('{mark}','w')],(0,0),(1,1))) ~~|",
        "x = GET DIRECT CONSTANTS('{mark}', '__import__(\"os\")', 'B2') ~~|",
        "\"__import__('os').system('touch {mark}')\" = 1 ~~|",
        "x = __import__ ~~|",
        "x[__import__('os').system('touch {mark}')] = 1 ~~|",
        "x = 1 ~ [open('{mark}','w'),2] ~|",
    ],
)
def test_a_model_file_cannot_execute_code(read, tmp_path, text):
    mark = tmp_path / "ran"
    with contextlib.suppress(SecdilError):
        read(text.replace("{mark}", str(mark)))
    assert not mark.exists()


def test_pysd_keeps_its_own_eval_afterwards(read):
    read("x = 1 ~~|")
    from pysd.translators.vensim import vensim_element

    assert "eval" not in vars(vensim_element)


GOOD = (
    "state: A, B ~~|\nx[state] = INTEG(y[state], 1) ~ u [0,1] ~ doc |\n"
    "y[state] = f(x[state]) - SUM(x[state!]) / 2 ~~|\nf((0,0),(1,2)) ~~|\n" + CONTROL
)


@settings(max_examples=60)
@given(
    st.integers(0, len(GOOD)),
    st.integers(0, len(GOOD)),
    st.text('~|()[]{},=+"!:\\\n x', max_size=3),
)
def test_damaged_files_give_findings_never_tracebacks(tmp_path_factory, first, second, inserted):
    low, high = sorted((first, second))
    path = tmp_path_factory.mktemp("damaged") / "hand.mdl"
    for text in (GOOD[:high], GOOD[:low] + inserted + GOOD[low:]):
        path.write_text(text, encoding="utf-8")
        try:
            read_model(path)
        except SecdilError as error:
            assert all(each.message for each in error.findings)


def test_lookups_in_the_old_form(read):
    lookup = read("f(0,1,2.5, 4,-2e1,6) ~~|\nx = f(1) ~~|\n")["f"]
    assert lookup.definitions[0].expression == Table((0.0, 1.0, 2.5), (4.0, -20.0, 6.0))


def test_a_macro_may_be_called_almost_like_a_function(read):
    text = ":MACRO: DELAYN(a)\nDELAYN = DELAY N(a, 1, 2, 3) ~~|\n:END OF MACRO:\n"
    found = read(text + "x = DELAYN(Time) ~~|\n")
    assert found["x"].definitions[0].expression == Reference("DELAYN 1")
    assert found["DELAYN 1"].definitions[0].expression.function == "delay n"


def test_elements_mapped_one_by_one_are_not_the_ranges_own(read):
    text = "a: x, y -> b, (c: u, v) ~~|\nb: p, q ~~|\nc: u, v ~~|\nz[a] = 1 ~~|\n"
    found = read(text).range("a")
    assert (found.elements, found.mappings) == (("x", "y"), ("b", "c"))
    assert (found.images_on("B"), found.images_on("c")) == ((), ("u", "v"))
    assert found.images_on("a") is None
