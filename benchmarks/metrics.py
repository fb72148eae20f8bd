"""Time and memory of metrics.evaluate on 10,000 images: first call, then one with a cache."""

from __future__ import annotations

import resource
import time

from generative_vision import data, runtime


def main() -> None:
    """Print seconds and growth of the largest memory, features and floor included."""
    runtime.setup(seed=0)
    from generative_vision import metrics

    images = data.load_fashion_mnist("train")[0][-10_000:].copy()
    for name in ("first call, with the real side and the floor", "second call"):
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        scores = metrics.evaluate(images)
        seconds = time.perf_counter() - start
        grown = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        ) / 1e6  # kilobytes on Linux
        print(f"{name}: {seconds:.1f} s, peak memory {grown:+.2f} GB")
    print(scores)


if __name__ == "__main__":
    main()
