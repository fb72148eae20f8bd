"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "squared-error": {
        "right": """
def squared_error(x, x_hat):
    difference = ops.reshape(x - x_hat, (-1,))
    return ops.sum(difference * difference) / ops.cast(ops.size(difference), "float32")
""",
        "wrong": [
            "def squared_error(x, x_hat):\n    return ops.mean(ops.abs(x - x_hat))",
            "def squared_error(x, x_hat):\n    return ops.sum(ops.square(x - x_hat))",
            "def squared_error(x, x_hat):\n    return float(np.mean((x - x_hat) ** 2))",
            "def squared_error(x, x_hat):\n    return ops.mean(ops.square(x - x_hat), axis=(1, 2, 3))",
        ],
    },
    "unfold": {
        "right": """
def unfold(x):
    n, h, w, channels = x.shape
    c = channels // 4
    rows = [ops.reshape(ops.stack([x[..., i * c:(i + 1) * c], x[..., (i + 1) * c:(i + 2) * c]], axis=3), (n, h, 2 * w, c)) for i in (0, 2)]
    return ops.reshape(ops.stack(rows, axis=2), (n, 2 * h, 2 * w, c))
""",
        "wrong": [
            "def unfold(x):\n    n, h, w, channels = x.shape\n    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))",
            "def unfold(x):\n    n, h, w, k = x.shape\n    x = ops.reshape(x, (n, h, w, 2, 2, k // 4))\n    return ops.reshape(ops.transpose(x, (0, 1, 4, 2, 3, 5)), (n, 2 * h, 2 * w, k // 4))",
            "def unfold(x):\n    n, h, w, k = x.shape\n    x = ops.reshape(x, (n, h, w, k // 4, 2, 2))\n    return ops.reshape(ops.transpose(x, (0, 1, 4, 2, 5, 3)), (n, 2 * h, 2 * w, k // 4))",
            "def unfold(x):\n    return ops.repeat(ops.repeat(x[..., : x.shape[-1] // 4], 2, axis=1), 2, axis=2)",
        ],
    },
    "spoil": {
        "right": """
def spoil(x):
    noise = keras.random.normal(ops.shape(x), mean=0.0, stddev=0.5)
    return ops.maximum(ops.minimum(ops.add(x, noise), 1.0), -1.0)
""",
        "wrong": [
            "def spoil(x):\n    return ops.clip(x + 0.25 * keras.random.normal(ops.shape(x)), -1, 1)",
            "def spoil(x):\n    return ops.clip(x + 0.5 * keras.random.normal(ops.shape(x), seed=1), -1, 1)",
            "def spoil(x):\n    return x + 0.5 * keras.random.normal(ops.shape(x))",
            "def spoil(x):\n    return ops.clip(x + 0.5 * keras.random.uniform(ops.shape(x), -1, 1), -1, 1)",
            "def spoil(x):\n    return ops.clip(ops.mean(x) + 0.5 * keras.random.normal(ops.shape(x)), -1, 1)",
            "def spoil(x):\n    return ops.clip(x[:, :1, :1] + 0.5 * keras.random.normal(ops.shape(x)), -1, 1)",
            "def spoil(x):\n    noise = keras.random.normal((ops.shape(x)[0], 28, 1, 1))\n    return ops.clip(x + 0.5 * noise, -1, 1)",
        ],
    },
    "path": {
        "right": """
def path(stations, steps):
    k = len(stations) - 1
    t = np.arange(k * steps + 1) / steps
    return np.stack([np.interp(t, np.arange(k + 1), column) for column in np.asarray(stations).T], axis=1)
""",
        "wrong": [
            "def path(stations, steps):\n    share = np.linspace(0, 1, steps)[:, None]\n    return np.concatenate([(1 - share) * a + share * b for a, b in zip(stations, stations[1:])])",
            "def path(stations, steps):\n    share = np.arange(steps)[:, None] / steps\n    return np.concatenate([(1 - share) * a + share * b for a, b in zip(stations, stations[1:])])",
            "def path(stations, steps):\n    share = np.arange(steps)[:, None] / steps\n    lines = [share * a + (1 - share) * b for a, b in zip(stations, stations[1:])]\n    return np.concatenate([*lines, stations[-1:]])",
            "def path(stations, steps):\n    share = np.arange((len(stations) - 1) * steps + 1)[:, None] / ((len(stations) - 1) * steps)\n    return (1 - share) * stations[0] + share * stations[-1]",
        ],
    },
    "area-under-curve": {
        "right": """
def area_under_curve(known, odd):
    ordered = np.sort(known)
    below = np.searchsorted(ordered, odd, side="left")
    not_above = np.searchsorted(ordered, odd, side="right")
    return (below + not_above).sum() / (2 * len(known) * len(odd))
""",
        "wrong": [
            "def area_under_curve(known, odd):\n    return float((odd[:, None] > known[None]).mean())",
            "def area_under_curve(known, odd):\n    return float((odd[:, None] >= known[None]).mean())",
            "def area_under_curve(known, odd):\n    d = known[:, None] - odd[None]\n    return float((d > 0).mean() + (d == 0).mean() / 2)",
            "def area_under_curve(known, odd):\n    return float((odd > known.mean()).mean())",
        ],
    },
}
