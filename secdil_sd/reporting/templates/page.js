(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var plots = Array.prototype.slice.call(document.querySelectorAll(".plot"));
  var errors = 0;
  window.addEventListener("error", function () { errors += 1; root.dataset.errors = errors; });
  root.dataset.errors = 0;
  root.dataset.figures = plots.length;
  root.dataset.drawn = 0;

  function ink(printing) { return printing || !dark.matches ? "#3a4452" : "#c3ccd6"; }

  function fitted(layout, width, printing) {
    var narrow = width < 520;
    layout.font.color = ink(printing);
    layout.font.size = narrow ? 12 : 13;
    layout.legend = Object.assign({}, layout.legend, { font: { size: narrow ? 11 : 12.5 } });
    ["xaxis", "yaxis"].forEach(function (name) {
      layout[name] = Object.assign({}, layout[name], { nticks: narrow ? 5 : 8 });
    });
    return layout;
  }

  function heightFor(div, spec, width) {
    var base = Number(div.dataset.height);
    var entries = spec.data.filter(function (each) { return each.showlegend !== false && each.name; });
    var shown = spec.layout.showlegend === false ? [] : entries;
    var wide = shown.reduce(function (sum, each) { return sum + each.name.length * 7 + 60; }, 0);
    var rows = Math.max(0, Math.ceil(wide / Math.max(width, 1)) - 1);
    return base + rows * 20;
  }

  function draw(div, printing) {
    var spec = JSON.parse(div.querySelector("script").textContent);
    var width = div.clientWidth;
    div.style.height = heightFor(div, spec, width) + "px";
    var layout = fitted(spec.layout, width, printing);
    layout.height = parseFloat(div.style.height);
    if (printing) layout.width = width;
    var holder = div.querySelector(".holder");
    if (!holder) {
      holder = document.createElement("div");
      holder.className = "holder";
      div.appendChild(holder);
    }
    var drawn = Plotly.react(holder, spec.data, layout, { responsive: true, displaylogo: false, displayModeBar: false });
    if (layout.meta && layout.meta.brush && !holder.brushed) {
      holder.brushed = true;
      drawn.then(function () { brush(holder, layout.meta.brush); });
    }
    return drawn;
  }

  // parallel coordinates: the worlds inside the bands of all axes stay lit when a band is dragged
  function brush(holder, meta) {
    var busy = false;
    holder.on("plotly_relayout", function () {
      if (busy) return;
      var groups = [{ x: [], y: [] }, { x: [], y: [] }, { x: [], y: [] }];
      var upright = {};
      var bands = meta.bands.map(function (place, axis) {
        var shape = holder.layout.shapes[place];
        upright["shapes[" + place + "].x0"] = axis - 0.05;
        upright["shapes[" + place + "].x1"] = axis + 0.05;
        return [Math.min(shape.y0, shape.y1), Math.max(shape.y0, shape.y1)];
      });
      meta.values.forEach(function (row, k) {
        var inside = row.every(function (v, axis) { return v >= bands[axis][0] && v <= bands[axis][1]; });
        var group = groups[inside ? 1 + meta.holds[k] : 0];
        row.forEach(function (v, axis) { group.x.push(axis); group.y.push(v); });
        group.x.push(null);
        group.y.push(null);
      });
      busy = true;
      Plotly.update(holder, { x: groups.map(function (g) { return g.x; }), y: groups.map(function (g) { return g.y; }) }, upright, [0, 1, 2])
        .then(function () { busy = false; });
    });
  }

  function all(printing) { return plots.map(function (div) { return draw(div, printing); }); }

  function next(k) {
    if (k >= plots.length) { root.dataset.ready = "yes"; return; }
    draw(plots[k], false).then(function () {
      root.dataset.drawn = k + 1;
      window.setTimeout(function () { next(k + 1); }, 0);
    });
  }

  // Plotly comes packed (plotly.js v3, MIT license): unpack it, run it, then draw from the top
  function unpack() {
    var packed = document.getElementById("plotly");
    var bytes = Uint8Array.from(atob(packed.textContent), function (c) { return c.charCodeAt(0); });
    packed.textContent = "";
    var plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(plain).text().then(function (text) {
      var script = document.createElement("script");
      script.textContent = text;
      document.head.appendChild(script);
    });
  }

  function begin() {
    document.dispatchEvent(new Event("plotly-ready"));
    next(0);
    watch();
  }

  if (typeof DecompressionStream === "undefined") {
    var sorry = document.createElement("p");
    sorry.className = "note";
    sorry.textContent = "This browser is too old to draw the figures; their data can still be downloaded.";
    document.querySelector("main").prepend(sorry);
  } else {
    unpack().then(begin);
  }

  function watch() {
    var waiting = 0;
    window.addEventListener("resize", function () {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(function () { all(false); }, 150);
    });
    dark.addEventListener("change", function () { all(false); });
    window.addEventListener("beforeprint", function () {
      // paper has a width of its own: take it before drawing, so that panels stand beside each other
      root.classList.add("paper");
      document.querySelectorAll("details").forEach(function (each) { each.open = true; });
      all(true);
    });
    window.addEventListener("afterprint", function () {
      root.classList.remove("paper");
      all(false);
    });
  }
})();
