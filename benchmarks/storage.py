"""What does keeping an ensemble on disk cost: time a member, and memory, from 10^3 to 10^7?

    python benchmarks/storage.py [--most 1000000]

Each line is a process of its own, so that its largest resident memory is its own. Richardson's
model, 50 years, two parameters sampled; all 51 times of four values, or the final ones alone.
Wall time and processor time are both given: on a machine that others use the second one counts.
The error is that of the method in use: the stored values against DOP853 at 1e-10, 64 members.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

OUTPUTS = {"all times": ["spending", "arming"], "final": ["spending final", "arming final"]}
LARGEST_WHOLE = 1_000_000
"""Members up to which all times are kept: 1.6 GB."""


def measured(members: int, kept: str, store: str) -> dict[str, float]:
    """Run one ensemble in this process; what it cost, and how far off it is."""
    import resource

    import numpy as np
    import pandas as pd

    import secdil_sd as sd

    model = sd.load_model("richardson")
    rng = np.random.default_rng(1)
    draws = {"reaction": rng.uniform(0, 0.3, members), "fatigue": rng.uniform(0.1, 0.5, members)}
    samples = pd.DataFrame(draws)
    settings = {"times": range(51), "outputs": OUTPUTS[kept], "progress": False}
    model.run_ensemble(samples[:1000], **settings)  # compiled and loaded
    wall, used = time.perf_counter(), time.process_time()
    run = model.run_ensemble(samples, store=store or None, **settings)
    wall, used = time.perf_counter() - wall, time.process_time() - used
    few = slice(0, min(members, 64))
    exact = model.run_ensemble(samples[few], method="DOP853", rtol=1e-10, **settings)
    error = max(
        float(np.max(np.abs(run[n][..., few].values / exact[n].values - 1)))
        for n in run.data_vars
        if n.startswith("spending")
    )
    return {
        "wall": wall / members * 1e6,
        "used": used / members * 1e6,
        "rate": members / wall,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "error": error,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=1_000_000, help="largest ensemble")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        members, kept, store = given.one
        print(json.dumps(measured(int(members), kept, store)))
        return
    sizes = [n for n in (10**3, 10**4, 10**5, 10**6, 10**7) if n <= given.most]
    titles = ("members", "kept", "where", "us/member", "cpu us/member", "members/s", "MB", "error")
    print("{:>10} {:>9} {:>6} {:>10} {:>13} {:>10} {:>6} {:>8}".format(*titles))
    for kept in OUTPUTS:
        for where in ("memory", "store"):
            for members in sizes:
                if kept == "all times" and members > LARGEST_WHOLE:
                    continue
                with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
                    store = str(Path(folder) / "x.zarr") if where == "store" else ""
                    line = [sys.executable, __file__, "--one", str(members), kept, store]
                    done = subprocess.run(line, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout)
                print(
                    f"{members:>10,} {kept:>9} {where:>6} {found['wall']:>10.2f} "
                    f"{found['used']:>13.2f} {found['rate']:>10,.0f} {found['memory']:>6.0f} "
                    f"{found['error']:>8.1e}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
