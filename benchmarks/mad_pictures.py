"""The figure of the experiments on self-consuming loops."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from generative_vision.loops import shipped_table

HERE = Path(__file__).parent
LABELS = {
    "fcd": "FCD (log scale)",
    "precision": "precision",
    "recall": "recall",
    "rarest": "share of the rarest class",
}
SHOWN = [
    "fully synthetic",
    "fully synthetic, λ = 0.7",
    "augmentation",
    "accumulate",
    "fresh data",
    "four times the steps",
    "guidance, λ = 0.5",
]


def draw() -> None:
    """Draw mad.png: each figure by generation, the seeds' mean as a line, their range as a band."""
    rows = shipped_table()
    figure, axes = plt.subplots(1, 4, figsize=(15, 3.8), layout="constrained")
    for axis, (field, label) in zip(axes, LABELS.items()):
        for colour, name in zip(plt.cm.tab10.colors, SHOWN):
            own = [row for row in rows if row["experiment"] == name]
            generations = sorted({row["generation"] for row in own})
            values = [[row[field] for row in own if row["generation"] == g] for g in generations]
            axis.plot(generations, np.mean(values, axis=1), color=colour, label=name, lw=1.5)
            band = np.min(values, axis=1), np.max(values, axis=1)
            axis.fill_between(generations, *band, color=colour, alpha=0.2, lw=0)
        axis.set(xlabel="generation", title=label, yscale="log" if field == "fcd" else "linear")
    axes[0].set_yticks([2, 3, 5, 10, 20, 50], ["2", "3", "5", "10", "20", "50"])
    axes[0].minorticks_off()
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9
    )
    figure.savefig(HERE / "mad.png", dpi=80)
    plt.close(figure)
