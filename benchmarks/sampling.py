"""Processor time of sampling, in this package and in that of another checkout, in turns.

    git worktree add ../first cd24066
    python benchmarks/sampling.py ../first

Random weights, the lessons' sizes, one processor; 25 steps, five of painting with five tries each,
and the flow's own number. Each row is the median of the rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
WAYS = ("ddim", "ddpm", "heun", "guided", "painted")


def main() -> None:
    """Print milliseconds of both and their ratio, for each way and number of images."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("other", type=Path, help="a checkout of an earlier edition")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--images", type=int, nargs="+", default=[20, 200])
    parser.add_argument("--processor", type=int, default=0, help="which both are to use")
    parser.add_argument("--draw", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.draw:
        draw()
        return
    both = [start(place, arguments.processor) for place in (arguments.other.resolve(), HERE)]
    total, ratios = [0.0, 0.0], []
    for count in arguments.images:
        for way in WAYS:
            for process in both:  # traces
                milliseconds(process, way, count)
            times: list[list[float]] = [[], []]
            for turn in range(arguments.rounds):
                for which in (0, 1) if turn % 2 else (1, 0):
                    times[which].append(milliseconds(both[which], way, count))
            before, now = map(statistics.median, times)
            total, ratios = [total[0] + before, total[1] + now], [*ratios, now / before]
            print(f"{way:8} {count:4} images  {before:8.1f} {now:8.1f} ms  {now / before:.2f}")
            sys.stdout.flush()
    print(f"all, {total[0]:.0f} and {total[1]:.0f} ms: {total[1] / total[0]:.2f}")
    print(f"mean of the ratios: {statistics.mean(ratios):.2f}")


def start(place: Path, processor: int) -> subprocess.Popen[str]:
    """Return a process that draws with the package of a checkout."""
    command = [sys.executable, __file__, "--draw", "--processor", str(processor), str(place)]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(place), "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    while (said := process.stdout.readline().strip()) != "ready":
        if not said:
            raise SystemExit(f"The package of {place} cannot be used with this Python.")
        print(place.name, said)
    return process


def milliseconds(process: subprocess.Popen[str], way: str, count: int) -> float:
    """Return the processor time that a process needs to draw so many images."""
    print(way, count, file=process.stdin, flush=True)
    return float(process.stdout.readline())


def draw() -> None:
    """Draw what the standard input asks for, and print how long that took."""
    os.sched_setaffinity(0, {int(sys.argv[sys.argv.index("--processor") + 1])})
    sys.path = [place for place in sys.path if place != str(HERE / "benchmarks")]
    import generative_vision

    is_first = not (Path(generative_vision.__file__).parent / "runtime.py").exists()
    if is_first:
        from generative_vision import training as runtime
    else:
        from generative_vision import runtime
    runtime.setup(seed=0)
    import numpy as np

    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.latent_flow import LatentFlow

    rng = np.random.default_rng(0)
    plain, told, flow = Diffusion(), Diffusion(condition="labels"), LatentFlow()
    for network in (plain.averaged, told.averaged):
        shapes = [weight.shape for weight in network.get_weights()]
        network.set_weights([0.05 * rng.normal(size=shape) for shape in shapes])
    images = rng.uniform(-1, 1, (1000, 28, 28, 1)).astype("float32")
    mask = np.zeros((28, 28), bool)
    mask[10:20, 10:20] = True
    solver = "method" if is_first else "solver"
    ways = {
        "ddim": lambda n: plain.sample(n, seed=0, steps=25, **{solver: "ddim"}),
        "ddpm": lambda n: plain.sample(n, seed=0, steps=25, **{solver: "ddpm"}),
        "heun": lambda n: flow.sample(n, seed=0),
        "guided": lambda n: told.sample(
            n, seed=0, steps=25, labels=np.arange(n) % 10, guidance=2.0
        ),
        "painted": lambda n: plain.inpaint(images[:n], mask, seed=0, steps=5),
    }
    print("ready", flush=True)
    for line in sys.stdin:
        way, count = line.split()
        began = time.process_time()
        ways[way](int(count))
        print(1000 * (time.process_time() - began), flush=True)


if __name__ == "__main__":
    main()
