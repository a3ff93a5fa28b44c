// Builds the charts' traces and layouts. Pure functions of a run's data and the choices made; page.js draws them.
"use strict";

const COLOUR = {
  structure: "#0072b2", capability: "#c04e00", loss: "#3f4650", twonn: "#00785a", fisher: "#8a4a86",
  ink: "#1f2328", soft: "#5c646d", rule: "#d9dde2", grid: "#eceff2",
};
// Okabe and Ito's palette, its yellow left out (it fades on white); dashes repeat it for more runs.
const RUN_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#1f2328"];
const DASHES = ["solid", "dash", "dot", "dashdot"];
const FONT = {
  family: 'system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif',
  size: 12.5, color: COLOUR.ink,
};
const BASE = {
  font: FONT, hovermode: "closest", paper_bgcolor: "#fff", plot_bgcolor: "#fff", showlegend: false, modebar: {bgcolor: "rgba(0,0,0,0)"},
};
const AXIS_FONT = {size: 12.5, color: COLOUR.soft};
const SYMBOL = {structure: "triangle-up", capability: "circle"};
const BLUES = [[0, "#f7f9fb"], [0.15, "#dde9f3"], [0.4, "#9cc3e0"], [0.7, "#3d8ac0"], [1, "#08305f"]];
// Orange below, blue above: told apart by every kind of colour vision.
const DIVERGING = [[0, "#a34700"], [0.25, "#e8a873"], [0.5, "#f7f7f7"], [0.75, "#8dbbdc"], [1, "#07498a"]];

const number = (value) => value.toLocaleString("en-US", {maximumFractionDigits: 0});
// Plotly reads some tags in texts: a file's names must not be any.
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const known = (value) => value !== null && value !== undefined;

// ---- the step axis -------------------------------------------------------------------------------------------------

// Where a step is drawn. A logarithm has no 0: the untrained model stands a little left of the first step.
function placer(steps, scale) {
  if (scale === "linear") return (step) => step;
  const positive = steps.filter((step) => step > 0);
  const first = positive.length ? positive[0] : 1;
  const last = positive.length ? positive[positive.length - 1] : 1;
  const zero = first / Math.max(1.6, Math.pow(last / first, 0.06));
  return (step) => (step > 0 ? Math.max(step, zero) : zero);
}

// Tick values of a logarithmic axis: decades, and 2 and 5 between them where there are few and the window is wide.
function logTicks(low, high) {
  const ticks = [];
  const factors = Math.log10(high / low) > 2.5 ? [1] : innerWidth < 640 ? [1, 3] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of factors) {
      const tick = factor * Math.pow(10, power);
      if (tick >= low && tick <= high * 1.0001 && tick >= 1) ticks.push(tick);
    }
  }
  return ticks;
}

function stepAxis(steps, scale) {
  const axis = {
    title: {text: "Training step", font: AXIS_FONT}, showgrid: false, zeroline: false,
    ticks: "outside", ticklen: 4, tickcolor: COLOUR.rule, linecolor: COLOUR.rule, showline: true, tickangle: 0,
  };
  const at = placer(steps, scale);
  const low = at(steps[0]), high = Math.max(at(steps[steps.length - 1]), low);
  if (scale === "linear") {
    const pad = (high - low || 1) * 0.015;
    return {...axis, type: "linear", range: [low - pad, high + pad], tickformat: ",d", nticks: innerWidth < 640 ? 5 : 9};
  }
  const pad = Math.max(0.02, Math.log10(high / low) * 0.015);
  const ticks = logTicks(steps[0] > 0 ? low : low * 1.3, high);
  const zero = steps[0] === 0 ? [low] : [];
  return {
    ...axis, type: "log", range: [Math.log10(low) - pad, Math.log10(high) + pad],
    tickvals: [...zero, ...ticks], ticktext: [...zero.map(() => "0"), ...ticks.map(number)],
  };
}

// Cell borders of a heat map: halfway between neighbours on the axis that is drawn.
function borders(places, scale) {
  const u = scale === "log" ? places.map(Math.log10) : places;
  const edges = [];
  for (let i = 1; i < u.length; i++) edges.push((u[i - 1] + u[i]) / 2);
  const first = u.length > 1 ? u[1] - u[0] : 1, last = u.length > 1 ? u[u.length - 1] - u[u.length - 2] : 1;
  const all = [u[0] - first / 2, ...edges, u[u.length - 1] + last / 2];
  return scale === "log" ? all.map((value) => Math.pow(10, value)) : all;
}

// ---- onsets --------------------------------------------------------------------------------------------------------

function foundOnsets(run) {
  return ["structure", "capability"].filter((kind) => run.onsets[kind] && known(run.onsets[kind].step));
}

// A curve's value at a step, by interpolation between the checkpoints that were measured; null outside.
function valueAt(steps, values, step) {
  const points = steps.map((s, i) => [s, values[i]]).filter(([, value]) => known(value));
  for (let i = 0; i < points.length; i++) {
    if (points[i][0] === step) return points[i][1];
    if (i > 0 && points[i - 1][0] < step && step < points[i][0]) {
      const share = (step - points[i - 1][0]) / (points[i][0] - points[i - 1][0]);
      return points[i - 1][1] + share * (points[i][1] - points[i - 1][1]);
    }
  }
  return null;
}

// A line at each onset and, where asked, its interval as a band, over the whole height.
function onsetShapes(run, at, withBand) {
  return foundOnsets(run).flatMap((kind) => {
    const onset = run.onsets[kind];
    const line = {
      type: "line", xref: "x", yref: "paper", x0: at(onset.step), x1: at(onset.step), y0: 0, y1: 1,
      line: {color: COLOUR[kind], width: 1.2, dash: "dot"},
    };
    if (!withBand || !known(onset.low) || !known(onset.high)) return [line];
    return [{
      type: "rect", xref: "x", yref: "paper", x0: at(onset.low), x1: at(onset.high), y0: 0, y1: 1,
      fillcolor: COLOUR[kind], opacity: 0.1, line: {width: 0}, layer: "below",
    }, line];
  });
}

// Where a place lies along an axis: 0 at its left end, 1 at its right.
function shareAlong(axis, place) {
  const u = axis.type === "log" ? Math.log10(place) : place;
  return (u - axis.range[0]) / (axis.range[1] - axis.range[0]);
}

function onsetLabel(axis, at, kind, step) {
  const place = at(step);
  return {
    x: axis.type === "log" ? Math.log10(place) : place, xref: "x", y: 1, yref: "paper", yanchor: "bottom", yshift: 3, showarrow: false,
    xanchor: "center", text: kind === "structure" ? "▲" : "●", font: {color: COLOUR[kind], size: 11},
  };
}

// The onsets' marks above a map.
const onsetMarks = (run, at, axis) => foundOnsets(run).map((kind) => onsetLabel(axis, at, kind, run.onsets[kind].step));

// The onsets' names above the figure. The earlier leans left and the later right, so that they do not meet; one that would
// lean over the figure's edge leans inward, a row higher.
function onsetNames(run, at, axis) {
  const kinds = foundOnsets(run).sort((a, b) => run.onsets[a].step - run.onsets[b].step);
  return kinds.map((kind, i) => {
    const step = run.onsets[kind].step, share = shareAlong(axis, at(step));
    const wantsLeft = kinds.length === 2 && i === 0;
    const left = wantsLeft ? share > 0.2 : share > 0.8;
    const label = onsetLabel(axis, at, kind, step);
    const mark = label.text, name = `${kind} ${number(step)}`;
    return {
      ...label, font: {...label.font, size: 12.5}, xanchor: left ? "right" : "left", xshift: left ? 6 : -6,
      text: left ? `${name} ${mark}` : `${mark} ${name}`, yshift: left === wantsLeft ? 3 : 20,
    };
  });
}

// ---- line charts ---------------------------------------------------------------------------------------------------

const translucent = (hex, alpha) => {
  const part = (i) => parseInt(hex.slice(i, i + 2), 16);
  return `rgba(${part(1)},${part(3)},${part(5)},${alpha})`;
};

function lineTraces(curve, steps, at, look) {
  const x = steps.map(at);
  const shared = {x, yaxis: look.yaxis, type: "scatter", showlegend: false};
  const traces = [];
  if (curve.low) {
    const edge = {...shared, mode: "lines", line: {width: 0}, hoverinfo: "skip"};
    traces.push({...edge, y: curve.low}, {...edge, y: curve.high, fill: "tonexty", fillcolor: translucent(look.colour, 0.18)});
  }
  traces.push({
    ...shared, y: curve.y, mode: steps.length <= 80 ? "lines+markers" : "lines", name: look.name,
    line: {color: look.colour, width: 1.8}, marker: {size: 3.5, color: look.colour}, customdata: steps,
    hovertemplate: `${look.name} %{y:.4~f}<br>step %{customdata:,d}<extra></extra>`,
  });
  return traces;
}

function onsetMarker(run, kind, curve, at, yaxis) {
  const onset = run.onsets[kind];
  if (!onset || !known(onset.step)) return [];
  const value = valueAt(run.steps, curve.y, onset.step);
  if (value === null) return [];
  const x = at(onset.step);
  const interval = known(onset.low) && known(onset.high);
  return [{
    x: [x], y: [value], yaxis, type: "scatter", mode: "markers", showlegend: false, name: `${kind} onset`,
    marker: {symbol: SYMBOL[kind], size: kind === "structure" ? 15 : 13, color: COLOUR[kind], line: {color: "#fff", width: 1.5}},
    error_x: interval ? {
      type: "data", symmetric: false, array: [Math.max(0, at(onset.high) - x)], arrayminus: [Math.max(0, x - at(onset.low))],
      color: COLOUR[kind], thickness: 1.8, width: 5,
    } : undefined,
    hovertemplate: `${kind} onset<br>step ${number(onset.step)}`
      + (interval ? ` [${number(onset.low)}, ${number(onset.high)}]` : "") + "<extra></extra>",
  }];
}

// The panels that this run has data for, top to bottom.
function panels(run, choice) {
  const curves = run.curves;
  const scores = [
    {kind: "structure", path: choice.structure, name: choice.structure === "uas/micro" ? "UAS" : escaped(choice.structure), colour: COLOUR.structure},
    {kind: "capability", path: choice.capability, name: choice.capability === "pll/overall" ? "Pair accuracy" : escaped(choice.capability), colour: COLOUR.capability},
  ].filter((line) => curves[line.path]).map((line) => ({...line, curve: curves[line.path]}));
  const single = (path, name, title, colour) => ({title, share: 1, lines: [{name, colour, curve: curves[path]}]});
  const found = [];
  if (scores.length) found.push({title: "Accuracy", share: 2.1, lines: scores});
  if (curves["loss/mlm"]) found.push(single("loss/mlm", "MLM loss", "MLM loss, nats", COLOUR.loss));
  if (run.twonn) {
    const y = run.twonn.y[choice.pooling][choice.layer];
    found.push({title: "Dimension", share: 1, lines: [{name: "TwoNN", colour: COLOUR.twonn, curve: {y}}]});
  }
  if (curves["fisher/trace"]) found.push(single("fisher/trace", "Fisher trace", "Trace", COLOUR.fisher));
  return found;
}

// Names at the right end of lines, pushed apart where they would overlap. `height` is the panel's, in pixels.
function endLabels(lines, yaxis, height) {
  const ends = lines.map((line) => ({line, y: line.curve.y.filter(known).pop()})).filter((end) => known(end.y));
  ends.sort((a, b) => b.y - a.y);
  const all = lines.flatMap((line) => line.curve.y).filter(known);
  const span = Math.max(...all) - Math.min(...all) || 1;
  const labels = ends.map((end) => ({
    x: 1, xref: "paper", y: end.y, yref: yaxis, xanchor: "left", xshift: 8, showarrow: false,
    text: end.line.name, font: {color: end.line.colour, size: 12.5},
  }));
  for (let i = 1; i < labels.length; i++) {
    const apart = (ends[i - 1].y - ends[i].y) / span * height;
    if (apart < 16) { labels[i - 1].yshift = 8 - apart / 2; labels[i].yshift = apart / 2 - 8; }
  }
  return labels;
}

function mainChart(run, choice) {
  const shown = panels(run, choice);
  const at = placer(run.steps, choice.scale);
  const axis = stepAxis(run.steps, choice.scale);
  const pixels = 118, gap = 22, top = 44, bottom = 52;
  const height = shown.reduce((sum, panel) => sum + panel.share * pixels, 0) + gap * (shown.length - 1);
  const layout = {
    ...BASE, height: height + top + bottom, margin: {l: 62, r: 118, t: top, b: bottom},
    xaxis: {...axis, anchor: shown.length > 1 ? `y${shown.length}` : "y"},
    shapes: onsetShapes(run, at, true), annotations: onsetNames(run, at, axis),
  };
  const traces = [];
  let above = height;
  shown.forEach((panel, i) => {
    const id = i ? `${i + 1}` : "";
    const tall = panel.share * pixels;
    layout[`yaxis${id}`] = {
      domain: [Math.max(0, (above - tall) / height), above / height], title: {text: panel.title, font: AXIS_FONT},
      gridcolor: COLOUR.grid, zeroline: false, nticks: panel.share > 1 ? 7 : 4, fixedrange: true,
    };
    above -= tall + gap;
    for (const line of panel.lines) traces.push(...lineTraces(line.curve, run.steps, at, {...line, yaxis: `y${id}`}));
    for (const line of panel.lines) if (line.kind) traces.push(...onsetMarker(run, line.kind, line.curve, at, `y${id}`));
    layout.annotations.push(...endLabels(panel.lines, `y${id}`, tall));
  });
  return {traces, layout};
}

// `path`: one curve of every run, by step or by step since the onset named in `align`. A curve in which an onset was sought
// carries that onset's mark alone.
function overlayChart(runs, choice) {
  const {path, align, scale} = choice;
  const byStep = align === "step";
  const shown = runs.map((run, i) => ({run, i})).filter(({run}) =>
    run.curves[path] && (byStep || foundOnsets(run).includes(align)));
  const steps = [...new Set(shown.flatMap(({run}) => run.steps))].sort((a, b) => a - b);
  const at = byStep ? placer(steps, scale) : (step) => step;
  const traces = [], marks = [];
  for (const {run, i} of shown) {
    const origin = byStep ? 0 : run.onsets[align].step;
    const colour = RUN_COLOURS[i % RUN_COLOURS.length];
    traces.push({
      x: run.steps.map((step) => at(step - origin)), y: run.curves[path].y, type: "scatter", mode: "lines", name: escaped(run.run),
      line: {color: colour, width: 1.8, dash: DASHES[Math.floor(i / RUN_COLOURS.length) % DASHES.length]}, customdata: run.steps,
      legendgroup: run.run, hovertemplate: "%{y:.4~f}<br>step %{customdata:,d}",
    });
    for (const kind of foundOnsets(run)) {
      if ((path === choice.structure || path === choice.capability) && path !== choice[kind]) continue;
      const value = valueAt(run.steps, run.curves[path].y, run.onsets[kind].step);
      if (value === null) continue;
      marks.push({
        x: [at(run.onsets[kind].step - origin)], y: [value], type: "scatter", mode: "markers", name: escaped(run.run), legendgroup: run.run,
        showlegend: false, marker: {symbol: SYMBOL[kind], size: kind === "structure" ? 12 : 10, color: colour, line: {color: "#fff", width: 1}},
        hovertemplate: `${kind} onset<br>step ${number(run.onsets[kind].step)}`,
      });
    }
  }
  const axis = steps.length && byStep ? stepAxis(steps, scale) : {
    title: {text: `Steps since ${align} onset`, font: AXIS_FONT}, tickformat: ",d", showgrid: false,
    zeroline: true, zerolinecolor: COLOUR.rule, ticks: "outside", ticklen: 4, tickcolor: COLOUR.rule, linecolor: COLOUR.rule, showline: true,
  };
  const layout = {
    ...BASE, height: 400, margin: {l: 62, r: 16, t: 10, b: 52},
    xaxis: axis, yaxis: {title: {text: escaped(path), font: AXIS_FONT}, gridcolor: COLOUR.grid, zeroline: false},
    legend: {orientation: "h", x: 0, y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)"}, showlegend: true,
  };
  return {traces: [...traces, ...marks], layout, left: runs.length - shown.length};
}

// ---- heat maps -----------------------------------------------------------------------------------------------------

// `map`: z and text [row][column], columns (indices of checkpoints), colours {scale, low, high, title}, axis (of y), height.
function heatMap(run, scale, map) {
  const at = placer(run.steps, scale);
  const steps = map.columns.map((i) => run.steps[i]);
  const edges = borders(steps.map(at), scale);
  const axis = stepAxis(run.steps, scale);
  const ends = [edges[0], edges[edges.length - 1]];
  axis.range = scale === "log" ? ends.map(Math.log10) : ends;
  const rows = map.z.length;
  const trace = {
    type: "heatmap", x: edges, y: Array.from({length: rows + 1}, (_, i) => i - 0.5), z: map.z, text: map.text,
    zmin: map.colours.low, zmax: map.colours.high, colorscale: map.colours.scale, hovertemplate: "%{text}<extra></extra>",
    colorbar: {
      thickness: 9, len: Math.min(1, 220 / map.height), y: 1, yanchor: "top", outlinewidth: 0, tickformat: map.colours.format,
      title: {text: `${map.colours.title}<br> `, font: {size: 12, color: COLOUR.soft}, side: "top"}, tickfont: {size: 11.5},
    },
  };
  const layout = {
    ...BASE, height: map.height + 76, margin: {l: map.left, r: 40, t: 24, b: 52},
    xaxis: axis,
    yaxis: {range: [rows - 0.5, -0.5], showgrid: false, zeroline: false, fixedrange: true, ticks: "outside", ticklen: 4, tickcolor: "#fff", ...map.axis},
    shapes: [...onsetShapes(run, at, false), ...(map.shapes || [])], annotations: onsetMarks(run, at, axis),
  };
  return {traces: [trace], layout};
}

const MISSING_CELL = 255;

// `cells`: the run's unpacked bytes, [relation][direction][layer][head][column] in per cent.
function headMap(run, cells, choice) {
  const {layers, heads, columns, directions} = run.heads;
  const rows = layers * heads;
  const size = rows * columns.length;
  const relation = cells.subarray(choice.relation * directions.length * size, (choice.relation + 1) * directions.length * size);
  const start = choice.direction * size;
  // The scale ends above the relation's best cell in any direction, so that directions compare and weak relations show.
  const highest = relation.reduce((most, byte) => (byte !== MISSING_CELL && byte > most ? byte : most), 0);
  const z = [], text = [];
  for (let row = 0; row < rows; row++) {
    const bytes = relation.subarray(start + row * columns.length, start + (row + 1) * columns.length);
    z.push(Array.from(bytes, (byte) => (byte === MISSING_CELL ? null : byte / 100)));
    text.push(Array.from(bytes, (byte, c) => `layer ${Math.floor(row / heads)}, head ${row % heads}<br>step ${number(run.steps[columns[c]])}`
      + `<br>${byte === MISSING_CELL ? "not measured" : byte + " %"}`));
  }
  const every = Array.from({length: layers}, (_, layer) => layer);
  const map = {
    z, text, columns, height: Math.max(200, Math.min(720, 4 * rows)), left: 62,
    colours: {scale: BLUES, low: 0, high: Math.max(0.1, Math.ceil(highest / 10) / 10), title: "accuracy", format: ".0%"},
    axis: {
      title: {text: "Layer", font: AXIS_FONT},
      tickvals: every.map((layer) => layer * heads + (heads - 1) / 2), ticktext: every.map(String),
    },
    shapes: every.slice(1).map((layer) => ({
      type: "line", xref: "paper", yref: "y", x0: 0, x1: 1, y0: layer * heads - 0.5, y1: layer * heads - 0.5, line: {color: "#fff", width: 1.5},
    })),
  };
  return heatMap(run, choice.scale, map);
}

function rowAxis(names) {
  return {tickvals: names.map((_, i) => i), ticktext: names, tickfont: {size: 11.5}};
}
const leftMargin = (names) => Math.min(300, 24 + 6.6 * Math.max(...names.map((name) => name.length)));

function headName(run, index) {
  const {layers, heads, directions} = run.heads;
  const direction = directions[Math.floor(index / (layers * heads))];
  return `layer ${Math.floor(index / heads) % layers}, head ${index % heads}, ${direction}`;
}

function relationMap(run, choice) {
  const {names, total, baseline, best, head, columns} = run.relations;
  const gain = choice.relationValue === "gain" && baseline;
  const z = best.map((row, i) => row.map((value) => (known(value) && gain ? (known(baseline[i]) ? value - baseline[i] : null) : value)));
  const text = best.map((row, i) => row.map((value, c) => `${escaped(names[i])}, ${number(total[i])} words<br>step ${number(run.steps[columns[c]])}`
    + (known(value) ? `<br>${value.toFixed(3)} by ${escaped(headName(run, head[i][c]))}` : "<br>not measured")
    + (baseline && known(baseline[i]) ? `<br>best fixed offset ${baseline[i].toFixed(3)}` : "")));
  return heatMap(run, choice.scale, {
    z, text, columns, height: 18 * names.length, left: leftMargin(names), axis: rowAxis(names.map(escaped)),
    colours: gain ? {scale: DIVERGING, low: -0.8, high: 0.8, title: "gain", format: ".1f"}
      : {scale: BLUES, low: 0, high: 1, title: "accuracy", format: ".0%"},
  });
}

function pairMap(run, choice) {
  const {names, y, columns} = run.pairs[choice.pairKind];
  const plain = names.map((name) => name.replace(/_/g, " "));
  const text = y.map((row, i) => row.map((value, c) => `${escaped(plain[i])}<br>step ${number(run.steps[columns[c]])}`
    + `<br>${known(value) ? (100 * value).toFixed(1) + " %" : "not measured"}`));
  return heatMap(run, choice.scale, {
    z: y, text, columns, height: Math.max(120, 18 * names.length), left: leftMargin(plain), axis: rowAxis(plain.map(escaped)),
    colours: {scale: DIVERGING, low: 0, high: 1, title: "accuracy", format: ".0%"},
  });
}
