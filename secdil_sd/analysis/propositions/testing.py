"""The claims tested: at the defaults, over the plausible space, and with each mechanism off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.propositions.book import Book, Claim, book, plain
from secdil_sd.analysis.propositions.curves import curves
from secdil_sd.analysis.propositions.history import (
    AGREES,
    CANNOT_TELL,
    DISAGREES,
    WORDS,
    history_checks,
)
from secdil_sd.analysis.propositions.judging import deciding, in_words, percent, share
from secdil_sd.analysis.propositions.knockout import dependence, needed, outcome
from secdil_sd.analysis.propositions.predicates import PREDICATES, needs
from secdil_sd.analysis.propositions.runs import Outcomes, Worlds, load_dyad, run_treatments
from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import Space, check_count, check_seed, space
from secdil_sd.analysis.verbs import verb
from secdil_sd.equations.dimensions import dimensions
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.provenance import provenance
from secdil_sd.simulation.arguments import refuse_unknown

if TYPE_CHECKING:
    import pandas as pd

LEAST = 32
"""With fewer worlds an interval says nothing."""
OPTIONS = ("client", "backend", "chunk", "progress")
COLUMNS = (
    "claim", "id", "reading", "section", "statement", "label", "source", "holds_at_defaults",
    "share", "conf_low", "conf_high", "n", "failed", "outside", "verdict", "decides", "rule",
    "needs", "depends_on", "data_agrees", "history", "data",
)  # fmt: skip
BURDEN = "peak burden"
"""Asked of the knockouts, to know the runs that leave what the model means."""


@dataclass(frozen=True, eq=False)
class Propositions:
    """What the essay's claims came to.

    Parameters
    ----------
    table : DataFrame
        One row a claim and reading: ``holds_at_defaults`` (None where the defaults lie outside
        the claim), ``share`` of the plausible worlds where it holds with its 95% interval
        (``conf_low``, ``conf_high``; Wilson) over ``n`` worlds judged, ``failed`` and
        ``outside`` ones not counted, ``verdict`` in words, ``decides`` and ``rule`` (what
        decides it), ``needs`` (mechanisms without which it is tested and fails) and
        ``depends_on`` (all knockouts, in words), ``data_agrees``, ``history`` and ``data`` (what
        the values fitted to the Cold War say: a bool or None, in a word, in a sentence).
    knockouts : DataFrame
        Columns claim, mechanism, outcome: holds, fails, not testable.
    deciding : DataFrame
        Columns claim, parameter, distance, threshold, share_below, share_above.
    curves : DataFrame
        The small figures, at the defaults: claim, run, time, value.
    worlds : DataFrame
        A row a world: what was drawn, and for each claim 1, 0, or NaN where it was not judged.
    provenance : mapping of str to str
    """

    table: pd.DataFrame
    knockouts: pd.DataFrame = field(repr=False)
    deciding: pd.DataFrame = field(repr=False)
    curves: pd.DataFrame = field(repr=False)
    worlds: pd.DataFrame = field(repr=False)
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def finding(self) -> str:
        """The headline."""
        table = self.table
        held = int((table["holds_at_defaults"] == True).sum())  # noqa: E712 - None is neither
        wide = int((table["conf_low"] >= 0.9).sum())
        alone = len(hanging_on_one(table))
        return (
            f"{held} of {len(table)} claims (two readings count twice) hold at the defaults, "
            f"{wide} in nine tenths or more of the plausible worlds; {alone} hang on a single "
            "mechanism."
        )

    @property
    def history(self) -> str:
        """What the values fitted to the Cold War say, in a sentence; empty where not asked."""
        table = self.table
        asked = int((table["history"] != "").sum())
        if not asked:
            return ""
        said = [
            f"{word} with {', '.join(own)}"
            for word in (DISAGREES, AGREES)
            if len(own := table.loc[table["history"] == word, "claim"])
        ]
        if len(own := table.loc[table["history"] == CANNOT_TELL, "claim"]):
            said.append(f"{CANNOT_TELL} for {', '.join(own)}")
        return f"The model fitted to the Cold War, asked of {asked}: {'; '.join(said)}."

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table of claims."""
        return self.table.copy()

    def save(self, path: str | Path) -> Path:
        """Write the table (.csv, .parquet) or everything (.json)."""
        tables = {"claims": self.table, "knockouts": self.knockouts, "deciding": self.deciding}
        record = {"finding": self.finding, "provenance": dict(self.provenance)}
        return save_result(path, tables, record)

    def __str__(self) -> str:
        rows = [
            ("claim", "defaults", "share", "95% interval", "verdict", "history", "what decides it")
        ]
        for row in self.table.itertuples():
            spread = f"{100 * row.conf_low:.0f} to {100 * row.conf_high:.0f}%" if row.n else "-"
            shown = percent(row.share) if row.n else "-"
            rows.append(
                (
                    row.claim,
                    at_defaults(row.holds_at_defaults),
                    shown,
                    spread,
                    row.verdict,
                    row.history,
                    row.rule,
                )
            )
        widths = [max(len(row[k]) for row in rows) for k in range(6)]
        lines = [
            "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[6]])
            for row in rows
        ]
        lost = int(self.table["failed"].sum())
        end = [f"{lost} worlds of single claims failed and are not counted."] if lost else []
        return "\n".join([*lines, "", self.finding, *filter(None, [self.history]), *end])


@verb
def propositions(
    n: int = 2048,
    seed: int = 1,
    ids: Iterable[str] | str | None = None,
    parameters: Sequence[str] | Mapping[str, Any] | None = None,
    **options: Any,
) -> Propositions:
    """Test the essay's claims: at the defaults, over the plausible space, mechanism by mechanism.

    Every claim is a set of treatments of the same worlds (the same draws in each) and a predicate
    on what they give; runs that claims share are made once.

    Parameters
    ----------
    n : int
        Worlds drawn from the plausible space; at least 32.
    seed : int
    ids : str or sequence of str, optional
        Claims by number, as "P21"; default all. Both readings are tested where there are two.
    parameters : sequence of str or mapping, optional
        Another space: constants, or constants with (low, high). Default: every constant that
        says how strong a mechanism is, over its range in the model file, alike for all states.
        The model's constraint (revelation strength at least worst case bias plus buildup alarm)
        always holds.
    **options
        As `Model.run_ensemble`: client (a number of processes), backend, chunk, progress.

    Returns
    -------
    Propositions

    Raises
    ------
    InputError
        For an unknown claim, parameter or option, and for fewer than 32 worlds.

    Examples
    --------
    >>> found = propositions(n=32, ids="P32")
    >>> found.table[["holds_at_defaults", "share", "label"]].values.tolist()
    [[True, 1.0, 'built in']]
    """
    stray = {name: value for name, value in options.items() if name not in OPTIONS}
    refuse_unknown(stray, ("n", "seed", "ids", "parameters", *OPTIONS), "propositions")
    contents = book()
    findings: list[Finding] = []
    with collecting(findings):
        check_count(n, LEAST)
    with collecting(findings):
        check_seed(seed)
    with collecting(findings):
        chosen = contents.chosen(ids)
    with collecting(findings):
        box = plausible_space(contents, parameters)
    if findings:
        raise InputError(*findings)
    draws = box.draw(n, seed)
    near = run_treatments(contents, _defaults(contents), _wanted(chosen, BURDEN), **options)
    runs = run_treatments(contents, Worlds(draws, ({},) * n), _wanted(chosen), **options)
    judged = {claim.key: _judge(claim, runs) for claim in chosen}
    knockouts = _knockouts(contents, chosen, near)
    outcomes = {key: np.where(ok, holds, np.nan) for key, (holds, ok) in judged.items()}
    decides = {key: deciding(draws, each) for key, each in outcomes.items()}
    defaults = {claim.key: _at_defaults(claim, near) for claim in chosen}
    table = _table(chosen, judged, defaults, decides, knockouts, history_checks(chosen))
    record = provenance(
        model=contents.model, space=box.names, n=n, seed=seed,
        claims=tuple(judged), simulations=near.members + runs.members,
    )  # fmt: skip
    return Propositions(
        table,
        knockouts,
        _stacked(decides),
        curves(contents, chosen),
        draws.assign(**outcomes),
        record,
    )


def plausible_space(contents: Book, parameters: Any = None) -> Space:
    """Return the space the claims are tried in; a constant has one value for all states."""
    model = load_dyad(contents)
    if parameters is not None:
        return space(model, parameters)
    names = [
        f"{name}[*]" if dimensions(model.system, name) else name
        for name in model.companion.uncertain
    ]
    return space(model, names)


def at_defaults(holds: Any) -> str:
    """Return "holds", "fails" or "outside" for what a table says of the defaults."""
    return "outside" if holds is None else ("holds" if holds else "fails")


def hanging_on_one(table: pd.DataFrame) -> pd.DataFrame:
    """Return the claims of a table that fail without one mechanism, and without no other."""
    return table[[bool(each) and ", " not in each for each in table["needs"]]]


def _defaults(contents: Book) -> Worlds:
    """The defaults, and the defaults without each mechanism."""
    held = ({}, *(each.neutral for each in contents.mechanisms.values()))
    return Worlds.at_defaults(contents, held)


def _wanted(claims: Sequence[Claim], *besides: str) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for claim in claims:
        for treatment, outputs in needs(claim.predicate).items():
            wanted.setdefault(treatment, set(besides)).update(outputs)
    return wanted


def _judge(claim: Claim, runs: Outcomes) -> tuple[np.ndarray, np.ndarray]:
    """Return in every world whether the claim holds (1, 0, NaN outside it), and what ran."""
    with np.errstate(all="ignore"):
        holds = np.asarray(PREDICATES[claim.predicate](runs), dtype=float)
    ok = np.all([runs.ok[each] for each in needs(claim.predicate)], axis=0)
    return holds, ok


def _at_defaults(claim: Claim, runs: Outcomes) -> bool | None:
    """Return whether a claim holds in the first world; None where it lies outside the claim."""
    holds, ok = _judge(claim, runs)
    return None if np.isnan(holds[0]) or not ok[0] else bool(holds[0])


def _knockouts(contents: Book, claims: Sequence[Claim], runs: Outcomes) -> pd.DataFrame:
    """Return what becomes of each claim in each world after the first."""
    import pandas as pd

    rows = []
    for claim in claims:
        holds, ok = _judge(claim, runs)
        burden = np.max([runs(each, BURDEN).max(axis=0) for each in needs(claim.predicate)], axis=0)
        for k, (name, mechanism) in enumerate(contents.mechanisms.items(), 1):
            found = outcome(claim, mechanism, holds[k], bool(ok[k]), burden[k])
            rows.append((claim.key, name, found))
    return pd.DataFrame(rows, columns=["claim", "mechanism", "outcome"])


def _table(
    claims: Sequence[Claim],
    judged: Mapping[str, tuple[np.ndarray, np.ndarray]],
    defaults: Mapping[str, bool | None],
    decides: Mapping[str, pd.DataFrame],
    knockouts: pd.DataFrame,
    history: Mapping[str, tuple[bool | None, str]],
) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for claim in claims:
        found = share(*judged[claim.key])
        own = knockouts[knockouts["claim"] == claim.key]
        strongest = decides[claim.key]
        default = defaults[claim.key]
        tried = bool(default), own["mechanism"], own["outcome"]
        agrees, says = history.get(claim.key, (None, ""))
        rows.append(
            {
                **plain(claim),
                "claim": claim.key,
                "holds_at_defaults": default,
                "share": found.value,
                "conf_low": found.conf_low,
                "conf_high": found.conf_high,
                "n": found.n,
                "failed": found.failed,
                "outside": found.outside,
                "verdict": found.verdict,
                "decides": ", ".join(strongest["parameter"]),
                "rule": in_words(found, strongest),
                "needs": ", ".join(needed(*tried)),
                "depends_on": dependence(*tried),
                "data_agrees": agrees,
                "history": WORDS[agrees] if says else "",
                "data": says,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {"holds_at_defaults": object, "data_agrees": object}
    )


def _stacked(decides: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    parts = [table.assign(claim=key) for key, table in decides.items() if len(table)]
    columns = ["claim", "parameter", "distance", "threshold", "share_below", "share_above"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
