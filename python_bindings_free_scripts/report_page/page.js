// The controls and the drawing. The choices live in the controls themselves and are read anew for each drawing.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const CONFIG = {
  displaylogo: false, responsive: true, modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
  toImageButtonOptions: {format: "svg", filename: "onset"},
};
const $ = (id) => document.getElementById(id);
const radio = (name) => document.querySelector(`input[name="${name}"]:checked`).value;
const currentRun = () => DATA.runs[Number($("run").value)];

function fill(select, names, chosen) {
  const kept = select.selectedIndex >= 0 && select.options.length ? select.options[select.selectedIndex].text : null;
  select.replaceChildren(...names.map((name, i) => new Option(name, i)));
  const same = names.indexOf(kept);
  select.selectedIndex = same >= 0 ? same : chosen;
}

// A heading without a chart is worse than none: shows the part, or a word on why it is empty.
function place(id, present, word) {
  const anywhere = DATA.runs.some(present);
  $(`section-${id}`).hidden = !anywhere;
  const here = anywhere && present(currentRun());
  $(id).hidden = !here;
  $(`${id}-note`).textContent = anywhere && !here ? word : "";
  return here;
}

async function draw(id, {traces, layout}) {
  await Plotly.react($(id), traces, layout, CONFIG);
  $(id).dataset.drawn = traces.length;
}

async function drawMain() {
  const here = place("main", (run) => Object.keys(run.curves).length > 0 || run.twonn, "This run has no curves.");
  if (!here) return;
  const run = currentRun();
  await draw("main", mainChart(run, {
    scale: radio("scale"), layer: $("layer").selectedIndex, pooling: $("pooling").selectedIndex,
    structure: DATA.structure, capability: DATA.capability,
  }));
  const missing = [[DATA.structure, "structure"], [DATA.capability, "capability"]]
    .filter(([path]) => !run.curves[path]).map(([path, kind]) => `${path} (${kind})`);
  $("main-note").textContent = "Bands: 95 % bootstrap intervals of the curves and of the onsets."
    + (radio("scale") === "log" && run.steps[0] === 0 ? " Step 0 stands at the left end of the log axis." : "")
    + (missing.length ? ` Not in this file: ${missing.join(", ")}.` : "");
}

// Unpacked head maps by run, each worked out once.
const unpacked = new Map();
function cellsOf(run) {
  if (!unpacked.has(run)) {
    const bytes = Uint8Array.from(atob(run.heads.cells), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    unpacked.set(run, new Response(stream).arrayBuffer().then((buffer) => new Uint8Array(buffer)));
  }
  return unpacked.get(run);
}

async function drawHeads() {
  if (!place("heads", (run) => run.heads, "This run has no attention scores.")) return;
  const run = currentRun();
  const cells = await cellsOf(run);
  if (run !== currentRun()) return;
  await draw("heads", headMap(run, cells, {
    scale: radio("scale"), relation: $("relation").selectedIndex, direction: $("direction").selectedIndex,
  }));
  const {columns} = run.heads;
  $("heads-note").textContent = columns.length < run.steps.length ? `${columns.length} of ${run.steps.length} checkpoints are shown.` : "";
}

async function drawRelations() {
  if (!place("relations", (run) => run.relations, "This run has no attention scores.")) return;
  await draw("relations", relationMap(currentRun(), {scale: radio("scale"), relationValue: radio("relation-value")}));
}

async function drawPairs() {
  const kind = radio("pair-kind");
  const anywhere = DATA.runs.some((run) => run.pairs);
  $("section-pairs").hidden = !anywhere;
  if (!anywhere) return;
  const here = currentRun().pairs && currentRun().pairs[kind];
  $("pairs").hidden = !here;
  $("pairs-note").textContent = here ? "" : `This run has no accuracy by ${kind}.`;
  if (here) await draw("pairs", pairMap(currentRun(), {scale: radio("scale"), pairKind: kind}));
}

async function drawOverlay() {
  const paths = overlayPaths();
  $("overlay-part").hidden = DATA.runs.length < 2 || !paths.length;
  if ($("overlay-part").hidden) return;
  const chart = overlayChart(DATA.runs, {
    path: paths[$("overlay-curve").selectedIndex], align: $("overlay-align").value, scale: radio("scale"),
    structure: DATA.structure, capability: DATA.capability,
  });
  await draw("overlay", chart);
  $("overlay-note").textContent = "▲ structure onset, ● capability onset."
    + (chart.left ? ` Left out, for want of the curve or the onset: ${chart.left} of ${DATA.runs.length} runs.` : "");
}

function overlayPaths() {
  const first = [DATA.structure, DATA.capability, "loss/mlm"];
  const paths = [...new Set(DATA.runs.flatMap((run) => Object.keys(run.curves)))];
  return [...first.filter((path) => paths.includes(path)), ...paths.filter((path) => !first.includes(path))];
}

// What the current run offers to choose from.
function offerChoices() {
  const run = currentRun();
  $("layer-choice").hidden = $("pooling-choice").hidden = !run.twonn;
  if (run.twonn) {
    fill($("layer"), run.twonn.layers, run.twonn.layers.length - 1);
    fill($("pooling"), run.twonn.pooling, 0);
  }
  if (run.heads) {
    fill($("relation"), run.heads.relations, 0);
    fill($("direction"), run.heads.directions, 0);
  }
}

const onChange = (selector, action) => document.querySelectorAll(selector).forEach((control) => control.addEventListener("change", action));
const drawRun = () => Promise.all([drawMain(), drawHeads(), drawRelations(), drawPairs()]);

fill($("run"), DATA.runs.map((run) => run.run), 0);
$("run-choice").hidden = DATA.runs.length < 2;
fill($("overlay-curve"), overlayPaths(), 0);
offerChoices();
onChange("#run", () => { offerChoices(); drawRun(); });
onChange('input[name="scale"]', () => { drawRun(); drawOverlay(); });
onChange("#layer, #pooling", drawMain);
onChange("#relation, #direction", drawHeads);
onChange('input[name="relation-value"]', drawRelations);
onChange('input[name="pair-kind"]', drawPairs);
onChange("#overlay-curve, #overlay-align", drawOverlay);
Promise.all([drawRun(), drawOverlay()]).then(() => { document.documentElement.dataset.drawn = "all"; });
