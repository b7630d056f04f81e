"""The claims as data: what each says, on which runs it is tested, what can be switched off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from secdil_sd import bundle
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import suggestion
from secdil_sd.simulation.toml_file import Strict, read_toml

if TYPE_CHECKING:
    import pandas as pd

FILE = "propositions.toml"
CLAIM_COLUMNS = (
    "id", "reading", "section", "quote", "statement", "test", "label", "because", "varied",
    "source", "note",
)  # fmt: skip

Label = Literal["built in", "emergent", "touches data"]
Reading = Literal["", "essay", "literature"]


class Horizon(Strict):
    """How long runs last: their output times, and why so long."""

    times: tuple[float, ...]
    why: str


class Mechanism(Strict):
    """Something that can be switched off: the constants that do it, and what that means."""

    neutral: dict[str, float]
    meaning: str


class Treatment(Strict):
    """A change of every world.

    ``set`` gives constants (or elements of them) a value, ``factor`` and ``plus`` change the
    world's own. ``after`` begins where another treatment ended: ``carry`` says which of its
    outputs becomes which constant.
    """

    set: dict[str, float] = Field(default_factory=dict)
    factor: dict[str, float] = Field(default_factory=dict)
    plus: dict[str, float] = Field(default_factory=dict)
    carry: dict[str, str] = Field(default_factory=dict)
    after: str = ""
    horizon: str = "rest"
    states: int = 2

    @property
    def constants(self) -> tuple[str, ...]:
        """Every constant or element this treatment touches."""
        return (*self.set, *self.factor, *self.plus, *self.carry)


class Show(Strict):
    """The small figure of a claim: an output over time, or (with ``axis``) where runs end.

    ``runs`` gives each treatment that is drawn the words of its line.
    """

    output: str
    title: str
    runs: dict[str, str]
    until: float | None = None
    threshold: float | None = None
    percent: bool = False
    zero: bool = True
    axis: str = ""


class HistoryCheck(Strict):
    """What is asked of the Cold War's fitted values.

    One of: what a change does to the loop there (``params``, and the ``sign`` expected); whether
    a constant was fitted positive for every state (``fitted``, with words of the scenario's own
    caveat that a positive value is no proof, ``doubt``); whether it spirals (``spiral``).
    """

    says: str
    params: dict[str, float] = Field(default_factory=dict)
    sign: Literal[-1, 1] = 1
    fitted: str = ""
    doubt: str = ""
    spiral: bool = False


class Claim(Strict):
    """One claim in one reading."""

    id: str
    reading: Reading = ""
    section: str
    quote: str
    statement: str
    test: str
    sources: tuple[str, ...]
    label: Label
    because: str
    varied: tuple[str, ...]
    predicate: str
    note: str
    show: Show
    data: HistoryCheck | None = None

    @property
    def key(self) -> str:
        """The claim's name in tables: its number, and its reading where there are two."""
        return f"{self.id} {self.reading}".strip()


class Book(Strict):
    """Everything the file says."""

    model: str
    mechanisms: dict[str, Mechanism]
    horizons: dict[str, Horizon]
    treatments: dict[str, Treatment]
    claims: tuple[Claim, ...]

    @model_validator(mode="after")
    def _complete(self) -> Book:
        for claim in self.claims:
            if (claim.label == "touches data") != (claim.data is not None):
                raise ValueError(f"{claim.key} touches data if, and only if, it has a data check")
            for name in claim.show.runs:
                if name not in self.treatments:
                    raise ValueError(f"{claim.key} names no treatment {name!r}")
        for name, each in self.treatments.items():
            if each.horizon not in self.horizons:
                raise ValueError(f"the treatment {name!r} has no horizon {each.horizon!r}")
            if each.after and each.after not in self.treatments:
                raise ValueError(
                    f"the treatment {name!r} comes after {each.after!r}, which is none"
                )
        return self

    def chosen(self, ids: Iterable[str] | str | None) -> tuple[Claim, ...]:
        """Return the claims of some numbers, in every reading; all without.

        Raises
        ------
        InputError
            For every number no claim has.
        """
        if ids is None:
            return self.claims
        asked = [ids] if isinstance(ids, str) else [str(each) for each in ids]
        known = dict.fromkeys(each.id for each in self.claims)
        wanted = {text.strip().upper() for text in asked}
        findings = [
            Finding(
                "error",
                f"No claim {text!r}.",
                variables=(text,),
                remedy=f"{suggestion(text.upper(), known)} They are P1 to P{len(known)}.".strip(),
            )
            for text in asked
            if text.strip().upper() not in known
        ]
        if not wanted:
            findings.append(Finding("error", "No claim is asked for.", remedy="Leave ids out."))
        if findings:
            raise InputError(*findings)
        return tuple(each for each in self.claims if each.id in wanted)


@cache
def book() -> Book:
    """Return the claims that come with secdil."""
    return read_toml(bundle.path(FILE), Book)


def claims() -> pd.DataFrame:
    """Return the essay's claims as a table, without simulating anything.

    Returns
    -------
    DataFrame
        One row a claim and reading: ``id`` (P1 to P32), ``reading`` ("essay" or "literature"
        where they disagree, else empty), ``section`` of the essay, ``quote``, ``statement``,
        ``test`` in plain words, ``label`` (built in, emergent, touches data), ``because`` (why
        that label), ``varied`` constants, ``source``, ``note`` on the essay.

    Examples
    --------
    >>> table = claims()
    >>> table["id"].nunique(), len(table)
    (32, 36)
    """
    import pandas as pd

    rows = [{**plain(each), "because": each.because} for each in book().claims]
    return pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))


def plain(claim: Claim) -> Mapping[str, Any]:
    """Return what a table says of a claim before anything is simulated."""
    return {
        "id": claim.id,
        "reading": claim.reading,
        "section": claim.section,
        "quote": claim.quote,
        "statement": claim.statement,
        "test": claim.test,
        "label": claim.label,
        "varied": ", ".join(claim.varied),
        "source": "; ".join(claim.sources),
        "note": claim.note,
    }
