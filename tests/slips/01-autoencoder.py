"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "squared-error": {
        "absolute differences": """
def squared_error(x, x_hat):
    return ops.mean(ops.abs(x - x_hat))
""",
        "a sum in place of the mean": """
def squared_error(x, x_hat):
    return ops.sum(ops.square(x - x_hat))
""",
        "a sum over pixels, a mean over images": """
def squared_error(x, x_hat):
    return ops.mean(ops.sum(ops.square(x - x_hat), axis=(1, 2, 3)))
""",
        "one number for each image": """
def squared_error(x, x_hat):
    return ops.mean(ops.square(x - x_hat), axis=(1, 2, 3))
""",
        "the root of the mean": """
def squared_error(x, x_hat):
    return ops.sqrt(ops.mean(ops.square(x - x_hat)))
""",
        "NumPy and float": """
def squared_error(x, x_hat):
    return float(np.mean((x - x_hat) ** 2))
""",
    },
    "unfold": {
        "a plain reshape": """
def unfold(x):
    n, h, w, channels = x.shape
    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))
""",
        "rows and columns of a block swapped": """
def unfold(x):
    n, h, w, channels = x.shape
    x = ops.reshape(x, (n, h, w, 2, 2, channels // 4))
    x = ops.transpose(x, (0, 1, 4, 2, 3, 5))
    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))
""",
        "c before the place in the block": """
def unfold(x):
    n, h, w, channels = x.shape
    x = ops.reshape(x, (n, h, w, channels // 4, 2, 2))
    x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))
""",
        "the place in the block before that of the pixel": """
def unfold(x):
    n, h, w, channels = x.shape
    x = ops.reshape(x, (n, h, w, 2, 2, channels // 4))
    x = ops.transpose(x, (0, 3, 1, 4, 2, 5))
    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))
""",
        "the first channel four times": """
def unfold(x):
    c = x.shape[-1] // 4
    return ops.repeat(ops.repeat(x[..., :c], 2, axis=1), 2, axis=2)
""",
    },
    "spoil": {
        "a variance where the deviation belongs": """
def spoil(x):
    return ops.clip(x + 0.25 * keras.random.normal(ops.shape(x)), -1, 1)
""",
        "the same seed at each call": """
def spoil(x):
    return ops.clip(x + 0.5 * keras.random.normal(ops.shape(x), seed=1), -1, 1)
""",
        "not clipped": """
def spoil(x):
    return x + 0.5 * keras.random.normal(ops.shape(x))
""",
        "the noise is clipped, not the sum": """
def spoil(x):
    return x + ops.clip(0.5 * keras.random.normal(ops.shape(x)), -1, 1)
""",
        "uniform noise": """
def spoil(x):
    return ops.clip(x + keras.random.uniform(ops.shape(x), -0.5, 0.5), -1, 1)
""",
        "one noise for all images": """
def spoil(x):
    return ops.clip(x + 0.5 * keras.random.normal((1, 28, 28, 1)), -1, 1)
""",
        "x.shape in place of ops.shape(x)": """
def spoil(x):
    return ops.clip(x + 0.5 * keras.random.normal(x.shape), -1, 1)
""",
    },
    "path": {
        "the last station of each line is taken, too": """
def path(stations, steps):
    share = np.linspace(0, 1, steps)[:, None]
    pairs = zip(stations, stations[1:])
    return np.concatenate([(1 - share) * a + share * b for a, b in pairs])
""",
        "the last station of all is missing": """
def path(stations, steps):
    share = np.arange(steps)[:, None] / steps
    pairs = zip(stations, stations[1:])
    return np.concatenate([(1 - share) * a + share * b for a, b in pairs])
""",
        "each line backwards": """
def path(stations, steps):
    share = np.arange(steps)[:, None] / steps
    lines = [share * a + (1 - share) * b for a, b in zip(stations, stations[1:])]
    return np.concatenate([*lines, stations[-1:]])
""",
        "straight from the first station to the last": """
def path(stations, steps):
    count = (len(stations) - 1) * steps
    share = np.arange(count + 1)[:, None] / count
    return (1 - share) * stations[0] + share * stations[-1]
""",
        "each line ends one step early": """
def path(stations, steps):
    share = np.arange(steps)[:, None] / (steps + 1)
    lines = [(1 - share) * a + share * b for a, b in zip(stations, stations[1:])]
    return np.concatenate([*lines, stations[-1:]])
""",
    },
    "area-under-curve": {
        "ties count nothing": """
def area_under_curve(known, odd):
    return float((odd[:, None] > known[None]).mean())
""",
        "ties count in full": """
def area_under_curve(known, odd):
    return float((odd[:, None] >= known[None]).mean())
""",
        "the wrong way round": """
def area_under_curve(known, odd):
    differences = known[:, None] - odd[None]
    return float((differences > 0).mean() + (differences == 0).mean() / 2)
""",
        "a count in place of a share": """
def area_under_curve(known, odd):
    differences = odd[:, None] - known[None]
    return float((differences > 0).sum() + (differences == 0).sum() / 2)
""",
        "against the mean of the known": """
def area_under_curve(known, odd):
    return float((odd > known.mean()).mean())
""",
        "scores are taken to be sorted": """
def area_under_curve(known, odd):
    below = np.searchsorted(known, odd, side="left")
    not_above = np.searchsorted(known, odd, side="right")
    return (below + not_above).sum() / (2 * len(known) * len(odd))
""",
    },
}
