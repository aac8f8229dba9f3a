# SPDX-License-Identifier: MIT OR Apache-2.0
"""Same and different pairs of faces: how well the embedding tells them apart.

    python pairs.py MEDIA [FRAMES]

Live pictures and clips (FRAMES of each, spread) whose subject labels.tsv names; a subject that is a collection of people
is left out. Files are compared with other files only: two frames of one clip tell nothing.
"""

import sys
from pathlib import Path

import numpy as np

from common import labels, observe

COLLECTIONS = {"pourfard"}


def binomial(k, n):
    """Exact (Clopper-Pearson) 95 % interval."""
    from scipy.stats import beta

    return (beta.ppf(0.025, k, n - k + 1) if k else 0.0), (beta.ppf(0.975, k + 1, n - k) if k < n else 1.0)


def area(same, different):
    """The chance that a same pair is nearer than a different one."""
    order = np.sort(different)
    below = np.searchsorted(order, same, "left") + np.searchsorted(order, same, "right")
    return below.mean() / (2 * len(order))


def faces(media, frames):
    """(embedding, subject, file) of every face; at most `frames` of a clip."""
    rows = [r for r in labels(media) if r["label"] == "live" and r["subject"] and r["kind"] in ("image", "video")]
    rows = [r for r in rows if r["subject"] not in COLLECTIONS]
    found = []
    for row in rows:
        every = "10" if row["kind"] == "video" else "1"
        for lines in observe([media / row["path"]], "--every", every, "--embedding").values():
            seen = [l["faces"][0]["embedding"] for l in lines if l.get("faces") and "embedding" in l["faces"][0]]
            picked = np.unique(np.linspace(0, len(seen) - 1, min(frames, len(seen))).round().astype(int)) if seen else []
            found += [(np.array(seen[i]), row["subject"], row["path"]) for i in picked]
    return found


def main():
    media, frames = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    found = faces(media, frames)
    vectors = np.array([f[0] for f in found])
    subjects, files = (np.array([f[i] for f in found]) for i in (1, 2))
    print(f"{len(found)} faces of {len(set(subjects))} subjects in {len(set(files))} files")
    for title, use in (("all", np.ones(len(found), bool)), ("without NUAA", ~np.char.startswith(subjects, "nuaa")),
                       ("NUAA", np.char.startswith(subjects, "nuaa"))):
        judge(title, vectors[use], subjects[use], files[use])


def judge(title, vectors, subjects, files):
    i, j = np.triu_indices(len(vectors), 1)
    other = files[i] != files[j]
    i, j = i[other], j[other]
    cosine, same = (vectors[i] * vectors[j]).sum(axis=1), subjects[i] == subjects[j]
    yes, no = cosine[same], cosine[~same]
    # Pairs of one subject are not independent: the interval comes from drawing subjects, not pairs.
    dice, names, draws = np.random.default_rng(1), np.unique(subjects), []
    for _ in range(300):
        count = dict(zip(*np.unique(dice.choice(names, len(names)), return_counts=True)))
        weight = np.array([count.get(s, 0) for s in names])[np.searchsorted(names, subjects)]
        weight = weight[i] * weight[j]
        order = np.argsort(cosine, kind="stable")
        w_no, w_yes = (weight * ~same)[order], (weight * same)[order]
        if w_no.sum() and w_yes.sum():
            draws.append((w_yes * (np.cumsum(w_no) - 0.5 * w_no)).sum() / w_yes.sum() / w_no.sum())
    low, high = np.percentile(draws, (2.5, 97.5))
    print(f"\n{title}: {len(yes)} same pairs of {len(set(subjects[i][same]))} subjects, {len(no)} different pairs")
    print(f"  AUC {area(yes, no):.4f} [{low:.4f}, {high:.4f}] (bootstrap over subjects)")
    grid = np.linspace(-0.2, 1, 241)
    best = min(grid, key=lambda t: (yes < t).mean() + (no >= t).mean())
    for name, t in [("least error", best)] + [(f"FMR {r:.1%}", np.quantile(no, 1 - r) + 1e-6) for r in (0.01, 0.001)] + [
        (f"{t}", t) for t in (0.4, 0.5, 0.6)
    ]:
        missed, wrong = int((yes < t).sum()), int((no >= t).sum())
        a, b = binomial(missed, len(yes)), binomial(wrong, len(no))
        print(f"  threshold {t:.3f} ({name}): FNMR {missed}/{len(yes)} = {missed / len(yes):.2%} [{a[0]:.2%}, {a[1]:.2%}], "
              f"FMR {wrong}/{len(no)} = {wrong / len(no):.3%} [{b[0]:.3%}, {b[1]:.3%}]")
    pairs = np.argsort(np.where(same, cosine, 9))[:5], np.argsort(np.where(same, -9, cosine))[-5:]
    for word, worst in zip(("furthest same", "nearest different"), pairs):
        for k in worst:
            print(f"  {word}: {cosine[k]:.3f} {files[i[k]]} {files[j[k]]}")


if __name__ == "__main__":
    main()
