"""The best head of each reported relation at a series' last step, next to the best fixed offset. usage: best_heads.py series.h5"""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1]) as file:
    uas = file["uas"]
    correct, total, baseline = uas["correct"][-1], uas["total"][:], uas["baseline"][:]
    relations, reported = uas["relation"].asstr()[:], uas["reported"][:]
    directions = uas["direction"].asstr()[:]
    for r in sorted(np.flatnonzero(reported), key=lambda r: -correct[..., r].max() / total[r]):
        d, layer, head = np.unravel_index(correct[..., r].argmax(), correct.shape[:3])
        best = correct[d, layer, head, r] / total[r]
        print(f"{relations[r]:14s}{total[r]:7d}{100 * best:7.1f}{100 * baseline[r]:7.1f}   {layer}-{head}, {directions[d]}")
    offset = (total * baseline)[reported == 1].sum() / total[reported == 1].sum()
    print(f"{'micro':14s}{total[reported == 1].sum():7d}{100 * uas['micro'][-1]:7.1f}{100 * offset:7.1f}   crossfit {100 * uas['micro_crossfit'][-1]:.1f}")
