"""What --adaptive and --interval cost and lose on the demo's runs: the tables of docs/adaptive.md, as Markdown.

usage: measuring_less.py WORK [--only adaptive,interval] [--threads N]

WORK is made where it is missing: a corpus, the demo's four runs with a checkpoint every ten steps besides the demo's own, and
everything measured on them, so that a second call takes up what a first one left. The runs take some ten minutes of a core and
about 1 GB, measuring them a quarter of an hour. Build first.
"""
import argparse, json, os, re, resource, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
ONSET = os.path.join(HERE, "..", "build", "bin", "onset")
DEMO = os.path.join(HERE, "..", "examples", "demo")
RUNS = ("base", "promoted", "suppressed", "released")
DEMO_STEPS = ",".join(map(str, [*range(0, 600, 25), *range(600, 2501, 100)]))  # what the demo saves
DENSE_STEPS = "0:2500:10"

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("work"); p.add_argument("--only", default="adaptive,interval"); p.add_argument("--threads", type=int, default=1, help="1, as the demo: the same runs to the bit")
a = p.parse_args()
WORK = os.path.abspath(a.work)
os.makedirs(WORK, exist_ok=True)


def path(*parts): return os.path.join(WORK, *parts)


def onset(*words):
    """What the program prints; its error output when it fails."""
    done = subprocess.run([ONSET, *map(str, words)], capture_output=True, text=True)
    if done.returncode: sys.exit(f"onset {words[0]}: exit {done.returncode}: {done.stderr.strip()}")
    return done


def prepare():
    if not os.path.exists(path("corpus", "vocab.txt")): onset("grammar", "-o", path("corpus"))
    for run in RUNS:
        with open(os.path.join(DEMO, run + ".json"), encoding="utf-8") as file: config = json.load(file)
        config["model"]["vocab"] = path("corpus", "vocab.txt")
        config["data"]["parsed"] = [path("corpus", "train.conllu")]
        config["save"]["every"] = 10
        with open(path(run + ".json"), "w", encoding="utf-8") as file: json.dump(config, file)
        onset("train", "--config", path(run + ".json"), "-o", path(run), "--resume", "--threads", a.threads)
        print(f"trained {run}", file=sys.stderr, flush=True)


def data(folder="corpus"): return ["--parses", path(folder, "dev.conllu"), "--pairs", path(folder, "pairs"), "--threads", a.threads]


def detect(file, axis, spacing):
    found = json.loads(onset("detect", file, "--axis", axis, "--json", *(["--spacing", spacing] if spacing else [])).stdout)
    return [found[curve] for curve in ("structure", "capability")]


def step_text(found): return f"{round(found['step'])}" if found["break"] else "–"


def verdict(full, part):
    """One word a curve: the same answer, one within the full pass's interval, or another."""
    words = []
    for name, whole, less in zip(("structure", "capability"), full, part):
        if step_text(whole) == step_text(less): continue
        if whole["break"] and less["break"] and whole["low"] <= less["step"] <= whole["high"]:
            words.append(f"{name} within the full pass's interval ({round(whole['low'])} to {round(whole['high'])})")
        else:
            words.append(f"**another verdict on {name}**" if whole["break"] != less["break"] else f"**another {name} onset**")
    return "; ".join(words) or "same"


def adaptive(title, steps, spacings):
    print(f"\n{title}\n\n| run | axis | measured | all | adaptive | |\n| --- | --- | ---: | --- | --- | --- |")
    measured = there = same = 0
    for run in RUNS:
        for axis, spacing in spacings.items():
            common = [path(run), "--rows", path("rows"), *data(), "--max-sentences", 500, "--steps", steps]
            onset("analyze", *common, "-o", path("full.h5"))
            d = ["--spacing", spacing] if spacing else []
            said = onset("analyze", *common, "-o", path("part.h5"), "--adaptive", "--axis", axis, *d).stderr
            some, of = map(int, re.search(r"(\d+) of (\d+) checkpoints were enough", said).groups())
            full, part = (detect(path(file), axis, spacing) for file in ("full.h5", "part.h5"))
            word = verdict(full, part)
            print(f"| {run} | {axis} | {some} of {of} | {' / '.join(map(step_text, full))} | {' / '.join(map(step_text, part))} | {word} |", flush=True)
            measured += some; there += of; same += word == "same"
    print(f"\n{100 * measured / there:.0f} % of the checkpoints; {same} of {len(RUNS) * len(spacings)} rows the same.", flush=True)


def processor_seconds(*words):
    """Of the program alone, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = onset(*words).stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, said


def interval(title, folder, steps, widths):
    print(f"\n{title}\n\n| W | sentences | pairs a paradigm | widest uas/micro | widest pll/overall | processor time, share of all |\n"
          "| ---: | ---: | ---: | ---: | ---: | ---: |")

    def cost(name, *words):  # rows of its own: each pays for all that it measures
        file = path(f"interval-{folder}-{name}.h5")
        for left in (file + ".rows", file):
            subprocess.run(["rm", "-rf", left], check=True)
        return processor_seconds("analyze", path("base"), "-o", file, *data(folder), "--steps", steps, *words)

    whole, _ = cost("all")
    for width in widths:
        seconds, said = cost(width, "--interval", width)
        sentences, of, pairs, of_pairs = map(int, re.search(r"(\d+) of (\d+) sentences, (\d+) of (\d+) pairs", said).groups())
        uas, pll = re.search(r"uas/micro ([\d.]+) pll/overall ([\d.]+)", said).groups()
        missed = "" if "all there is" not in said else ", W not reached"
        print(f"| {width} | {sentences} of {of} | {pairs} of {of_pairs} | {uas} | {pll} | {100 * seconds / whole:.0f} %{missed} |", flush=True)


prepare()
if "adaptive" in a.only.split(","):
    adaptive("44 checkpoints, as the demo saves them, default d:", DEMO_STEPS, {"log": None, "step": None})
    adaptive("251 checkpoints (`--steps 0:2500:10`), default d:", DENSE_STEPS, {"log": None, "step": None})
    adaptive("251 checkpoints, `--spacing 0.222` on the log axis and `--spacing 150` on the linear one:", DENSE_STEPS, {"log": 0.222, "step": 150})
if "interval" in a.only.split(","):
    if not os.path.exists(path("large", "vocab.txt")):
        onset("grammar", "-o", path("large"), "--train-sentences", 20, "--dev-sentences", 2000, "--pairs", 1000)
    interval("Base run, 11 checkpoints, 2,000 sentences and 1,000 pairs a paradigm:", "large", "0:2500:250", [0.1, 0.05, 0.03])
