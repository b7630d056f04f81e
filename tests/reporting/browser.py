"""A report opened in headless Chromium with networking blocked, and asked how it fared."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--proxy-server=127.0.0.1:9", "--enable-logging=stderr", "--hide-scrollbars"),
)

HARNESS = """<!doctype html><body style="margin:0"><iframe id="page" src="{source}"
style="width:{width}px;height:2400px;border:0"></iframe><pre id="said"></pre><script>
function look() {{
  var inner = document.getElementById("page").contentDocument, root = inner.documentElement;
  if (root.dataset.ready !== "yes") {{ setTimeout(look, 100); return; }}
  var plots = Array.from(inner.querySelectorAll(".plot"));
  var texts = Array.from(inner.querySelectorAll(".plot svg text")).filter(function (each) {{
    if (!each.textContent.trim()) return false;
    var own = each.getBoundingClientRect(), box = each.closest(".plot").getBoundingClientRect();
    return own.width && (own.left < box.left - 2 || own.right > box.right + 2);
  }});
  document.getElementById("said").textContent = JSON.stringify({{
    figures: Number(root.dataset.figures), errors: Number(root.dataset.errors),
    drawn: plots.filter(function (each) {{ return each.querySelector(".main-svg"); }}).length,
    overflow: root.scrollWidth - root.clientWidth,
    clipped: texts.map(function (each) {{ return each.textContent; }}),
    requests: inner.defaultView.performance.getEntriesByType("resource").map(function (each) {{
      return each.name; }}).filter(function (name) {{ return !name.startsWith("data:"); }})
  }});
}}
setTimeout(look, 100);
</script>"""


@dataclass(frozen=True)
class Sight:
    """What the browser said of a page at one width."""

    figures: int
    drawn: int
    errors: int
    overflow: int
    clipped: tuple[str, ...]
    requests: tuple[str, ...]
    console: tuple[str, ...]


def look(page: Path, width: int, folder: Path) -> Sight:
    """Open a page at a width and return what is there once every figure is drawn."""
    assert CHROMIUM is not None
    harness = folder / f"harness-{width}.html"
    harness.write_text(HARNESS.format(source=page.resolve().as_uri(), width=width), "utf-8")
    command = [
        CHROMIUM,
        *FLAGS,
        f"--user-data-dir={folder / f'profile-{width}'}",
        f"--window-size={max(width, 800)},2500",
        "--virtual-time-budget=20000",
        "--dump-dom",
        harness.resolve().as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    said = re.search(r'<pre id="said">(.*?)</pre>', done.stdout, re.S)
    assert said and said[1], f"the page was never ready: {done.stderr[-2000:]}"
    found = json.loads(html.unescape(said[1]))
    console = tuple(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return Sight(
        found["figures"],
        found["drawn"],
        found["errors"],
        found["overflow"],
        tuple(found["clipped"]),
        tuple(found["requests"]),
        console,
    )
