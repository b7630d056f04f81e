"""Results of analyses written to files: the main table as rows, or everything as one record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.simulation.export import write_whole

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".parquet", ".json")


def save_result(
    path: str | Path, tables: Mapping[str, pd.DataFrame], record: Mapping[str, Any]
) -> Path:
    """Write the tables of a result; the format follows the ending.

    Parameters
    ----------
    path : str or Path
        .csv and .parquet hold the first table, .json all of them and the record.
    tables : mapping of str to DataFrame
    record : mapping of str to text, number or mapping
        What stands beside the tables: the finding, counts, provenance.

    Raises
    ------
    InputError
        If no format has that ending.
    FileError
        If the place cannot be written; nothing is left half-written.

    Examples
    --------
    >>> import pandas as pd
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     table = {"indices": pd.DataFrame({"parameter": ["fatigue"], "value": [0.5]})}
    ...     save_result(Path(folder) / "x.csv", table, {}).read_text()
    'parameter,value\\nfatigue,0.5\\n'
    """
    main = next(iter(tables.values()))
    return write_whole(
        None,
        path,
        {
            ".csv": lambda _, part: main.to_csv(part, index=False),
            ".parquet": lambda _, part: main.to_parquet(part, index=False),
            ".json": lambda _, part: part.write_text(_as_json(tables, record), encoding="utf-8"),
        },
    )


def _as_json(tables: Mapping[str, pd.DataFrame], record: Mapping[str, Any]) -> str:
    rows = {
        name: json.loads(table.to_json(orient="records", double_precision=15))
        for name, table in tables.items()
    }
    return json.dumps({**record, **rows}, indent=1, default=str)
