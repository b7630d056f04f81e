"""A file cut into its main part and its macros."""

from secdil_sd.reading.sections import Section, outputs_as_arguments, sections
from secdil_sd.reading.text import entries

TEXT = """{UTF-8}
a = 1 ~~|
:MACRO: LAG OF(the input, time : rate,
 more)
LAG OF = 2 ~~|

:END OF MACRO:
b = LAG OF(a, 1) ~~ mentions :MACRO: in words |
\\\\\\---/// Sketch information
:MACRO: not one
"""


def test_macros_are_taken_out_and_lines_stay():
    main, macros, findings = sections(TEXT, "m.mdl")
    assert not findings
    (macro,) = macros
    assert (macro.name, macro.line) == ("LAG OF", 3)
    assert (macro.inputs, macro.outputs) == (("the input", "time"), ("rate", "more"))
    assert [(each.name, each.line) for each in entries(main, "m.mdl")[0]] == [("a", 2), ("b", 8)]
    assert [(each.name, each.line) for each in entries(macro.body, "m.mdl")[0]] == [("LAG OF", 5)]


def test_outputs_of_calls_become_arguments():
    macros = [Section("LAG OF", ("x",), ("rate",), "", 1), Section("PLAIN", ("x",), (), "", 1)]
    for given, expected in (
        ("y = lag  of(a : r) + 1", "y = lag  of(a , r) + 1"),
        ("y = LAG_OF(MAX(a, b):r)", "y = LAG_OF(MAX(a, b),r)"),
        ("y = LAG OF(a :AND: b : r)", "y = LAG OF(a :AND: b , r)"),
        ("y = LAG OF(a :OR: b)", "y = LAG OF(a :OR: b)"),
        ("y = FLAG OF(a : r)", "y = FLAG OF(a : r)"),
        ("y = PLAIN(a : r)", "y = PLAIN(a : r)"),
    ):
        assert outputs_as_arguments(given, macros) == expected


def test_comments_in_comments_are_left_out():
    found, _ = entries('x = 1 {a {b} {c\n}} + 2 ~~|\ny = "{k}" ~~|', "m.mdl")
    assert [(each.equation, each.line) for each in found] == [("x = 1 + 2", 1), ('y = "{k}"', 3)]


def test_quotes_matter_in_equations_and_not_in_what_is_said_of_them():
    text = '"a|b~c" = 1 ~ 1 ~ says "nothing | x = "a|b~c" * 2 ~~ ends" | y = 3 ~ "~" ~ |'
    found, findings = entries(text, "m.mdl")
    assert not findings
    assert [each.name for each in found] == ["a|b~c", "x", "y"]
    assert [each.documentation for each in found] == ['says "nothing', 'ends"', '"']
