"""How far an ensemble is: on a terminal, to a user's function, or not at all."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LOG = logging.getLogger("secdil_sd")


class Reporter:
    """Told of members done and failed, and of anything worth a line."""

    def __init__(self, total: int, call: Any = None, bar: Any = None) -> None:
        self.total, self.done, self.failed = total, 0, 0
        self._call, self._bar = call, bar
        self._task = bar.add_task("members", total=total, failed="") if bar else None

    def advance(self, members: int, failed: int) -> None:
        """Count a chunk."""
        self.done += members
        self.failed += failed
        if self._call is not None:
            self._call(self.done, self.total)
        if self._bar is not None:
            shown = f"{self.failed:,} failed" if self.failed else ""
            self._bar.update(self._task, completed=self.done, failed=shown)

    def say(self, text: str) -> None:
        """Say something that happened: to the log, and on the terminal where one is watched."""
        if self._bar is not None:
            self._bar.console.print(text, highlight=False)
        else:
            LOG.warning(text)


@contextmanager
def reporter(progress: Any, total: int) -> Iterator[Reporter]:
    """Give a reporter: a bar on a terminal, the user's function, or silence.

    Parameters
    ----------
    progress : None, bool or callable (done, total)
        None shows a bar if standard error is a terminal; True always, False never.
    total : int
        Members.
    """
    if callable(progress):
        yield Reporter(total, progress)
        return
    if progress is False or (progress is None and not sys.stderr.isatty()):
        yield Reporter(total)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _rate_column(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Reporter(total, bar=bar)


def _rate_column() -> Any:
    from rich.progress import ProgressColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    return Rate()
