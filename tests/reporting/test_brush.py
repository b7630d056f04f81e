"""Parallel coordinates in a browser: drawn without WebGL, and brushed anew when a band moves."""

from __future__ import annotations

import html
import json
import re
import subprocess

import numpy as np
import pytest
import xarray as xr
from reporting.browser import CHROMIUM, FLAGS, look

import secdil_sd as sd

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]

DRAG = """<!doctype html><iframe id="page" src="{source}"
style="width:1200px;height:2400px"></iframe>
<pre id="said"></pre><script>
function lit(holder) {{
  return holder.data.slice(0, 3).map(function (each) {{
    return Array.from(each.y).filter(function (y) {{ return y === null; }}).length; }});
}}
function drag() {{
  var frame = document.getElementById("page"), root = frame.contentDocument.documentElement;
  if (root.dataset.ready !== "yes") {{ setTimeout(drag, 100); return; }}
  var holders = Array.from(frame.contentDocument.querySelectorAll(".holder"));
  var holder = holders.filter(function (each) {{ return each.layout.meta; }})[0];
  var before = lit(holder), moved = {{}};
  holder.layout.meta.brush.bands.forEach(function (place) {{
    moved["shapes[" + place + "].y0"] = 0; moved["shapes[" + place + "].y1"] = 1;
    moved["shapes[" + place + "].x0"] = 2; }});
  frame.contentWindow.Plotly.relayout(holder, moved);
  setTimeout(function () {{
    document.getElementById("said").textContent = JSON.stringify({{
      before: before, after: lit(holder), x0: holder.layout.shapes[0].x0,
      errors: Number(root.dataset.errors) }});
  }}, 1500);
}}
setTimeout(drag, 100);
</script>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    rng = np.random.default_rng(0)
    names = ["offense defense balance", "transparency of motive", "distinguishability"]
    x = rng.random((500, 3))
    hits = (x[:, 0] > 0.6) & (x[:, 1] < 0.5)
    coords = {
        n.replace(" ", "_"): ("member", x[:, k], {"long_name": n}) for k, n in enumerate(names)
    }
    data = {"outcome": ("member", hits.astype(float), {"long_name": "outcome"})}
    made = xr.Dataset(data, {"member": np.arange(500), **coords})
    result = sd.discover(made, "outcome > 0.5", resamples=3)
    return sd.report(result, tmp_path_factory.mktemp("page") / "box.html"), hits


@pytest.mark.parametrize("width", [1600, 500])
def test_every_figure_is_drawn_and_nothing_clipped(page, width, tmp_path):
    sight = look(page[0], width, tmp_path)
    assert sight.drawn == sight.figures > 3
    assert sight.errors == 0
    assert sight.overflow <= 0
    assert sight.clipped == ()
    assert sight.requests == ()


def test_dragging_a_band_lights_other_worlds(page, tmp_path):
    path, hits = page
    harness = tmp_path / "drag.html"
    harness.write_text(DRAG.format(source=path.resolve().as_uri()), "utf-8")
    command = [
        CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1300,2500",
        "--virtual-time-budget=20000", "--dump-dom", harness.resolve().as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    said = json.loads(html.unescape(re.search(r'<pre id="said">(.*?)</pre>', done.stdout, re.S)[1]))
    assert said["errors"] == 0
    assert said["before"][0] > 0
    assert said["before"][2] <= hits.sum()
    assert said["after"] == [0, int((~hits).sum()), int(hits.sum())]
    assert said["x0"] == -0.05  # a band stays on its axis
