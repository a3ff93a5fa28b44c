"""A checkpoint of `onset train` in Hugging Face's transformers: loaded whole, with its tokenizer, and scoring pairs the same.

Needs torch and transformers, which the scripts themselves do not: pip install torch transformers.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

h5py = pytest.importorskip("h5py")
np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from onset_program import BUILT  # noqa: E402

pytestmark = pytest.mark.skipif(not BUILT.is_file(), reason="the program is not built (build/bin/onset)")

PAIRS = 2  # of each of the grammar's paradigms

# Large steps, so that no two weights are alike any more: exchanged ones would be seen in the scores.
TRAIN = {
    "model": {"layers": 2, "hidden": 32, "heads": 4, "ffn": 48, "positions": 64, "vocab": "corpus/vocab.txt"},
    "data": {"parsed": ["corpus/train.conllu"], "max_tokens": 64},
    "objective": {"lambda": 0.01},
    "optimiser": {"lr": 0.01, "warmup": 1},
    "steps": 100,
    "batch": 16,
    "save": {"log_per_decade": 0, "every": 0},
}


@dataclass(frozen=True)
class Run:
    corpus: Path
    checkpoint: Path  # the last


def onset(*words: object, text: str | None = None) -> str:
    command = [str(BUILT), *map(str, words)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("transformers")
    onset("grammar", "-o", folder / "corpus", "--train-sentences", 200, "--dev-sentences", 10, "--pairs", PAIRS)
    (folder / "train.json").write_text(json.dumps(TRAIN))
    onset("train", "--config", folder / "train.json", "-o", folder / "run", "--threads", 1)
    return Run(folder / "corpus", folder / "run" / f"checkpoint-{TRAIN['steps']}")


def tokenizers(run: Run) -> list:
    return [transformers.BertTokenizer.from_pretrained(run.checkpoint), transformers.AutoTokenizer.from_pretrained(run.checkpoint)]


def test_every_weight_is_there_under_its_name(run: Run) -> None:
    model, found = transformers.BertForMaskedLM.from_pretrained(run.checkpoint, output_loading_info=True)
    assert not any(found.values()), found
    assert {"missing_keys", "unexpected_keys", "mismatched_keys"} <= set(found)
    sizes = TRAIN["model"]
    config = model.config
    assert (config.num_hidden_layers, config.hidden_size, config.num_attention_heads, config.intermediate_size) == (
        sizes["layers"],
        sizes["hidden"],
        sizes["heads"],
        sizes["ffn"],
    )


def test_the_tokenizer_gives_the_ids_of_onset_tokenize(run: Run) -> None:
    lines = [
        *(line.removeprefix("# text = ") for line in (run.corpus / "dev.conllu").read_text().splitlines() if line.startswith("# text")),
        "The Mothers, who FOLLOW thé old aunt, kick-this [MASK].",
        "mothersfathers 王 mothers\tthe  the",
    ]
    ids = [
        [int(word) for word in line.split()]
        for line in onset("tokenize", "--vocab", run.checkpoint / "vocab.txt", "--threads", 1, text="\n".join(lines) + "\n").splitlines()
    ]
    for tokenizer in tokenizers(run):
        assert [tokenizer(line)["input_ids"] for line in lines] == ids
        assert tokenizer.mask_token_id == 4


def score(model, tokenizer, sentence: str) -> float:
    """The sum over the sentence's tokens of log p(token), each masked alone."""
    ids = torch.tensor(tokenizer(sentence)["input_ids"])
    places = torch.arange(1, len(ids) - 1)
    masked = ids.repeat(len(places), 1)
    masked[torch.arange(len(places)), places] = tokenizer.mask_token_id
    with torch.no_grad():
        logits = model(input_ids=masked).logits[torch.arange(len(places)), places]
    return float(torch.log_softmax(logits.double(), -1)[torch.arange(len(places)), ids[places]].sum())


def test_pairs_score_the_same(run: Run, tmp_path: Path) -> None:
    series = tmp_path / "series.h5"
    onset("analyze", run.checkpoint, "-o", series, "--pairs", run.corpus / "pairs", "--probes", "pll", "--threads", 1)
    with h5py.File(series) as file:
        found = {pair.decode(): both for pair, both in zip(file["pll/pair"][()], file["pll/score"][0], strict=True)}

    model = transformers.BertForMaskedLM.from_pretrained(run.checkpoint).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(run.checkpoint)
    expected = {}
    for path in sorted((run.corpus / "pairs").glob("*.jsonl")):
        for pair in map(json.loads, path.read_text().splitlines()):
            sentences = pair["sentence_good"], pair["sentence_bad"]
            expected[f"{pair['UID']}:{pair['pairID']}"] = [score(model, tokenizer, sentence) for sentence in sentences]
    assert len(expected) == 8 * PAIRS
    assert found.keys() == expected.keys()
    for pair, scores in expected.items():
        np.testing.assert_allclose(found[pair], scores, rtol=0, atol=1e-4, err_msg=pair)
    assert np.ptp(list(expected.values())) > 1  # nats: the model tells the sentences apart
