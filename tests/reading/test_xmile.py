"""XMILE files: what is read, damaged XML, entity bombs, incomplete equations."""

from __future__ import annotations

import pytest

from secdil_sd.equations.expression import Call, LookupCall, Number, Reference, Table
from secdil_sd.errors import ModelError
from secdil_sd.reading.translate import read_model

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
FRAME = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>hand</vendor></header>
<sim_specs time_units="year"><start>0</start><stop>10</stop><dt reciprocal="true">4</dt></sim_specs>
{dimensions}
<model><variables>
{variables}
</variables></model></xmile>
"""


@pytest.fixture
def read(tmp_path):
    def reader(variables, dimensions="", head=HEAD, ending=".xmile"):
        path = tmp_path / f"hand{ending}"
        path.write_text(head + FRAME.format(variables=variables, dimensions=dimensions), "utf-8")
        return read_model(path)

    return reader


def test_stocks_flows_and_time_settings(read):
    system = read(
        '<stock name="arms"><eqn>5</eqn><inflow>build</inflow><outflow>"scrap rate"</outflow>'
        '<units>bn</units><doc>All  arms.</doc><range min="0" max="9"/></stock>\n'
        '<flow name="build"><eqn>2 * TIME</eqn></flow>\n'
        '<flow name="scrap rate"><eqn>arms / 3</eqn></flow>'
    )
    arms = system["arms"]
    flow = Call("-", (Reference("build"), Reference("scrap rate")))
    assert arms.definitions[0].expression == Call("integ", (flow, Number(5.0)))
    assert (arms.units, arms.documentation, arms.low, arms.high) == ("bn", "All arms.", 0.0, 9.0)
    assert arms.line == 7
    step = system["TIME STEP"].definitions[0].expression
    assert step == Call("/", (Number(1.0), Number(4.0)))
    assert system["SAVEPER"].definitions[0].expression == Reference("TIME STEP")


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        (
            "IF a &gt; 1 THEN 2 ELSE 3",
            Call(
                "if then else", (Call(">", (Reference("a"), Number(1.0))), Number(2.0), Number(3.0))
            ),
        ),
        ("PULSE(2, 3)", Call("impulse", (Number(2.0), Number(3.0)))),
        ("PULSE(2, 3, 4)", Call("impulse train", (Number(2.0), Number(3.0), Number(4.0)))),
        ("RAMP(2, 3)", Call("ramp", (Number(2.0), Number(3.0)))),
        ("SAFEDIV(a, 0)", Call("zidz", (Reference("a"), Number(0.0)))),
        ("MAX(a, 2)", Call("max", (Reference("a"), Number(2.0)))),
        ("SMTH1(a, 5)", Call("smooth", (Reference("a"), Number(5.0), Reference("a"), Number(1.0)))),
        ("NOT a", Call("not", (Reference("a"),))),
    ],
)
def test_expressions(read, equation, expected):
    system = read(f'<aux name="a"><eqn>1</eqn></aux><aux name="x"><eqn>{equation}</eqn></aux>')
    assert system["x"].definitions[0].expression == expected


@pytest.mark.parametrize(
    ("kind", "beyond"),
    [("continuous", "hold"), ("extrapolate", "extrapolate"), ("discrete", "discrete")],
)
def test_graphical_functions(read, kind, beyond):
    system = read(
        f'<aux name="x"><eqn>TIME</eqn><gf type="{kind}"><xscale min="0" max="2"/>'
        "<ypts>1,3,4</ypts></gf></aux>"
    )
    table = Table((0.0, 1.0, 2.0), (1.0, 3.0, 4.0), beyond)
    found = system["x"].definitions[0].expression
    assert isinstance(found, LookupCall)
    assert found.table == table
    assert found.argument.name.lower() == "time"


def test_non_negative_stocks_are_marked(read):
    system = read('<stock name="x"><eqn>5</eqn><non_negative/></stock>')
    assert system["x"].definitions[0].expression.function == "non negative integ"
    assert system["x"].kind == "stock"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ('<aux name="x"><eqn>???</eqn></aux>', ["'x' is incomplete", "line 7"]),
        ('<aux name="x"></aux>', ["'x' is incomplete"]),
        ('<aux name="x"><eqn>1 +</eqn></aux>', ["'x' is not understood", "line 7"]),
        ('<aux name="x"><eqn>y</eqn></aux>', ["No variable 'y'"]),
        ('<module name="sector"/>', ["module 'sector' has no model", '<model name="sector">']),
    ],
)
def test_mistakes(read, variables, words):
    with pytest.raises(ModelError) as caught:
        read(variables)
    assert all(each in str(caught.value) for each in words)


@pytest.mark.parametrize("kind", ["conveyor", "queue", "oven"])
def test_stocks_that_are_no_integrals_are_refused_by_name(read, kind):
    with pytest.raises(ModelError, match=f"line 7: The stock 'x' is a {kind}"):
        read(f'<stock name="x"><eqn>5</eqn><{kind}/></stock>')


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("TWICE(1, 2)", "'TWICE' is given 2 arguments for 1, in the equation of 'x'"),
        ("TWICE()", "'TWICE' is given 0 arguments for 1"),
        ("AGAIN(1)", "'AGAIN' calls itself without end"),
    ],
)
def test_calls_of_macros_that_do_not_fit(read, call, words):
    body = {"TWICE": "2 * a", "AGAIN": "AGAIN(a) * AGAIN(a)"}[name := call.partition("(")[0]]
    macros = f'<macro name="{name}"><parm>a</parm><eqn>{body}</eqn></macro>'
    with pytest.raises(ModelError) as caught:
        read(f'<aux name="x"><eqn>{call}</eqn></aux>', macros)
    assert words in str(caught.value)


def test_a_module_that_contains_itself_is_refused(read):
    twice = '<module name="m"/><module name="m"/>'
    inner = f'<model name="m"><variables>{twice}</variables></model>'
    with pytest.raises(ModelError, match="The module 'm' contains itself"):
        read('<module name="m"/>', inner)


def test_copies_of_copies_are_bounded(read):
    def model(name, inside):
        return f'<model name="{name}"><variables>{inside}</variables></model>'

    pair = [f'<module name="{n}"/><module name="{n} "/>' for n in "abcdefghijklmnopqrst"]
    inner = "".join(model("abcdefghijklmnopqrst"[k], pair[k + 1]) for k in range(19))
    with pytest.raises(ModelError, match="more than 10000 modules"):
        read(pair[0], inner + model("t", '<aux name="x"><eqn>1</eqn></aux>'))
    macros = "".join(
        f'<macro name="M{k}"><parm>a</parm><eqn>M{k + 1}(a) + M{k + 1}(a)</eqn></macro>'
        for k in range(20)
    )
    last = '<macro name="M20"><parm>a</parm><eqn>a</eqn></macro>'
    with pytest.raises(ModelError, match="more than 10000 times"):
        read('<aux name="x"><eqn>M0(1)</eqn></aux>', macros + last)


def test_points_that_are_no_numbers_are_refused(read):
    with pytest.raises(ModelError, match=r"line 7: .*has 'three' for a number"):
        read('<gf name="f"><xpts>1,2</xpts><ypts>1,three</ypts></gf>')
    with pytest.raises(ModelError, match="3 x for 2 y"):
        read('<gf name="f"><xpts>1,2,3</xpts><ypts>1,2</ypts></gf>')


def test_deep_nesting_is_no_traceback(read):
    with pytest.raises(ModelError, match="'x'"):
        read(f'<aux name="x"><eqn>{"(" * 3000}1{")" * 3000}</eqn></aux>')


def test_truncated_xml(tmp_path):
    path = tmp_path / "cut.stmx"
    text = HEAD + FRAME.format(variables='<aux name="x"><eqn>1</eqn></aux>', dimensions="")
    path.write_text(text[:-60], "utf-8")
    with pytest.raises(ModelError, match=r"cut.stmx, line \d+: The XML is damaged"):
        read_model(path)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n',
        '<!DOCTYPE x SYSTEM "http://example.org/x.dtd">\n',
    ],
)
def test_entities_are_refused(read, declaration):
    with pytest.raises(ModelError, match="entities or a document type"):
        read('<aux name="x"><eqn>1</eqn></aux>', head=HEAD + declaration)


@pytest.mark.parametrize(
    "text",
    [
        '<xmile xmlns="~http://x.org/"/>',
        "<html></html>",
        '<xmile xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"/>',
    ],
)
def test_xml_that_is_no_model(tmp_path, text):
    path = tmp_path / "other.xml"
    path.write_text(text, "utf-8")
    with pytest.raises(ModelError, match=r"not an XMILE model|sim_specs"):
        read_model(path)
