"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "slopes": {
        "derivatives with respect to p": """
def slopes(x, a):
    p = 1 / (1 + np.exp(-a))
    return 2 * (p - x), (p - x) / (p * (1 - p))
""",
        "not simplified": """
def slopes(x, a):
    p = 1 / (1 + np.exp(-a))
    return 2 * (p - x) * p * (1 - p), (p - x) / (p * (1 - p)) * p * (1 - p)
""",
        "the sign of the push, not of the slope": """
def slopes(x, a):
    p = 1 / (1 + np.exp(-a))
    return 2 * (x - p) * p * (1 - p), x - p
""",
        "a factor 2 lost": """
def slopes(x, a):
    p = 1 / (1 + np.exp(-a))
    return (p - x) * p * (1 - p), p - x
""",
        "the sigmoid's slope is taken to be p": """
def slopes(x, a):
    p = 1 / (1 + np.exp(-a))
    return 2 * (p - x) * p, (p - x) / (1 - p)
""",
        "the other order": """
def slopes(x, a):
    p = 1 / (1 + np.exp(-a))
    return p - x, 2 * (p - x) * p * (1 - p)
""",
        "difference quotients": """
def slopes(x, a):
    def losses(a):
        p = 1 / (1 + np.exp(-a))
        return (p - x) ** 2, -x * np.log(p) - (1 - x) * np.log(1 - p)

    return [(u - d) / 2e-5 for u, d in zip(losses(a + 1e-5), losses(a - 1e-5))]
""",
    },
    "unfold": {
        "a plain reshape": """
def unfold(x):
    n, h, w, channels = x.shape
    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))
""",
        "NumPy": """
def unfold(x):
    n, h, w, channels = x.shape
    x = np.reshape(x, (n, h, w, channels // 4, 2, 2)).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(n, 2 * h, 2 * w, channels // 4)
""",
        "DepthToSpace's order": """
def unfold(x):
    n, h, w, channels = x.shape
    x = ops.reshape(x, (n, h, w, 2, 2, channels // 4))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))
""",
        "Keras' own function": """
def unfold(x):
    return ops.nn.depth_to_space(x, 2)
""",
        "rows and columns of a block swapped": """
def unfold(x):
    n, h, w, channels = x.shape
    x = ops.reshape(x, (n, h, w, channels // 4, 2, 2))
    x = ops.transpose(x, (0, 1, 5, 2, 4, 3))
    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))
""",
        "the place in the block before that of the pixel": """
def unfold(x):
    n, h, w, channels = x.shape
    x = ops.reshape(x, (n, h, w, channels // 4, 2, 2))
    x = ops.transpose(x, (0, 4, 1, 5, 2, 3))
    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))
""",
        "the first channel four times": """
def unfold(x):
    c = x.shape[-1] // 4
    return ops.repeat(ops.repeat(x[..., :c], 2, axis=1), 2, axis=2)
""",
    },
    "best-denoiser": {
        "the nearest image": """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(axis=-1) for x in noisy])
    return images[squares.argmin(axis=1)]
""",
        "densities that round to 0": """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(axis=-1) for x in noisy])
    weights = np.exp(-squares / (2 * sigma**2))
    return weights @ images / weights.sum(axis=1, keepdims=True)
""",
        "one largest weight for all rows": """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(axis=-1) for x in noisy])
    weights = np.exp(-(squares - squares.min()) / (2 * sigma**2))
    return weights @ images / weights.sum(axis=1, keepdims=True)
""",
        "sigma in place of its square": """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(axis=-1) for x in noisy])
    weights = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / (2 * sigma))
    return weights @ images / weights.sum(axis=1, keepdims=True)
""",
        "the 2 of the density forgotten": """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(axis=-1) for x in noisy])
    weights = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / sigma**2)
    return weights @ images / weights.sum(axis=1, keepdims=True)
""",
        "distances that are not squared": """
def best_denoiser(noisy, images, sigma):
    far = np.array([np.linalg.norm(x - images, axis=-1) for x in noisy])
    weights = np.exp(-(far - far.min(axis=1, keepdims=True)) / (2 * sigma**2))
    return weights @ images / weights.sum(axis=1, keepdims=True)
""",
        "weights that do not add up to 1": """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(axis=-1) for x in noisy])
    weights = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / (2 * sigma**2))
    return weights @ images / len(images)
""",
        "normalised over the noisy images": """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(axis=-1) for x in noisy])
    weights = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / (2 * sigma**2))
    return weights / weights.sum(axis=0) @ images
""",
    },
    "early-stop": {
        "the first rise": """
def early_stop(errors, patience):
    for k in range(1, len(errors)):
        if errors[k] > errors[k - 1]:
            return k, k
    return len(errors) - 1, len(errors) - 1
""",
        "the last check is kept": """
def early_stop(errors, patience):
    best = 0
    for k in range(len(errors)):
        if errors[k] < errors[best]:
            best = k
        if k - best == patience:
            return k, k
    return len(errors) - 1, len(errors) - 1
""",
        "the best of all checks, those never made included": """
def early_stop(errors, patience):
    best = int(np.argmin(errors))
    return best, min(best + patience, len(errors) - 1)
""",
        "compared with the check before": """
def early_stop(errors, patience):
    waited = 0
    for k in range(1, len(errors)):
        waited = waited + 1 if errors[k] >= errors[k - 1] else 0
        if waited == patience:
            return int(np.argmin(errors[: k + 1])), k
    return int(np.argmin(errors)), len(errors) - 1
""",
        "an equal error beats the best": """
def early_stop(errors, patience):
    best = 0
    for k in range(len(errors)):
        if errors[k] <= errors[best]:
            best = k
        if k - best == patience:
            return best, k
    return best, len(errors) - 1
""",
        "one check too many": """
def early_stop(errors, patience):
    best = 0
    for k in range(len(errors)):
        if errors[k] < errors[best]:
            best = k
        if k - best > patience:
            return best, k
    return best, len(errors) - 1
""",
        "patience counts all rises": """
def early_stop(errors, patience):
    best, rises = 0, 0
    for k in range(1, len(errors)):
        if errors[k] < errors[best]:
            best = k
        else:
            rises += 1
        if rises == patience:
            return best, k
    return best, len(errors) - 1
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
}
