"""Random small models as Vensim text: every construct with a form for single numbers.

Comparisons and rounding stand at odd places, so that the last digit of a sum, in which engines may
differ, decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import strategies as st

Dims = tuple[str, ...]
ELEMENTS = ("one", "two", "three")
SCALAR: Dims = ()
VECTOR: Dims = ("who",)
PAIR: Dims = ("who", "whom")

NUMBERS = ("0", "1", "2", "0.5", "3.7", "0.31", "1.19", "0.083")
ODD = ("0.7318", "1.4142", "2.2361", "0.1234567")
EXPONENTS = ("2", "0.5", "1", "0", "3", "1.7")
CONSTANTS = ("0", "1", "2", "0.5", "0.37", "1.9", "-0.6")


@dataclass(frozen=True)
class RandomModel:
    """A model file, with the scalar constants that samples may vary.

    Parameters
    ----------
    text : str
    stocks, constants : tuple of str
    """

    text: str
    stocks: tuple[str, ...]
    constants: tuple[str, ...]


class _Words:
    """What the equations of one model may name so far, with dimensions; and how they name it."""

    def __init__(self, draw: Callable, size: int) -> None:
        self.draw, self.labels = draw, ELEMENTS[:size]
        self.known: dict[str, Dims] = {}

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def reference(self, dims: Dims) -> str:
        name = self.pick(*self.known)
        own = self.known[name]
        if own == SCALAR:
            return name
        if own == VECTOR:
            free = "whom" if dims == VECTOR else "who"
            ways = [f"{name}[{self.pick(*self.labels)}]"]
            ways += [f"{name}[{each}]" for each in dims] * 2
            if dims != PAIR:
                ways += [f"{self.pick('SUM', 'VMIN', 'VMAX')}({name}[{free}!])"]
            return self.pick(*ways)
        if dims == PAIR:
            return self.pick(f"{name}[who,whom]", f"{name}[who,whom]", f"{name}[whom,who]")
        if dims == VECTOR:
            one = self.pick(*self.labels)
            return self.pick(f"SUM({name}[who,whom!])", f"{name}[who,{one}]")
        return self.pick(f"SUM({name}[who!,whom!])", f"{name}[{self.labels[0]},{self.labels[1]}]")

    def condition(self, dims: Dims, depth: int) -> str:
        if dims == PAIR and self.pick("mask", "other") == "mask":
            return self.pick("who = whom", "who <> whom")
        one = self.expression(dims, depth)
        plain = f"{one} {self.pick('>', '<', '>=', '<=')} {self.pick(*ODD)}"
        other = f"{self.expression(dims, 0)} < {self.pick(*ODD)}"
        switch = f"switch = {self.pick('0', '1')}"
        return self.pick(
            plain, plain, switch, f"{plain} :AND: {switch}", f"{other} :OR: {plain}",
            f":NOT: ({plain})",
        )  # fmt: skip

    def clock(self) -> str:
        height, start = self.pick("k1", "k2", "1.3"), self.pick("0.9", "1.55", "k3")
        return self.pick(
            f"STEP({height}, {start})",
            f"PULSE({start}, 0.8)",
            f"RAMP({height}, {start}, 3.1)",
            f"PULSE TRAIN({start}, 0.3, 1.1, 3.4)",
            "SIN(1.7 * Time)",
            "Time",
        )

    def leaf(self, dims: Dims) -> str:
        kind = self.pick("name", "name", "name", "number", "clock")
        if kind == "name":
            return self.reference(dims)
        return self.clock() if kind == "clock" else self.pick(*NUMBERS)

    def expression(self, dims: Dims, depth: int) -> str:
        if depth == 0:
            return self.leaf(dims)
        a, b = self.expression(dims, depth - 1), self.expression(dims, depth - 1)
        match self.pick("sum", "product", "product", "choice", "function", "function", "mask"):
            case "sum":
                return f"({a} {self.pick('+', '-')} {b})"
            case "product":
                return f"({a} * {b})"
            case "choice":
                return f"IF THEN ELSE({self.condition(dims, depth - 1)}, {a}, {b})"
            case "mask":
                off = self.pick("IF THEN ELSE(who = whom, 0, 1)" if dims == PAIR else "switch")
                return f"({off} * {a})"
        return self.function(a, b)

    def function(self, a: str, b: str) -> str:
        return self.pick(
            f"MIN({a}, {b})",
            f"MAX({a}, {b})",
            f"ABS({a})",
            f"EXP({a})",
            f"EXP(99 * {a})",
            f"EXP(-ABS({a}))",
            f"LN({a})",
            f"LN(1 + ABS({a}))",
            f"SQRT({a})",
            f"SQRT(ABS({a}))",
            f"ZIDZ({a}, {b})",
            f"XIDZ({a}, {b}, 0.4)",
            f"({a} / (1 + ABS({b})))",
            f"(ABS({a}) ^ {self.pick(*EXPONENTS, 'k2')})",
            f"(({a}) ^ 2)",
            f"ARCTAN({a})",
            f"TANH({a})",
            f"INTEGER({a} + {self.pick(*ODD)})",
            f"MODULO(ARCTAN({a}) + {self.pick(*ODD)}, 1.37)",
            f"curve({a})",
            f"(-{a})",
        )


@st.composite
def random_models(draw: Callable, richness: int = 5) -> RandomModel:
    """Draw a model of two scalar stocks, a stock over a range, ``richness`` auxiliaries, delays."""
    words = _Words(draw, draw(st.integers(2, 3)))
    labels = ", ".join(words.labels)
    lines = [f"who: {labels} ~~|", f"whom: {labels} ~~|"]
    lines.append("curve((-1,0.2),(0,0),(1,1.7),(2.5,1.1),(4,3)) ~~|")
    constants = ("switch", "k1", "k2", "k3")
    for name in constants:
        options = ("0", "1") if name == "switch" else CONSTANTS
        lines.append(f"{name} = {words.pick(*options)} ~~|")
        words.known[name] = SCALAR
    lines.append(f"weight[who] = {', '.join(words.pick(*CONSTANTS) for _ in words.labels)} ~~|")
    lines.append("other[who,whom] = IF THEN ELSE(who = whom, 0, 1) ~~|")
    words.known |= {"weight": VECTOR, "other": PAIR, "x": SCALAR, "y": SCALAR, "v": VECTOR}
    kept = words.pick("INITIAL(x + k1)", "k1", "1.3")
    lines.append(f"mixed[one] = {kept} ~~|")
    for before, label in pairwise(words.labels):
        chained = words.pick("", "", "", f" + 0.3 * mixed[{before}]")
        lines.append(f"mixed[{label}] = {words.expression(SCALAR, 1)}{chained} ~~|")
    words.known["mixed"] = VECTOR
    for k in range(richness):
        dims = draw(st.sampled_from((SCALAR, VECTOR, PAIR)))
        lines.append(f"a{k}{_brackets(dims)} = {_whole(dims)}{words.expression(dims, 2)} ~~|")
        words.known[f"a{k}"] = dims
    dims = draw(st.sampled_from((SCALAR, VECTOR)))
    late = words.pick("SMOOTH", "SMOOTH3", "DELAY1", "DELAY3")
    lines.append(
        f"late{_brackets(dims)} = {late}({_whole(dims)}{words.expression(dims, 1)}, 0.9) ~~|"
    )
    words.known["late"] = dims
    for name, dims, start in (
        ("x", SCALAR, "0.6"),
        ("y", SCALAR, "k1"),
        ("v", VECTOR, "weight[who]"),
    ):
        own = f"{name}{_brackets(dims)}"
        flow = words.expression(dims, 2)
        if name == "y":
            flow += f" + {words.pick('SUM(mixed[who!])', 'mixed[two]')} * 0.1"
        lines.append(f"{own} = INTEG({flow} - 0.4 * {own}, {start}) ~~|")
    lines += ["INITIAL TIME = 0 ~~|", "FINAL TIME = 4 ~~|", "TIME STEP = 0.25 ~~|"]
    lines.append("SAVEPER = 0.5 ~~|")
    return RandomModel("{UTF-8}\n" + "\n".join(lines) + "\n", ("x", "y", "v"), constants)


def _whole(dims: Dims) -> str:
    """A term over all dimensions: PySD wants one in every equation."""
    return {SCALAR: "", VECTOR: "0.3 * v[who] + ", PAIR: "0.3 * other[who,whom] + "}[dims]


def _brackets(dims: Dims) -> str:
    return f"[{','.join(dims)}]" if dims else ""
