"""onset and its peers on the same work, by turns in one run, on two threads in float32. Prints ratios of medians: of three runs
of onset, and of three of the peer where one takes less than half a minute; tokenizers once, training by the median of its steps.

usage: side_by_side.py --python VENV/bin/python --peers PEERS --paper PAPER --data DATA [--dadapy VENV/bin/python] [--only uas,pll,…]

PEERS holds make_bert.py, uas_peer.py, pll_peer.py and twonn_peer.py; PAPER is a checkout of angie-chen55/sudden-drops-in-the-loss;
DATA holds en_ewt-ud-dev.conllu, blimp/ and bert-base-uncased-vocab.txt. Build first, with -DONSET_BUILD_BENCH=ON.
"""
import argparse, csv, json, os, re, statistics, subprocess, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.join(HERE, "..", "build", "bin")
p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
for name in ("python", "peers", "paper", "data"):
    p.add_argument("--" + name, required=True)
p.add_argument("--dadapy"); p.add_argument("--encoder", help="a trained encoder's folder, for a third UAS row")
p.add_argument("--only", default="uas,pll,twonn,tokenizer,train,load"); p.add_argument("--base", type=int, default=1, help="0: leave the BERT-base rows out")
a = p.parse_args()
ONLY = a.only.split(",")
PARSES, BLIMP, VOCAB = (os.path.join(a.data, f) for f in ("en_ewt-ud-dev.conllu", "blimp", "bert-base-uncased-vocab.txt"))
WORK = tempfile.mkdtemp(prefix="onset-bench-")
rows = []


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "2"})


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def peer(script, *words, python=None):
    return run([python or a.python, os.path.join(a.peers, script), *map(str, words)]).stdout


def onset_seconds(checkpoint, *words):
    """What `onset analyze` says it spent loading and measuring."""
    out = os.path.join(WORK, f"{len(rows)}-{time.time_ns()}.h5")
    text = run([os.path.join(BIN, "onset"), "analyze", checkpoint, "-o", out, "--threads", "2", *map(str, words)]).stderr
    loading, measuring = re.search(r"loading ([\d.]+) s, measuring ([\d.]+) s", text).groups()
    return float(loading), float(measuring)


def by_turns(ours, theirs, peer_runs):
    """Medians of what both give, seconds first or alone, of three runs of ours among so many of theirs."""
    mine, other = [], []
    for turn in range(3):
        mine.append(ours())
        if turn < peer_runs: other.append(theirs())
    middle = lambda values: sorted(values)[len(values) // 2]
    return middle(mine), middle(other)


def kernels(pattern):
    out = run([os.path.join(BIN, "onset_bench"), f"--benchmark_filter={pattern}", "--benchmark_format=json"]).stdout
    return json.loads(out)["benchmarks"]


def model(name, **sizes):
    folder = os.path.join(WORK, name)
    peer("make_bert.py", folder, "--vocab", VOCAB, *(w for k, v in sizes.items() for w in ("--" + k, v)))
    return folder


def row(what, ours, theirs, target, note=""):
    rows.append((what, ours, theirs, theirs / ours, target, note))
    print(f"{what:42s} onset {ours:9.3f} s   peer {theirs:9.3f} s   ratio {theirs / ours:6.2f}   target {target}   {note}", flush=True)


BASE = dict(layers=12, hidden=768, heads=12, ffn=3072, std=0.05)
SMALL = dict(layers=4, hidden=256, heads=4, ffn=1024, std=0.08)


def peak():
    """GFLOP/s of the fastest matrix product. Other work on the machine changes it by the minute: it is measured beside what it is held against."""
    return max(b["GFLOP/s"] for b in kernels("MatrixProduct"))


def encoder_flop(layers, hidden, ffn):
    """Products that UAS needs, per token: every layer but the last, and queries and keys of the last."""
    return (layers - 1) * 2 * (4 * hidden * hidden + 2 * hidden * ffn) + 2 * 2 * hidden * hidden


def uas(what, folder, sentences, target, flop_per_token, peer_runs):
    def theirs():
        out = peer("uas_peer.py", folder, PARSES, "--paper", a.paper, "--sentences", sentences)
        return json_lines(out)[-1]["total"], int(re.search(r"(\d+) tokens", out).group(1))

    def ours():
        before = peak()
        loading, measuring = onset_seconds(folder, "--parses", PARSES, "--probes", "uas", "--max-sentences", sentences, "--min-relation", 10)
        measured.append((measuring, (before + peak()) / 2))
        return loading + measuring

    measured = []
    total, (seconds, tokens) = by_turns(ours, theirs, peer_runs)
    of_peak = statistics.median(tokens * flop_per_token / measuring / 1e9 / speed for measuring, speed in measured)
    speeds = [speed for _, speed in measured]
    row(what, total, seconds, target, f"{100 * of_peak:.0f} % of a peak of {min(speeds):.0f} to {max(speeds):.0f} GFLOP/s")


if "uas" in ONLY:
    uas("UAS, 4 layers / 256, 400 sentences", model("small", **SMALL), 400, "10", encoder_flop(4, 256, 1024), 3)
    if a.encoder: uas("UAS, trained 6 layers / 384, 600 sentences", a.encoder, 600, "15", encoder_flop(6, 384, 1536), 3)
    if a.base: uas("UAS, BERT-base, 400 sentences", model("base", **BASE), 400, "6", encoder_flop(12, 768, 3072), 1)


def pll(what, folder, pairs, target):
    def theirs():
        found = json_lines(peer("pll_peer.py", folder, BLIMP, "--pairs", pairs))[-1]
        return found["seconds"], found["sentences"]

    ours, (seconds, sentences) = by_turns(lambda: sum(onset_seconds(folder, "--pairs", BLIMP, "--pairs-per-paradigm", pairs)), theirs, 3)
    row(what, ours, seconds, target, f"{sentences / ours:.1f} against {sentences / seconds:.1f} sentences/s")


if "pll" in ONLY:
    pll("PLL, 4 layers / 256, 4 pairs a paradigm", model("small", **SMALL), 4, "6")
    if a.base: pll("PLL, BERT-base, 1 pair a paradigm", model("base", **BASE), 1, "1.4")

if "load" in ONLY:  # what opening, hashing and copying the weights costs beside the work on them
    sizes = BASE if a.base else SMALL
    loading, measuring = onset_seconds(model("load", **sizes), "--parses", PARSES, "--pairs", BLIMP, "--pairs-per-paradigm", 10)
    print(f"{'loading beside the whole treebank and 10 pairs a paradigm':42s} {loading:.2f} s against {measuring:.1f} s: {100 * loading / (loading + measuring):.1f} %   target 5 %", flush=True)

if "twonn" in ONLY:
    for python, name, target in ((a.python, "scikit-dimension", "4"), (a.dadapy, "DADApy", "2")):
        if not python: continue
        theirs = lambda: next(r["seconds"] for r in json_lines(peer("twonn_peer.py", 10000, 768, python=python)) if r["peer"] == name)
        row(f"TwoNN, 10,000 x 768, {name}", *by_turns(lambda: kernels("TwoNn/10000")[0]["real_time"] / 1e3, theirs, 3), target)

if "tokenizer" in ONLY:
    text = os.path.join(WORK, "text.txt")
    with open(text, "w", encoding="utf-8") as out:
        for name in sorted(os.listdir(BLIMP)):
            for line in open(os.path.join(BLIMP, name), encoding="utf-8"):
                pair = json.loads(line); out.write(pair["sentence_good"] + "\n" + pair["sentence_bad"] + "\n")
        for line in open(PARSES, encoding="utf-8"):
            if line.startswith("# text = "): out.write(line[9:])
    code = ("import os,sys,time; os.environ['RAYON_NUM_THREADS']='1'; os.environ['TOKENIZERS_PARALLELISM']='false'\n"
            "from tokenizers import BertWordPieceTokenizer\n"
            "t=BertWordPieceTokenizer(sys.argv[1]); lines=open(sys.argv[2],encoding='utf-8').read().splitlines()\n"
            "s=time.time(); [t.encode(x) for x in lines]; print(time.time()-s)")
    theirs = float(run([a.python, "-c", code, VOCAB, text]).stdout)
    start = time.time()
    subprocess.run([os.path.join(BIN, "onset"), "tokenize", "--vocab", VOCAB, "--threads", "1", text], stdout=subprocess.DEVNULL, check=True)
    row("WordPiece, BLiMP and treebank text", time.time() - start, theirs, "5", f"whole process; {os.path.getsize(text) / 1e6:.1f} MB")


def prepare(name, vocab, parsed, model, data, batch):
    """A folder with a train.json for each of two runs on the same tokens: `plain` reads them as text, without parses and at lambda 0, `regularised` as parsed.
    `model` and `data` are those keys of train.json, `vocab` its lines."""
    folder = os.path.join(WORK, f"train-{name}")
    os.makedirs(folder)
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as out: out.writelines(vocab)
    with open(parsed, encoding="utf-8") as lines, open(os.path.join(folder, "words.txt"), "w", encoding="utf-8") as out:
        for block in lines.read().split("\n\n"):
            columns = [line.split("\t") for line in block.splitlines() if line[:1].isdigit()]
            if columns: out.write(" ".join(c[1] for c in columns if c[0].isdigit()) + "\n")  # without 1-2 and 1.1, as the parses are read
    for kind, where, weight in (("plain", {"text": ["words.txt"]}, 0.0), ("regularised", {"parsed": [os.path.abspath(parsed)]}, 0.01)):
        config = {"model": dict(model, vocab="vocab.txt"), "data": dict(where, **data), "objective": {"reduction": "mean", "lambda": weight},
                  "batch": batch, "save": {"log_per_decade": 0, "every": 0}}
        with open(os.path.join(folder, kind + ".json"), "w") as out: json.dump(config, out)
    return folder


def train(folder, kind, steps, threads=2):
    """The log of `onset train` over so many steps, without the first, and the peak of its resident memory in MiB."""
    with open(os.path.join(folder, kind + ".json")) as config: settings = dict(json.load(config), steps=steps + 1)
    name = os.path.join(folder, f"{kind}-{time.time_ns()}")  # beside the other runs, which share the tokenised text
    with open(name + ".json", "w") as out: json.dump(settings, out)
    with open(name + ".txt", "w+") as said:
        child = subprocess.Popen([os.path.join(BIN, "onset"), "train", "--config", name + ".json", "-o", name, "--threads", str(threads)],
                                 stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if child.returncode != 0: raise SystemExit(said.read())
    with open(os.path.join(name, "log.csv")) as log: return list(csv.DictReader(log))[1:], usage.ru_maxrss / 1024


def seconds_of(log): return statistics.median(float(r["seconds"]) for r in log)
def tokens_of(log): return [int(r["tokens"]) for r in log]


def regulariser(folder, steps, threads=2, turns=4):
    """What a step costs with the regulariser, beside a plain one: by turns, so that what else the machine does is shared fairly."""
    logs, peaks = {"plain": [], "regularised": []}, {"plain": [], "regularised": []}
    for turn in range(turns):
        for kind in list(logs)[::-1 if turn % 2 else 1]:
            log, peak_memory = train(folder, kind, steps, threads)
            logs[kind] += log; peaks[kind].append(peak_memory)
    if tokens_of(logs["plain"]) != tokens_of(logs["regularised"]): raise SystemExit("the two runs did not train on the same numbers of tokens")
    without, with_it = (seconds_of(logs[kind]) for kind in ("plain", "regularised"))
    memory_without, memory_with = (statistics.median(peaks[kind]) for kind in ("plain", "regularised"))
    print(f"{'  with the regulariser':42s} {with_it:9.4f} s a step against {without:.4f} s without: {100 * (with_it / without - 1):+.1f} %; "
          f"{statistics.median(tokens_of(logs['plain'])):.0f} tokens a step, {turns * steps} steps each; "
          f"peak {memory_with:.0f} MiB against {memory_without:.0f} MiB", flush=True)


def train_rows(what, target, steps, layers, hidden, heads, ffn, vocabulary, batch, name):
    """Blocks of 128 tokens of the treebank."""
    with open(VOCAB, encoding="utf-8") as lines: vocab = [line for _, line in zip(range(vocabulary), lines)]
    folder = prepare(name, vocab, PARSES, dict(layers=layers, hidden=hidden, heads=heads, ffn=ffn, positions=512),
                     {"max_tokens": 128, "packing": "block"}, batch)
    log, _ = train(folder, "plain", steps)
    plain, tokens = seconds_of(log), statistics.median(tokens_of(log))
    sizes = dict(layers=layers, hidden=hidden, heads=heads, ffn=ffn, vocab=vocabulary, batch=batch, length=128, steps=max(3, steps // 2))
    theirs = json_lines(peer("train_peer.py", *(w for k, v in sizes.items() for w in ("--" + k, v))))[-1]
    per_token = theirs["seconds_per_step"] / (batch * 128)
    row(what, plain, per_token * tokens, target, f"{tokens / plain:.0f} against {theirs['tokens_per_s']:.0f} tokens/s")
    regulariser(folder, steps)


def train_demo():
    """The regulariser's cost at the demo's size, on its corpus and with its one thread (examples/demo/base.json)."""
    corpus = os.path.join(WORK, "demo-corpus")
    run([os.path.join(BIN, "onset"), "grammar", "-o", corpus, "--train-sentences", "20000"])
    with open(os.path.join(corpus, "vocab.txt"), encoding="utf-8") as lines: vocab = list(lines)
    print("train, the demo's 3 layers / 64, 64 sentences, one thread", flush=True)
    regulariser(prepare("demo", vocab, os.path.join(corpus, "train.conllu"), dict(layers=3, hidden=64, heads=4, ffn=256, positions=64, dropout=0.0),
                        {"max_tokens": 64}, 64), 50, threads=1, turns=16)


if "train" in ONLY:
    train_demo()
    train_rows("train, 4 layers / 256, batch 32 x 128", "1.5", 12, 4, 256, 4, 1024, 8000, 32, "small")
    if a.base: train_rows("train, BERT-base, batch 8 x 128", "1.35", 5, 12, 768, 12, 3072, 30522, 8, "base")
