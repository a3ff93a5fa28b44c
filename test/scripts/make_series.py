"""Writes a synthetic series file exactly by the schema: a run in which structure, then capability, sets in.

python3 make_series.py -o base.h5 --checkpoints 200 --seed 1
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

TEXT = h5py.string_dtype("utf-8")
RELATIONS = (
    "all nsubj obj det case amod advmod obl conj cc mark aux nmod compound acl:relcl advcl cop xcomp ccomp "
    "nmod:poss appos nummod aux:pass nsubj:pass parataxis root punct vocative"
).split()
PARADIGMS = {
    "anaphor_agreement": ["anaphor_gender_agreement", "anaphor_number_agreement"],
    "argument_structure": ["animate_subject_passive", "causative", "drop_argument", "intransitive", "transitive"],
    "binding": ["principle_A_c_command", "principle_A_case_1", "principle_A_domain_1", "principle_A_reconstruction"],
    "determiner_noun_agreement": ["determiner_noun_agreement_1", "determiner_noun_agreement_with_adj_2"],
    "ellipsis": ["ellipsis_n_bar_1", "ellipsis_n_bar_2"],
    "filler_gap_dependency": ["wh_questions_object_gap", "wh_vs_that_no_gap", "wh_vs_that_with_gap"],
    "irregular_forms": ["irregular_past_participle_adjectives", "irregular_past_participle_verbs"],
    "island_effects": ["adjunct_island", "complex_NP_island", "wh_island"],
    "npi_licensing": ["npi_present_1", "only_npi_scope", "sentential_negation_npi_scope"],
    "quantifiers": ["existential_there_quantifiers_1", "superlative_quantifiers_1"],
    "subject_verb_agreement": ["distractor_agreement_relative_clause", "regular_plural_subject_verb_agreement_1"],
}


@dataclass(frozen=True)
class Recipe:
    """What the run looks like."""

    run: str = "base"
    checkpoints: int = 60
    last_step: int = 100_000
    structure_at: float = 1_200.0  # step at which UAS rises
    capability_at: float = 3_000.0  # step at which accuracy rises
    layers: int = 12
    heads: int = 12
    replicates: int = 200
    pairs_per_paradigm: int = 10
    seed: int = 1


def rise(steps: np.ndarray, at: float, sharpness: float = 6.0) -> np.ndarray:
    """0 to 1 around step `at`, logistic in log10 of the step."""
    return 1.0 / (1.0 + np.exp(-sharpness * (np.log10(steps + 1.0) - np.log10(at) - 0.35)))


def checkpoint_steps(recipe: Recipe) -> np.ndarray:
    """Step 0, then spaced evenly in the logarithm, without repeats, exactly `checkpoints` of them."""
    if recipe.checkpoints == 1:
        return np.array([0])
    count = recipe.checkpoints - 1
    for tried in range(count, 20 * count + 20):
        steps = np.unique(np.geomspace(1, recipe.last_step, tried).round().astype(np.int64))
        if len(steps) >= count:
            return np.concatenate([[0], steps[-count:]])
    raise ValueError(f"no {count} different steps up to {recipe.last_step}")


def write_series(path: Path, recipe: Recipe) -> None:
    """One file with every group of the schema."""
    random = np.random.default_rng(recipe.seed)
    steps = checkpoint_steps(recipe)
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = "onset-series"
        file.attrs["schema_version"] = 1
        file.attrs["run"] = recipe.run
        file.attrs["onset_version"] = "0.1.0"
        file.attrs["seed"] = recipe.seed
        file.attrs["min_relation"] = 100
        file.attrs["dtype"] = "float32"
        scale(file, "step", steps)
        scale(file, "replicate", np.arange(recipe.replicates))
        add(file, "checkpoint", [f"checkpoint-{step}" for step in steps], ["step"])
        add(file, "sha256", [f"{random.integers(1 << 62):064x}" for _ in steps], ["step"])
        _write_loss(file, steps, recipe, random)
        _write_uas(file, steps, recipe, random)
        _write_pll(file, steps, recipe, random)
        _write_twonn(file, steps, recipe, random)
        group = file.create_group("fisher")
        add(group, "trace", 40 + 300 * rise(steps, 900) * (1 - 0.7 * rise(steps, 4_000)), ["step"])


def scale(group: h5py.Group, name: str, values: object) -> None:
    """A dimension scale."""
    values = np.asarray(values)
    data = values.astype(object) if values.dtype.kind == "U" else values
    made = group.create_dataset(name, data=data, dtype=TEXT if values.dtype.kind == "U" else values.dtype)
    made.make_scale(name)


def add(group: h5py.Group, name: str, values: object, dims: list[str]) -> None:
    """A dataset whose axes carry the scales named `dims`, of the group or of the file's root."""
    values = np.asarray(values)
    text = values.dtype.kind == "U"
    made = group.create_dataset(
        name,
        data=values.astype(object) if text else values,
        dtype=TEXT if text else values.dtype,
        compression="gzip" if values.ndim > 1 else None,
    )
    if values.dtype.kind == "i":
        made.attrs["_FillValue"] = values.dtype.type(-1)
    for axis, dim in enumerate(dims):
        made.dims[axis].attach_scale(group[dim] if dim in group else group.file[dim])


def _curve(group: h5py.Group, name: str, values: np.ndarray, spread: float, random: np.random.Generator) -> None:
    """A curve and its replicates. An item weighs the same at every step, so a replicate is off by nearly a constant."""
    replicates = group.file["replicate"].shape[0]
    offset = random.normal(0, spread, replicates) + random.normal(0, spread / 4, (len(values), replicates))
    add(group, name, values, ["step"])
    add(group, f"{name}_replicates", (values[:, None] + offset).astype(np.float32), ["step", "replicate"])


def _write_loss(file: h5py.File, steps: np.ndarray, recipe: Recipe, random: np.random.Generator) -> None:
    group = file.create_group("loss")
    loss = 10.3 - 3.6 * rise(steps, 60, 3) - 3.4 * rise(steps, recipe.structure_at, 5) - 1.1 * rise(steps, 20_000, 3)
    _curve(group, "mlm", loss + random.normal(0, 0.03, len(steps)), 0.04, random)
    add(group, "tokens", np.full(len(steps), 41_213), ["step"])


def _write_uas(file: h5py.File, steps: np.ndarray, recipe: Recipe, random: np.random.Generator) -> None:
    group = file.create_group("uas")
    scale(group, "direction", ["dep->head", "head<-dep"])
    scale(group, "layer", np.arange(recipe.layers))
    scale(group, "head", np.arange(recipe.heads))
    scale(group, "relation", RELATIONS)
    count = len(RELATIONS)
    total = np.array([12_000, *(int(1_500 / (1 + 0.12 * i)) for i in range(count - 2)), 12])
    shape = (len(steps), 2, recipe.layers, recipe.heads, count)
    accuracy = np.full(shape, 0.0)
    accuracy += random.uniform(0.03, 0.16, shape[1:])
    accuracy += 0.12 * rise(steps, 200, 4)[:, None, None, None, None] * random.uniform(0, 1, shape[1:])
    best = np.zeros((len(steps), count))
    for relation in range(count):
        at = recipe.structure_at * random.uniform(0.85, 1.2)
        for _ in range(3):
            layer, head = random.integers(recipe.layers // 3, recipe.layers), random.integers(recipe.heads)
            height = (0.35 if relation == 0 else 0.75) * random.uniform(0.6, 1.05)
            accuracy[:, random.integers(2), layer, head, relation] += height * rise(steps, at, 9)
    correct = random.binomial(total, accuracy.clip(0, 0.97)).astype(np.int64)
    best = (correct / total).reshape(len(steps), -1, count).max(axis=1)
    reported = [i for i, name in enumerate(RELATIONS) if name not in ("all", "root", "punct") and total[i] >= 100]
    dims = ["step", "direction", "layer", "head", "relation"]
    add(group, "correct", correct, dims)
    add(group, "total", total, ["relation"])
    add(group, "weight", (accuracy * 0.8).astype(np.float64), dims)
    add(group, "baseline", random.uniform(0.2, 0.45, count), ["relation"])
    micro = (best[:, reported] * total[reported]).sum(axis=1) / total[reported].sum()
    _curve(group, "micro", micro, 0.008, random)
    _curve(group, "macro", best[:, reported].mean(axis=1), 0.01, random)
    add(group, "best_all", best[:, 0], ["step"])
    add(group, "micro_crossfit", micro - 0.01, ["step"])


def _write_pll(file: h5py.File, steps: np.ndarray, recipe: Recipe, random: np.random.Generator) -> None:
    group = file.create_group("pll")
    paradigms = [name for names in PARADIGMS.values() for name in names]
    scale(group, "paradigm", paradigms)
    scale(group, "phenomenon", list(PARADIGMS))
    scale(group, "sentence", ["good", "bad"])
    scale(group, "pair", [f"{name}:{i}" for name in paradigms for i in range(recipe.pairs_per_paradigm)])
    accuracy = np.empty((len(steps), len(paradigms)))
    for i in range(len(paradigms)):
        height, at = random.uniform(0.05, 0.45), recipe.capability_at * random.uniform(0.7, 1.6)
        accuracy[:, i] = 0.5 + height * rise(steps, at, 7) + random.normal(0, 0.008, len(steps))
    accuracy = accuracy.clip(0, 1)
    of = [phenomenon for phenomenon, names in PARADIGMS.items() for _ in names]
    means = [accuracy[:, [i for i, owner in enumerate(of) if owner == one]].mean(axis=1) for one in PARADIGMS]
    score = random.normal(-30, 6, (len(steps), len(paradigms) * recipe.pairs_per_paradigm, 2)).astype(np.float32)
    add(group, "score", score, ["step", "pair", "sentence"])
    add(group, "accuracy", accuracy, ["step", "paradigm"])
    add(group, "total", np.full(len(paradigms), recipe.pairs_per_paradigm), ["paradigm"])
    add(group, "phenomenon_accuracy", np.stack(means, axis=1), ["step", "phenomenon"])
    _curve(group, "overall", accuracy.mean(axis=1), 0.006, random)


def _write_twonn(file: h5py.File, steps: np.ndarray, recipe: Recipe, random: np.random.Generator) -> None:
    group = file.create_group("twonn")
    scale(group, "layer", np.arange(recipe.layers + 1))
    scale(group, "pooling", ["cls", "mean"])
    fall, back = rise(steps, recipe.structure_at / 6, 6), rise(steps, recipe.structure_at * 1.5, 6)
    depth = np.linspace(0.5, 1.0, recipe.layers + 1)[:, None] * np.array([1.0, 0.8])
    dimension = 19 - 11 * fall[:, None, None] * depth + 7 * back[:, None, None] * depth
    add(group, "dimension", dimension + random.normal(0, 0.15, dimension.shape), ["step", "layer", "pooling"])
    add(group, "duplicates", np.zeros(dimension.shape, np.int64), ["step", "layer", "pooling"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    defaults = Recipe()
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--run", default=defaults.run)
    parser.add_argument("--checkpoints", type=int, default=defaults.checkpoints)
    parser.add_argument("--structure-at", type=float, default=defaults.structure_at)
    parser.add_argument("--capability-at", type=float, default=defaults.capability_at)
    parser.add_argument("--layers", type=int, default=defaults.layers)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    given = vars(parser.parse_args())
    write_series(given.pop("output"), Recipe(**given))


if __name__ == "__main__":
    main()
