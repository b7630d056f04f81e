// The explorer: sliders move constants, the model is solved again, the charts follow.
var root = document.getElementById("try");
var data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
var given = data.given, sliders = data.sliders, variables = data.variables;
var inputs = Array.prototype.slice.call(root.querySelectorAll("input[data-slider]"));
inputs.sort(function (a, b) { return a.dataset.slider - b.dataset.slider; });
var which = root.querySelector(".which"), said = root.querySelector(".said");
var dark = window.matchMedia("(prefers-color-scheme: dark)");
var model = secdilModel(), TOLERANCE = 1e-7, CLOUD_TOLERANCE = 1e-5;
var values = sliders.map(function (each) { return each.value; });
var base = solved(given.constants), now = base, cloud = null, ready = false;

function solved(constants) { return model.solver.run(model.make, given, constants, TOLERANCE); }

function moved(k) { return values[k] !== sliders[k].value; }

function constants(from) {
  var found = Float64Array.from(from);
  sliders.forEach(function (each, k) {
    if (moved(k)) each.places.forEach(function (place) { found[place] = values[k]; });
  });
  return found;
}

function number(value) {
  if (!isFinite(value)) return "no number";
  var size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(size >= 1000 ? 4 : 3)));
}

// the charts

function layout(div, title, more) {
  var ink = dark.matches ? "#c3ccd6" : "#3a4452";
  var grid = "rgba(136,136,136,0.22)";
  return Object.assign({
    font: { family: "system-ui, sans-serif", size: 13, color: ink },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    title: { text: title, font: { size: 15 }, x: 0, xanchor: "left", pad: { l: 4 } },
    margin: { l: 62, r: 14, t: 46, b: 46 }, height: 340, showlegend: true,
    legend: { orientation: "h", y: -0.2, yanchor: "top" },
    xaxis: { gridcolor: grid, zeroline: false, nticks: 6 },
    yaxis: { gridcolor: grid, zeroline: false, rangemode: "tozero", automargin: true }
  }, more || {});
}

function chart(name, traces, title, more, alt) {
  var div = root.querySelector('[data-chart="' + name + '"]');
  if (!div) return;
  div.setAttribute("aria-label", alt);
  var own = layout(div, title);
  Object.keys(more).forEach(function (each) { own[each] = Object.assign(own[each] || {}, more[each]); });
  Plotly.react(div, traces, own, { responsive: true, displayModeBar: false, displaylogo: false });
}

function column(run, place) { return run.shown.map(function (row) { return row[place]; }); }

function line(x, y, name, k, behind, more) {
  return Object.assign({
    x: x, y: y, name: name, mode: "lines", hoverinfo: behind ? "skip" : "x+y+name", showlegend: !behind,
    opacity: behind ? 0.45 : 1,
    line: { color: data.colors[k % data.colors.length], width: behind ? 1.3 : 2.6, dash: behind ? "dot" : data.dashes[k % data.dashes.length] }
  }, more || {});
}

function faded(color) {
  var n = parseInt(color.slice(1), 16);
  return "rgba(" + [n >> 16, (n >> 8) & 255, n & 255, 0.16].join(",") + ")";
}

function band(low, high, k, name) {
  var quiet = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false };
  return [
    Object.assign({ x: data.cloudTimes, y: low, name: name }, quiet),
    Object.assign({ x: data.cloudTimes, y: high, name: name, fill: "tonexty", fillcolor: faded(data.colors[k % data.colors.length]) }, quiet)
  ];
}

function drawPath() {
  var own = variables[which.value], traces = [];
  own.lines.forEach(function (each, k) {
    if (cloud) traces = traces.concat(band(cloud.low[each[0]], cloud.high[each[0]], k, each[1]));
  });
  own.lines.forEach(function (each, k) {
    traces.push(line(given.times, column(base, each[0]), each[1] + ", report", k, true));
    traces.push(line(given.times, column(now, each[0]), each[1], k, false));
    var past = (data.history[own.name] || {})[each[1]];
    if (past) traces.push({
      x: past[0], y: past[1], name: each[1] + ", data", mode: "markers", showlegend: false, hoverinfo: "x+y+name",
      marker: { size: 5, color: data.colors[k % data.colors.length], opacity: 0.65 }
    });
  });
  chart("path", traces, own.name + (own.units ? " [" + own.units + "]" : ""), {},
    own.name + " over time with your values, the report's values dotted behind.");
}

function drawSpiral() {
  if (!given.loop) return;
  var traces = cloud && cloud.spiral ? band(cloud.spiral[0], cloud.spiral[1], 6, "draws") : [];
  traces.push(line(given.times, base.spiral, "report", 6, true));
  traces.push(line(given.times, now.spiral, "spiral number", 6, false));
  traces.push({ x: [given.times[0], given.times[given.times.length - 1]], y: [1, 1], mode: "lines", name: "above 1 an increase grows", line: { color: "#D02A40", width: 1.5, dash: "dash" }, hoverinfo: "skip" });
  var top = peak(now);
  chart("spiral", traces, "Spiral number, " + number(top) + " at its highest", {},
    "Spiral number over time, " + number(top) + " at its highest; above 1 an increase grows.");
}

function drawPhase() {
  var own = data.phase;
  if (!own) return;
  var a = own.lines[0], b = own.lines[1], units = own.units ? " [" + own.units + "]" : "";
  function path(run, name, behind) { return line(column(run, a[0]), column(run, b[0]), name, 0, behind); }
  var traces = [path(base, "report", true), path(now, "your values", false)];
  traces[0].showlegend = true;
  var last = now.shown.length - 1;
  traces.push({ x: [now.shown[0][a[0]], now.shown[last][a[0]]], y: [now.shown[0][b[0]], now.shown[last][b[0]]], mode: "markers+text", text: ["start", "end"], textposition: "top center", cliponaxis: false, showlegend: false, hoverinfo: "x+y+text", marker: { size: 9, color: data.colors[0], symbol: ["circle-open", "circle"] } });
  chart("phase", traces, own.name + " of one against the other", {
    xaxis: { title: { text: a[1] + units, standoff: 6 }, rangemode: "tozero" }, yaxis: { title: { text: b[1] } }, legend: { y: -0.28 }
  }, "Path of " + own.name + " in the plane of " + a[1] + " and " + b[1] + ".");
}

function draw() {
  if (!ready) return;
  drawPath();
  drawSpiral();
  drawPhase();
}

// in words

function peak(run) {
  return run.spiral.reduce(function (top, each) { return each > top || top !== top ? each : top; }, NaN);
}

function sentence() {
  var changed = sliders.map(function (each, k) {
    return moved(k) ? each.label + " at " + number(values[k]) + " (report: " + number(each.value) + ")" : "";
  }).filter(Boolean);
  var own = variables[which.value], last = given.times.length - 1, parts = [];
  if (isFinite(now.stopped)) return "With these values the model runs away and cannot be followed beyond " + number(now.stopped) + ".";
  own.lines.slice(0, 4).forEach(function (each) {
    parts.push((own.lines.length > 1 ? own.name + " of " + each[1] : own.name) + " ends at " + number(now.shown[last][each[0]]) + (own.units ? " " + own.units : "") +
      (changed.length ? " (report: " + number(base.shown[last][each[0]]) + ")" : ""));
  });
  if (given.loop) parts.push("the spiral number peaks at " + number(peak(now)) + (changed.length ? " (report: " + number(peak(base)) + ")" : ""));
  var text = (changed.length ? "With " + changed.join(", ") + ": " : "At the report's values: ") + parts.join("; ") + ".";
  if (cloud && cloud.spiral) text += " It stays below 1 in " + Math.round(100 * cloud.below) + "% of " + cloud.count + " draws of the fit.";
  return text;
}

// the address of the page keeps what is set

function remember() {
  var parts = [];
  sliders.forEach(function (each, k) { if (moved(k)) parts.push(encodeURIComponent(each.key) + "=" + values[k]); });
  if (which.value !== "0") parts.push("show=" + which.value);
  var hash = parts.length ? "#try?" + parts.join("&") : "";
  try { window.history.replaceState(null, "", window.location.pathname + window.location.search + hash); } catch (refused) { if (hash) window.location.hash = hash; }
}

function recall() {
  if (window.location.hash.indexOf("#try?") !== 0) return false;
  window.location.hash.slice(5).split("&").forEach(function (part) {
    var at = part.lastIndexOf("="), name, value = Number(part.slice(at + 1));
    try { name = decodeURIComponent(part.slice(0, at)); } catch (garbled) { return; }
    if (!isFinite(value)) return;
    if (name === "show" && variables[value]) { which.value = String(value); return; }
    sliders.forEach(function (each, k) {
      if (each.key === name) values[k] = Math.min(each.high, Math.max(each.low, value));
    });
  });
  return true;
}

// the cloud of draws, in a worker so that the page stays at hand

var worker = null, asked = 0;
if (data.draws) {
  try {
    worker = new Worker(URL.createObjectURL(new Blob(
      ["var model = (" + secdilModel.toString() + ")(); var cloudOf = " + cloudOf.toString() + ";" +
       "onmessage = function (event) { postMessage([event.data[0], cloudOf(model, event.data[1], event.data[2], event.data[3])]); };"],
      { type: "text/javascript" })));
    worker.onmessage = function (event) {
      if (event.data[0] !== asked) return;
      took(event.data[1]);
    };
  } catch (refused) { worker = null; }
}

// 90% of the draws lie between the low and the high of each value shown
function cloudOf(model, given, rows, tolerance) {
  var runs = rows.map(function (each) { return model.solver.run(model.make, given, each, tolerance); });
  function at(sorted, share) { return sorted.length ? sorted[Math.round(share * (sorted.length - 1))] : null; }
  function bounds(value) {
    var low = [], high = [];
    given.times.forEach(function (t, k) {
      var all = runs.map(function (run) { return value(run, k); }).filter(isFinite).sort(function (a, b) { return a - b; });
      low.push(at(all, 0.05));
      high.push(at(all, 0.95));
    });
    return [low, high];
  }
  var found = { low: [], high: [], count: runs.length, spiral: null, below: 0 };
  for (var j = 0; j < given.width; j++) {
    var own = bounds(function (run, k) { return run.shown[k][j]; });
    found.low.push(own[0]);
    found.high.push(own[1]);
  }
  if (given.loop) {
    found.spiral = bounds(function (run, k) { return run.spiral[k]; });
    found.below = runs.filter(function (run) { return run.spiral.every(function (each) { return each < 1; }); }).length / runs.length;
  }
  return found;
}

function askCloud() {
  if (!data.draws) return;
  var rows = data.draws.rows.map(function (row) {
    var own = Float64Array.from(given.constants);
    data.draws.places.forEach(function (place, k) { own[place] = row[k]; });
    return constants(own);
  });
  var coarse = Object.assign({}, given, { times: data.cloudTimes });
  asked += 1;
  root.dataset.asked = window.performance.now();
  if (worker) worker.postMessage([asked, coarse, rows, CLOUD_TOLERANCE]);
  else took(cloudOf(model, coarse, rows, CLOUD_TOLERANCE));
}

function took(found) {
  cloud = found;
  root.dataset.cloud = window.performance.now() - Number(root.dataset.asked);
  draw();
  said.textContent = sentence();
}

// what the reader does

function show() {
  inputs.forEach(function (input, k) {
    input.value = values[k];
    var units = sliders[k].units, text = number(values[k]);
    root.querySelector("#" + input.id + "-out").textContent = text + (units ? " " + units : "");
    input.setAttribute("aria-valuetext", text + (units ? " " + units : ""));
    input.parentNode.classList.toggle("moved", moved(k));
  });
  root.querySelector(".reset").disabled = !sliders.some(function (each, k) { return moved(k); });
}

var later = 0, frame = 0;
function update() {
  frame = 0;
  show();
  var begin = window.performance.now();
  now = sliders.some(function (each, k) { return moved(k); }) ? solved(constants(given.constants)) : base;
  root.dataset.milliseconds = window.performance.now() - begin;
  draw();
  window.clearTimeout(later);
  later = window.setTimeout(function () { remember(); said.textContent = sentence(); askCloud(); }, 250);
}
function soon() { if (!frame) frame = window.requestAnimationFrame(update); }

inputs.forEach(function (input, k) {
  input.addEventListener("input", function () {
    var each = sliders[k], rounded = each.low + Math.round((input.valueAsNumber - each.low) / each.step) * each.step;
    values[k] = Math.min(each.high, Math.max(each.low, Number(rounded.toPrecision(12))));
    soon();
  });
  // a range with step "any" has no step of its own for the arrow keys
  input.addEventListener("keydown", function (event) {
    var steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (!steps) return;
    event.preventDefault();
    var each = sliders[k], stride = Math.max(each.step, each.step === 1 ? 1 : (each.high - each.low) / 100);
    values[k] = Number(Math.min(each.high, Math.max(each.low, values[k] + steps * stride)).toPrecision(12));
    soon();
  });
});
root.querySelector(".reset").addEventListener("click", function () {
  values = sliders.map(function (each) { return each.value; });
  inputs[0].focus();
  soon();
});
which.addEventListener("change", soon);
dark.addEventListener("change", draw);
window.addEventListener("hashchange", function () { if (recall()) soon(); });

if (recall()) {
  now = solved(constants(given.constants));
  root.scrollIntoView();
}
show();
said.textContent = sentence();
askCloud();
document.addEventListener("plotly-ready", function () { ready = true; draw(); root.dataset.drawn = "yes"; });
