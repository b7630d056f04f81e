"""Behavior modes: what shape a path has, whatever its units and its horizon."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.analysis.exploration.experiments import by_element, succeeded
from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.shares import wilson
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import key, spelling, suggestion

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

NOUNS = {
    "race": "a race",
    "plateau": "a plateau",
    "decline": "a decline",
    "oscillation": "an oscillation",
    "tipping": "a tipped state",
    "mixed": "no one mode",
}
MODES = tuple(NOUNS)
FAILED = "failed"
POINTS = 201
"""Each path is read at this many evenly spaced times, so that output times do not matter."""
SMALL = 0.1
"""Movements below this share of the highest level (or of the path's range) do not count."""
TURNS = 3
MOVED = 1.5
"""A tipped path ends this many times above or below its start."""
CALM, LATE, SLOW = 0.025, 0.1, 0.5
"""Tipping: rest in this first share of the horizon; in this last share slower than this pace."""
_SENTENCE = re.compile(r"^(?:the )?modes?(?: of (.+?))? (?:is|are) (not )?(?:an? )?(\S+)$", re.I)


@dataclass(frozen=True)
class ModeCondition:
    """A condition on a mode: "mode of burden is not plateau"."""

    mode: str
    negated: bool = False
    output: str | None = None


@dataclass(frozen=True, eq=False)
class BehaviorModes:
    """The mode of every path.

    Parameters
    ----------
    paths : DataFrame
        A row a path: ``member, element, mode`` and what it was judged by: ``change`` (end over
        start), ``swing`` (range over the highest level), ``turns``, ``directness`` (net change
        over all movement), ``late_swing`` (range in the last quarter over the highest level).
    members : array (member,) of str
        The mode all elements of a member share; "mixed" where they differ, "failed" where it
        was not solved to the end.
    shares : DataFrame
        A row a mode: ``mode, members, share, low, high`` (95%, Wilson), of those that did not
        fail.
    output : str
    failed : int
    """

    paths: pd.DataFrame = field(repr=False)
    members: np.ndarray = field(repr=False)
    shares: pd.DataFrame
    output: str
    failed: int = 0
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def finding(self) -> str:
        """The headline: the commonest mode."""
        top = self.shares.sort_values("members", ascending=False, kind="stable").iloc[0]
        title = f"{self.output[:1].upper()}{self.output[1:]}"
        return f"{title} ends as {NOUNS[top['mode']]} in {top['share']:.0%} of worlds"

    def to_dataframe(self) -> pd.DataFrame:
        """Return the paths."""
        return self.paths.copy()

    def save(self, path: str | Path) -> Path:
        """Write the paths as .csv or .parquet, or everything as .json."""
        record = {"finding": self.finding, "failed": self.failed, "provenance": self.provenance}
        return save_result(path, {"paths": self.paths, "shares": self.shares}, record)

    def __str__(self) -> str:
        lines = [f"{self.finding}."]
        for each in self.shares.itertuples():
            if each.members:
                lines.append(
                    f"  {each.mode:<12}{each.members:>7,}  {each.share:6.1%}"
                    f"  ({each.low:.1%} to {each.high:.1%})"
                )
        if self.failed:
            lines.append(f"{self.failed:,} members failed and are left out.")
        return "\n".join(lines)


@verb
def behavior_modes(run: xr.Dataset, output: str | None = None) -> BehaviorModes:
    """Say of every path whether it is a race, a plateau, a decline, an oscillation or tipping.

    A path is read at 201 even times; nothing depends on its units or on how long it is. With
    level = its highest absolute value and range = highest less lowest, the first that fits:

    - plateau: the range is at most a tenth of the level;
    - oscillation: it turns at least three times, each time by more than a tenth of its range;
    - tipping: it rests at first (in the first fortieth of the horizon at most a tenth of its mean
      pace), ends at least 1.5 times above or below its start, and is settling there (in the last
      tenth at most half of its mean pace); pace in logarithms, where the path is positive. The
      path alone cannot tell a state that tipped from one that a lasting push holds there;
    - decline: most of its movement (net change at least half of all) is one fall of at least a
      tenth of the level, whether or not it has come to rest below;
    - race: most of its movement is one rise of at least a tenth of the level, and it still rises:
      in the last quarter by more than a tenth of the level, or at half of its mean pace or faster;
    - plateau: it has come to rest: the range in the last quarter is at most a tenth of the level;
    - mixed: none of these.

    Parameters
    ----------
    run : Dataset
        A run or an ensemble that holds the output over time.
    output : str, optional
        Default "spending" if it is there, else the first output over time.

    Returns
    -------
    BehaviorModes

    Raises
    ------
    InputError
        If the output is not there, or not over time.

    Source: atomic patterns after Ford (1999), System Dynamics Review 15, and Barlas and Kanar
    (1999); the thresholds are judgement.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> run = sd.load_model("richardson").run(times=range(100), outputs=["spending"])
    >>> behavior_modes(run).members.tolist()
    ['plateau']
    """
    import pandas as pd

    if not hasattr(run, "data_vars"):
        remedy = "Give what run or run_ensemble returned."
        raise InputError(Finding("error", f"A {type(run).__name__} is no run.", remedy=remedy))
    array = _over_time(run, None if output is None else str(output))
    ensemble = "member" in array.dims
    if not ensemble:
        array = array.expand_dims({"member": [0]})
    labels = (
        array["member"].values if "member" in array.coords else np.arange(array.sizes["member"])
    )
    good = succeeded(run) if ensemble else np.ones(1, dtype=bool)
    times = run["time"].values.astype(float)
    tables = []
    for element, values in by_element(array).items():
        table = judge_paths(times, values)
        table.insert(0, "member", labels)
        table.insert(1, "element", element)
        table.loc[~good, "mode"] = FAILED
        tables.append(table)
    members = _shared([table["mode"].to_numpy(dtype=object) for table in tables])
    failed = int((members == FAILED).sum())
    record = {n: str(v) for n, v in run.attrs.items() if n != "provenance"}
    title = str(array.attrs.get("long_name", array.name))
    paths = pd.concat(tables, ignore_index=True)
    return BehaviorModes(paths, members, _shares(members), title, failed, record)


def judge_paths(times: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    """Return the mode of each path and what it was judged by; columns as `BehaviorModes.paths`.

    Parameters
    ----------
    times : array (time,)
    values : array (time, path)

    Examples
    --------
    >>> t = np.linspace(0, 10, 50)
    >>> judge_paths(t, np.exp(t)[:, None])["mode"].tolist()
    ['race']
    """
    import pandas as pd

    values = np.asarray(values, dtype=float)
    lost = ~np.isfinite(values).all(axis=0)
    even = np.linspace(times[0], times[-1], POINTS)
    y = np.stack([np.interp(even, times, np.nan_to_num(path)) for path in values.T], axis=1)
    level = np.abs(y).max(axis=0)
    unit = np.where(level > 0, level, 1.0)
    extent = y.max(axis=0) - y.min(axis=0)
    late = y[3 * POINTS // 4 :]
    late_swing = (late.max(axis=0) - late.min(axis=0)) / unit
    net = (y[-1] - y[0]) / unit
    moved = np.abs(np.diff(y, axis=0)).sum(axis=0) / unit
    directness = np.abs(net) / np.where(moved > 0, moved, 1.0)
    turns = _turns(y, SMALL * extent)
    late_rise = (y[-1] - late[0]) / unit
    still_rising = (late_rise > SMALL) | (late_rise >= SLOW * net / 4)  # in a quarter of the time
    rules = [
        ("plateau", extent / unit <= SMALL),
        ("oscillation", turns >= TURNS),
        ("tipping", _tipped(y)),
        ("decline", (net <= -SMALL) & (directness >= 0.5)),
        ("race", (net >= SMALL) & (directness >= 0.5) & still_rising),
        ("plateau", late_swing <= SMALL),
    ]
    mode = np.select([rule for _, rule in rules], [name for name, _ in rules], default="mixed")
    with np.errstate(divide="ignore", invalid="ignore"):
        change = y[-1] / y[0]
    return pd.DataFrame(
        {
            "mode": np.where(lost, FAILED, mode).astype(object),
            "change": change,
            "swing": extent / unit,
            "turns": turns,
            "directness": directness,
            "late_swing": late_swing,
        }
    )


def parse_mode(text: str) -> ModeCondition | None:
    """Read "mode is race" or "mode of burden is not plateau"; None for any other condition.

    Raises
    ------
    InputError
        If there is no such mode.

    >>> parse_mode("mode of burden is not plateau")
    ModeCondition(mode='plateau', negated=True, output='burden')
    """
    match = _SENTENCE.match(text.strip())
    if match is None:
        return None
    output, negated, mode = match.groups()
    known = {spelling(each): each for each in MODES}
    if spelling(mode) not in known:
        message = f"No behavior mode {mode!r}."
        raise InputError(Finding("error", message, "condition", remedy=suggestion(mode, MODES)))
    return ModeCondition(known[spelling(mode)], negated is not None, output)


def _over_time(run: xr.Dataset, output: str | None) -> xr.DataArray:
    timed = [str(name) for name, each in run.data_vars.items() if "time" in each.dims]
    if not timed:
        message = "A mode is the shape of a path, and no output here is over time."
        raise InputError(Finding("error", message, remedy="Ask for one, as outputs=['spending']."))
    if output is None:
        return run["spending" if "spending" in timed else timed[0]]
    by_spelling = {spelling(each): each for each in timed}
    if spelling(key(output)) not in by_spelling:
        message = f"The run holds no output {output!r} over time."
        raise InputError(
            Finding("error", message, variables=(output,), remedy=suggestion(output, timed))
        )
    return run[by_spelling[spelling(key(output))]]


def _shared(modes: Sequence[np.ndarray]) -> np.ndarray:
    """The mode all elements of a member share: array (member,) of str."""
    members = modes[0].copy()
    for other in modes[1:]:
        lost = (members == FAILED) | (other == FAILED)
        members = np.where(lost, FAILED, np.where(members == other, members, "mixed"))
    return members.astype(str)


def _shares(members: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    known = int((members != FAILED).sum())
    counts = np.array([int((members == each).sum()) for each in MODES])
    low, high = wilson(counts, np.full(len(MODES), known))
    share = counts / max(known, 1)
    columns = {"mode": MODES, "members": counts, "share": share, "low": low, "high": high}
    return pd.DataFrame(columns)


def _turns(y: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Count how often each path turns back by more than ``least`` from where it had come."""
    high, low = y[0].copy(), y[0].copy()
    direction = np.zeros(y.shape[1], dtype=int)
    turns = np.zeros(y.shape[1], dtype=int)
    for level in y[1:]:
        high, low = np.maximum(high, level), np.minimum(low, level)
        down = (high - level > least) & (direction >= 0)
        up = (level - low > least) & (direction <= 0) & ~down
        turns += (down & (direction > 0)) | (up & (direction < 0))
        direction = np.where(down, -1, np.where(up, 1, direction))
        low, high = np.where(down, level, low), np.where(up, level, high)
    return turns


def _tipped(y: np.ndarray) -> np.ndarray:
    """Whether each path rests at first and settles at another level in the end."""
    positive = (y > 0).all(axis=0)
    z = np.where(positive, np.log(np.where(positive, y, 1.0)), y)
    unit = np.where(positive, 1.0, np.abs(y).max(axis=0))
    change = np.abs(z[-1] - z[0])
    enough = np.where(positive, np.log(MOVED), (1 - 1 / MOVED) * unit)
    early = z[: int(np.ceil(CALM * (POINTS - 1))) + 1]
    first = (early.max(axis=0) - early.min(axis=0)) / CALM
    last = np.abs(z[-1] - z[-1 - int(LATE * (POINTS - 1))]) / LATE
    return (change >= enough) & (first <= SMALL * change) & (last <= SLOW * change)
