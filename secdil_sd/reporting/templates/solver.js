// Solves a printed model (targets/javascript.py) in the page: Vensim's functions, Tsit5 with
// error control that lands on breaks and output times, and the spiral number.
function secdilSolver(tableau) {
  "use strict";
  var SMALL = 1e-6, MOST_STEPS = 200000, MOST_BREAKS = 64, LONGEST = 4;

  // number of points at or before a place, less one
  function left(x, at) {
    var low = 0, high = x.length;
    while (low < high) { var middle = (low + high) >> 1; if (x[middle] <= at) low = middle + 1; else high = middle; }
    return low - 1;
  }
  function line(x, y, k, at) {
    var run = x[k + 1] - x[k];
    return y[k] + (run > 0 ? (y[k + 1] - y[k]) / run : 0) * (at - x[k]);
  }
  function quantum(a, b) { return b < SMALL ? a : b * Math.trunc(a / b); }
  function xidz(a, b, x) { return Math.abs(b) < SMALL ? x : a / b; }
  function pulse(t, s, start, width) { return start <= t && t < start + width ? 1 : 0; }
  function pulse_train(t, s, start, width, interval, end) {
    var since = t - start;
    since -= interval * Math.floor(since / interval);
    return start <= t && t < end && since < width ? 1 : 0;
  }
  var runtime = {
    power: function (a, b) { return a === 1 || b === 0 ? 1 : Math.pow(a, b); },
    minimum: Math.min, maximum: Math.max, trunc: Math.trunc, quantum: quantum, xidz: xidz,
    modulo: function (a, b) { return a - quantum(a, b); },
    zidz: function (a, b) { return xidz(a, b, 0); },
    step: function (t, s, height, start) { return t > start ? height : 0; },
    ramp: function (t, s, slope, start, end) {
      return t > start ? slope * (Math.min(end === undefined ? Infinity : end, t) - start) : 0;
    },
    pulse: pulse, pulse_train: pulse_train,
    impulse: function (t, s, magnitude, start) { return magnitude / s * pulse(t, s, start, s); },
    impulse_train: function (t, s, magnitude, start, interval) {
      return magnitude / s * pulse_train(t, s, start, s, interval, Infinity);
    },
    lagged: function (t, s, earlier, now) { return now; },
    read_hold: function (x, y, at) {
      var last = x.length - 1;
      if (at !== at) return at;
      return at <= x[0] ? y[0] : at >= x[last] ? y[last] : line(x, y, left(x, at), at);
    },
    read_extrapolate: function (x, y, at) {
      return x.length === 1 ? y[0] : line(x, y, Math.max(0, Math.min(left(x, at), x.length - 2)), at);
    },
    read_discrete: function (x, y, at) { return at !== at ? at : y[Math.max(0, left(x, at))]; },
    read_forward: function (x, y, at) {
      var k = left(x, at);
      return at !== at ? at : y[k >= 0 && x[k] === at ? k : Math.min(k + 1, x.length - 1)];
    },
    between: function (series, element, t) {
      var x = series.knots, y = series.values[element], k = left(x, t);
      if (series.between === "hold") return k < 0 ? y[0] : k >= x.length - 1 ? y[x.length - 1] : line(x, y, k, t);
      var past = k < 0 || t > x[k];
      if (series.between === "raw" && past) return NaN;
      if (series.between === "forward" && past) k = Math.min(k + 1, x.length - 1);
      return y[Math.max(k, 0)];
    }
  };

  // the next number up (or down): derivatives at a break are taken just inside
  function beside(x, up) {
    var view = new DataView(new ArrayBuffer(8));
    if (x === 0) return up ? Number.MIN_VALUE : -Number.MIN_VALUE;
    view.setFloat64(0, x);
    view.setBigInt64(0, view.getBigInt64(0) + ((x > 0) === up ? 1n : -1n));
    return view.getFloat64(0);
  }

  function markTimes(mark, begin, end, s) {
    var kind = mark[0], a = mark[1];
    if (kind === "step") return [a[1]];
    if (kind === "ramp") return a.slice(1);
    if (kind === "pulse") return [a[0], a[0] + a[1]];
    if (kind === "impulse") return [a[1], a[1] + s];
    var train = kind === "pulse_train";
    if (!train && kind !== "impulse_train") return [];
    var start = train ? a[0] : a[1], interval = a[2], width = train ? a[1] : s, found = train ? [a[3]] : [];
    var count = Math.min(10000, Math.ceil((end - begin) / Math.max(interval, 1e-9)) + 1);
    for (var k = 0; k < count; k++) found.push(start + k * interval, start + k * interval + width);
    return found;
  }

  function crossingTimes(model, begin, end, s) {
    var first = model.crossings(begin), found = [];
    if (!first.length) return found;
    var count = Math.min(20000, Math.ceil((end - begin) / s)) + 1;
    var at = function (k) { return k === count - 1 ? end : begin + (end - begin) * k / (count - 1); };
    var rows = [];
    for (var k = 0; k < count; k++) rows.push(model.crossings(at(k)));
    first.forEach(function (each, place) {
      each[1].forEach(function (threshold) {
        var own = [];
        for (var k = 0; k < count; k++) {
          var here = rows[k][place][0] - threshold;
          if (here === 0) { own.push(at(k)); continue; }
          if (k === count - 1) continue;
          if (here * (rows[k + 1][place][0] - threshold) < 0) {
            var low = at(k), high = at(k + 1), guess = low;
            for (var i = 0; i < 60; i++) {
              guess = 0.5 * (low + high);
              if ((model.crossings(guess)[place][0] - threshold < 0) === (here < 0)) low = guess; else high = guess;
            }
            own.push(high);
          }
        }
        if (own.length <= MOST_BREAKS) found = found.concat(own);
      });
    });
    return found;
  }

  function breaks(model, given, begin, end) {
    var found = [], near = 1e-13 * Math.max(Math.abs(begin), Math.abs(end), end - begin);
    given.series.forEach(function (each) { found = found.concat(each.knots); });
    model.marks.forEach(function (each) { found = found.concat(markTimes(each, begin, end, given.step)); });
    found = found.concat(crossingTimes(model, begin, end, given.step));
    found = found.filter(function (t) { return t > begin - near && t < end + near; });
    found.sort(function (a, b) { return a - b; });
    return found.filter(function (t, k) { return k === 0 || t - found[k - 1] > near; });
  }

  // From time to time: the state at every output time; NaN from where it could not go on.
  function solve(model, given, rtol) {
    var times = given.times, n = model.initial.length, begin = times[0], end = times[times.length - 1];
    var y = Float64Array.from(model.initial), next = new Float64Array(n), stage = new Float64Array(n);
    var k = [], states = [Float64Array.from(y)], steps = 0, low, high, i, j, m;
    for (j = 0; j < 7; j++) k.push(new Float64Array(n));
    function rates(t, state, out) { model.rates(Math.min(Math.max(t, low), high), state, out); }
    var found = breaks(model, given, begin, end), edges = [begin];
    var near = 1e-13 * Math.max(Math.abs(begin), Math.abs(end), end - begin);
    var broken = function (t) { return found.some(function (each) { return Math.abs(each - t) <= near; }); };
    found.forEach(function (t) { if (t > begin + near && t < end - near) edges.push(t); });
    edges.push(end);
    var longest = given.explicit ? LONGEST * given.step : Infinity;
    var h = Math.min(longest, 1e-3 * (end - begin)), wanted = 1;
    for (var piece = 0; piece + 1 < edges.length && wanted < times.length; piece++) {
      var t = edges[piece], last = edges[piece + 1];
      low = broken(t) ? beside(t, true) : t;
      high = broken(last) ? beside(last, false) : last;
      rates(t, y, k[0]);
      h = Math.min(h, last - t);
      while (t < last) {
        var target = Math.min(last, times[wanted]), full = Math.min(h, longest), lands = t + full >= target - near;
        var step = lands ? target - t : full;
        if (step > 0) {
          if (++steps > MOST_STEPS || !(step > 1e-15 * Math.max(1, Math.abs(t)))) return stopped(states, times, n, t);
          for (j = 1; j < 7; j++) {
            for (i = 0; i < n; i++) {
              var sum = 0;
              for (m = 0; m < j; m++) sum += tableau.a[j][m] * k[m][i];
              stage[i] = y[i] + step * sum;
            }
            if (j === 6) next.set(stage);
            rates(t + tableau.c[j] * step, stage, k[j]);
          }
          var error = 0;
          for (i = 0; i < n; i++) {
            var miss = 0;
            for (j = 0; j < 7; j++) miss += tableau.e[j] * k[j][i];
            miss *= step / (given.atol[i] * rtol + rtol * Math.max(Math.abs(y[i]), Math.abs(next[i])));
            error += miss * miss;
          }
          error = Math.sqrt(error / n);
          if (!(error <= 1)) { h = step * (error === error ? Math.max(0.2, 0.9 * Math.pow(error, -0.2)) : 0.2); continue; }
          var grown = step * Math.min(5, 0.9 * Math.pow(Math.max(error, 1e-10), -0.2));
          h = lands ? Math.max(full, grown) : grown;
          y.set(next);
          k[0].set(k[6]);
        }
        t = lands ? target : t + step;
        while (wanted < times.length && Math.abs(times[wanted] - t) <= near) { states.push(Float64Array.from(y)); wanted++; }
        if (wanted >= times.length) break;
      }
    }
    return { states: states, stopped: NaN };
  }

  function stopped(states, times, n, t) {
    while (states.length < times.length) states.push(new Float64Array(n).fill(NaN));
    return { states: states, stopped: t };
  }

  // Largest absolute eigenvalue: the growth of the powers of a matrix, squared forty times.
  function spectralRadius(matrix, n) {
    var a = matrix.slice(), log = 0, share = 1;
    for (var round = 0; round < 40; round++) {
      var size = 0, i, j, m;
      for (i = 0; i < n * n; i++) size = Math.max(size, Math.abs(a[i]));
      if (size === 0) return 0;
      if (!isFinite(size)) return NaN;
      log += share * Math.log(size);
      share *= 0.5;
      var b = new Float64Array(n * n);
      for (i = 0; i < n; i++) for (m = 0; m < n; m++) {
        var value = a[i * n + m] / size;
        for (j = 0; j < n; j++) b[i * n + j] += value * (a[m * n + j] / size);
      }
      a = b;
    }
    return Math.exp(log);
  }

  // The gain around the loop with beliefs and stocks of arms settled to spending (see gains.py).
  function spiralNumber(model, loop, t, y) {
    var n = loop.size, i, j, matrix = new Float64Array(n * n);
    if (!loop.settled) {
      var linear = new Float64Array(n * n + n);
      model.linear(t, y, linear);
      for (i = 0; i < n; i++) for (j = 0; j < n; j++) matrix[i * n + j] = linear[i * n + j] / linear[n * n + i];
      return spectralRadius(matrix, n);
    }
    var places = loop.places, settled = new Float64Array(y.length);
    var share = new Float64Array(loop.share.width), out = new Float64Array(loop.pressure.width);
    var target = new Float64Array(loop.beliefs);
    // a role's value for a state; some roles are one number for all
    function one(values, group, role, i) { var at = loop[group][role]; return values[at[0] + (at[1] > 1 ? i : 0)]; }
    function pressure(state) {
      settled.set(state);
      model.share(t, settled, share);
      for (var i = 0; i < n; i++) {
        var spending = settled[places.spending + i], own = one(share, "share", "offensive_procurement_share", i);
        var rate = one(share, "share", "obsolescence", i) + one(share, "share", "gdp_growth", i);
        settled[places.offensive_capability + i] = own * spending / rate;
        settled[places.defensive_capability + i] = (1 - own) * spending / rate;
      }
      model.target(t, settled, target);
      settled.set(target, places.belief);
      model.pressure(t, settled, out);
    }
    var moved = Float64Array.from(y), slope = new Float64Array(n * n);
    var scale = 0;
    for (i = 0; i < n; i++) scale = Math.max(scale, Math.abs(y[places.spending + i]));
    for (j = 0; j < n; j++) {
      var at = places.spending + j, h = 1e-4 * (Math.abs(y[at]) || scale || 1);
      moved[at] = y[at] + h;
      pressure(moved);
      for (i = 0; i < n; i++) slope[i * n + j] = out[i];
      moved[at] = y[at] - h;
      pressure(moved);
      for (i = 0; i < n; i++) slope[i * n + j] = (slope[i * n + j] - out[i]) / (2 * h);
      moved[at] = y[at];
    }
    pressure(y);
    for (i = 0; i < n; i++) {
      var ceiling = one(out, "pressure", "maximum_burden", i) * y[places.gdp + i], saturation = one(out, "pressure", "saturation", i);
      var drag = one(out, "pressure", "fatigue", i) + one(out, "pressure", "gdp_growth", i) + saturation * out[i] / ceiling;
      var room = 1 - saturation * y[places.spending + i] / ceiling;
      for (j = 0; j < n; j++) matrix[i * n + j] = room / drag * slope[i * n + j];
    }
    return spectralRadius(matrix, n);
  }

  // Everything a drawing needs of one run: times x shown values, the spiral number, where it stopped.
  function run(make, given, constants, rtol) {
    var model = make(constants, given.series, given.times[0], given.step);
    var solved = solve(model, given, rtol), shown = [], spiral = [];
    given.times.forEach(function (t, k) {
      var out = new Float64Array(given.width);
      model.shown(t, solved.states[k], out);
      if (isNaN(solved.states[k][0])) out.fill(NaN);
      shown.push(out);
      if (given.loop) spiral.push(spiralNumber(model, given.loop, t, solved.states[k]));
    });
    return { shown: shown, spiral: spiral, stopped: solved.stopped };
  }

  return { runtime: runtime, run: run };
}
