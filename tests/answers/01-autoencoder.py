"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "slopes": {
        "right": """
def slopes(x, a):
    p = 0.5 * (1 + np.tanh(a / 2))
    dp = 0.25 / np.cosh(a / 2) ** 2
    return np.stack([2 * (p - x) * dp, p - x])
""",
        "wrong": [
            """
def slopes(x, a):  # one derived, the other as a difference quotient
    p = 1 / (1 + np.exp(-a))
    loss = lambda a: x * np.logaddexp(0, -a) + (1 - x) * np.logaddexp(0, a)
    return 2 * (p - x) * p * (1 - p), (loss(a + 1e-4) - loss(a - 1e-4)) / 2e-4
""",
            """
def slopes(x, a):
    s = lambda a: 1 / (1 + np.exp(-a))
    return 2 * (s(a) - x) * (s(a + 1e-4) - s(a - 1e-4)) / 2e-4, s(a) - x
""",
            """
def slopes(x, a):
    def losses(a):
        p = 1 / (1 + np.exp(-a))
        return (p - x) ** 2, x * np.logaddexp(0, -a) + (1 - x) * np.logaddexp(0, a)
    return [(u - d) / 2e-5 for u, d in zip(losses(a + 1e-5), losses(a - 1e-5))]
""",
            """
def slopes(x, a):
    p = np.clip(1 / (1 + np.exp(-a)), 1e-7, 1 - 1e-7)
    d = p * (1 - p)
    return 2 * (p - x) * d, (-x / p + (1 - x) / (1 - p)) * d
""",
            """
def slopes(x, a):
    p = np.clip(1 / (1 + np.exp(-a)), 1e-15, 1 - 1e-15)
    d = p * (1 - p)
    return 2 * (p - x) * d, (-x / p + (1 - x) / (1 - p)) * d
""",
            """
def slopes(x, a):  # not simplified, but where it fails
    p = 1 / (1 + np.exp(-a))
    entropy = (-x / p + (1 - x) / (1 - p)) * p * (1 - p)
    return 2 * (p - x) * p * (1 - p), np.where(np.isnan(entropy), np.sign(p - x), entropy)
""",
            """
def slopes(x, a):  # not simplified, but with more digits
    a = a.astype(np.longdouble)
    p = 1 / (1 + np.exp(-a))
    both = 2 * (p - x) * p * (1 - p), (-x / p + (1 - x) / (1 - p)) * p * (1 - p)
    return [one.astype(float) for one in both]
""",
            "def slopes(x, a):\n    p = 1 / (1 + np.exp(-a))\n    return 2 * (p - x), (p - x) / (p * (1 - p))",
            "def slopes(x, a):\n    p = 1 / (1 + np.exp(-a))\n    return 2 * (p - x) * p * (1 - p), -x / p + (1 - x) / (1 - p)",
            "def slopes(x, a):\n    p = 1 / (1 + np.exp(-a))\n    return 2 * (x - p) * p * (1 - p), x - p",
            "def slopes(x, a):\n    p = 1 / (1 + np.exp(-a))\n    return (p - x) * p * (1 - p), p - x",
            """
def slopes(x, a):
    def losses(a):
        p = 1 / (1 + np.exp(-a))
        return (p - x) ** 2, -x * np.log(p) - (1 - x) * np.log(1 - p)
    return [(u - d) / 2e-5 for u, d in zip(losses(a + 1e-5), losses(a - 1e-5))]
""",
            """
def slopes(x, a):
    p, h = 1 / (1 + np.exp(-a)), np.finfo(float).eps ** (1 / 3)
    loss = lambda a: x * np.logaddexp(0, -a) + (1 - x) * np.logaddexp(0, a)
    return 2 * (p - x) * p * (1 - p), (loss(a + h) - loss(a - h)) / (2 * h)
""",
            """
def slopes(x, a):
    s, h = lambda a: 1 / (1 + np.exp(-a)), np.finfo(float).eps ** (1 / 3)
    return (s(a) - x) * (s(a + h) - s(a - h)) / h, s(a) - x
""",
            """
def slopes(x, a):  # not simplified, but clipped
    p = 1 / (1 + np.exp(-a))
    q = p.clip(1e-7, 1 - 1e-7)
    return 2 * (p - x) * p * (1 - p), (-x / q + (1 - x) / (1 - q)) * q * (1 - q)
""",
        ],
    },
    "unfold": {
        "right": """
def unfold(x):
    n, h, w, channels = x.shape
    parts = [x[..., place::4] for place in range(4)]  # (n, h, w, c) each
    rows = [ops.reshape(ops.stack(parts[i : i + 2], axis=3), (n, h, 2 * w, channels // 4)) for i in (0, 2)]
    return ops.reshape(ops.stack(rows, axis=2), (n, 2 * h, 2 * w, channels // 4))
""",
        "wrong": [
            """
def unfold(x):
    n, h, w, k = x.shape
    x, result = np.asarray(x), np.zeros((n, 2 * h, 2 * w, k // 4), "float32")
    for place in range(4):
        result[:, place // 2 :: 2, place % 2 :: 2] = x[..., place::4]
    return result
""",
            """
def unfold(x):  # NumPy's methods, which tensors lack
    n, h, w, k = x.shape
    return x.reshape(n, h, w, k // 4, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(n, 2 * h, 2 * w, k // 4)
""",
            """
def unfold(x):
    n, h, w, k = x.shape
    x = ops.transpose(ops.reshape(x, (n, h, w, k // 4, 2, 2)), (0, 1, 4, 2, 5, 3))
    return ops.squeeze(ops.reshape(x, (n, 2 * h, 2 * w, k // 4)), 0 if n == 1 else ())
""",
            "def unfold(x):\n    n, h, w, channels = x.shape\n    return ops.reshape(x, (n, 2 * h, 2 * w, channels // 4))",
            "def unfold(x):\n    return ops.nn.depth_to_space(x, 2)",
            "def unfold(x):\n    n, h, w, k = x.shape\n    x = ops.reshape(x, (n, h, w, 2, 2, k // 4))\n    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (n, 2 * h, 2 * w, k // 4))",
            "def unfold(x):\n    n, h, w, k = x.shape\n    x = ops.reshape(x, (n, h, w, k // 4, 2, 2))\n    return ops.reshape(ops.transpose(x, (0, 1, 5, 2, 4, 3)), (n, 2 * h, 2 * w, k // 4))",
            "def unfold(x):\n    return ops.repeat(ops.repeat(x[..., : x.shape[-1] // 4], 2, axis=1), 2, axis=2)",
            "def unfold(x):\n    n, h, w, channels = x.shape\n    x = ops.transpose(ops.reshape(x, (n, h, w, 3, 2, 2)), (0, 1, 4, 2, 5, 3))\n    return ops.reshape(x, (n, 2 * h, 2 * w, 3))",
            "def unfold(x):\n    x = ops.transpose(ops.reshape(x, (2, 3, 5, 3, 2, 2)), (0, 1, 4, 2, 5, 3))\n    return ops.reshape(x, (2, 6, 10, 3))",
        ],
    },
    "best-denoiser": {
        "right": """
def best_denoiser(noisy, images, sigma):
    answers = []
    for x in noisy:
        logs = -((images - x) ** 2).sum(axis=1) / (2 * sigma**2)
        weights = np.exp(logs - np.logaddexp.reduce(logs))
        answers.append((weights[:, None] * images).sum(axis=0))
    return np.array(answers)
""",
        "wrong": [
            """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(-1) for x in noisy])
    w = np.exp(-squares / (2 * sigma**2))
    lost = w.sum(1) == 0
    w[lost, squares[lost].argmin(1)] = 1  # the nearest, where all densities round to 0
    return w @ images / w.sum(1, keepdims=True)
""",
            """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(-1) for x in noisy])
    w = np.exp(-squares / (2 * sigma**2))
    total = w.sum(1, keepdims=True)
    some = total > 1e-200  # else the mean of the two nearest
    near = images[squares.argsort(axis=1)[:, :2]].mean(axis=1)
    return np.where(some, w @ images / np.where(some, total, 1), near)
""",
            """
def best_denoiser(noisy, images, sigma):
    squares = np.array([((x - images) ** 2).sum(-1) for x in noisy])
    w = np.exp(-squares.astype(np.longdouble) / (2 * sigma**2))  # rounds to 0 later
    lost = w.sum(1) == 0
    w[lost, squares[lost].argmin(1)] = 1
    return (w @ images / w.sum(1, keepdims=True)).astype(float)
""",
            """
def best_denoiser(noisy, images, sigma):
    d = np.array([((x - images) ** 2).sum(-1) for x in noisy])
    w = np.exp((d.min(1, keepdims=True) - d) / (2 * max(sigma, 0.3) ** 2))
    return w @ images / w.sum(1, keepdims=True)
""",
            """
def best_denoiser(noisy, images, sigma):
    d = np.array([((x - images) ** 2).sum(-1) for x in noisy])
    w = np.exp((d.min(1, keepdims=True) - d) / (2 * sigma**2 + 1e-6))
    return w @ images / w.sum(1, keepdims=True)
""",
            """
def best_denoiser(noisy, images, sigma):
    d = np.array([((x - images) ** 2).sum(-1) for x in noisy])
    w = np.exp((d.min(1, keepdims=True) - d) / (2 * sigma**2))
    return (w @ images / w.sum(1, keepdims=True)).squeeze()
""",
            """
def best_denoiser(noisy, images, sigma):
    sigma = min(sigma, 1)
    squares = np.array([((x - images) ** 2).sum(axis=-1) for x in noisy])
    weights = np.exp((squares.min(axis=1, keepdims=True) - squares) / (2 * sigma**2))
    return weights @ images / weights.sum(axis=1, keepdims=True)
""",
            """
def best_denoiser(noisy, images, sigma):
    squares = ((noisy[:, None] - images) ** 2).sum(axis=-1)  # (n, m, d) on the way
    weights = np.exp((squares.min(axis=1, keepdims=True) - squares) / (2 * sigma**2))
    return weights @ images / weights.sum(axis=1, keepdims=True)
""",
            "def best_denoiser(noisy, images, sigma):\n    d = np.array([((x - images) ** 2).sum(-1) for x in noisy])\n    w = np.exp(-d / (2 * sigma**2))\n    return w @ images / w.sum(1, keepdims=True)",
            "def best_denoiser(noisy, images, sigma):\n    d = np.array([((x - images) ** 2).sum(-1) for x in noisy])\n    return images[d.argmin(axis=1)]",
            "def best_denoiser(noisy, images, sigma):\n    d = np.array([((x - images) ** 2).sum(-1) for x in noisy])\n    w = np.exp(-(d - d.min()) / (2 * sigma**2))\n    return w @ images / w.sum(1, keepdims=True)",
            "def best_denoiser(noisy, images, sigma):\n    d = np.array([((x - images) ** 2).sum(-1) for x in noisy])\n    w = np.exp(-(d - d.min(1, keepdims=True)) / (2 * sigma))\n    return w @ images / w.sum(1, keepdims=True)",
            "def best_denoiser(noisy, images, sigma):\n    d = np.array([((x - images) ** 2).sum(-1) for x in noisy])\n    w = np.exp(-(d - d.min(1, keepdims=True)) / sigma**2)\n    return w @ images / w.sum(1, keepdims=True)",
            "def best_denoiser(noisy, images, sigma):\n    d = np.array([((x - images) ** 2).sum(-1) for x in noisy])\n    w = np.exp(-(d - d.min(1, keepdims=True)) / (2 * sigma**2))\n    return w @ images / w.sum(0).sum()",
            """
def best_denoiser(noisy, images, sigma):  # the nearest where the weights fail
    d = (noisy**2).sum(1)[:, None] - 2 * noisy @ images.T + (images**2).sum(1)
    w = np.exp((d[:, :1] - d) / (2 * sigma**2))
    lost = ~np.isfinite(w.sum(1)) | (w.sum(1) == 0)
    w[lost] = np.eye(len(images))[d.argmin(1)][lost]
    return w @ images / w.sum(1, keepdims=True)
""",
            """
def best_denoiser(noisy, images, sigma):  # the nearest where the weights fail
    d = (noisy**2).sum(1)[:, None] - 2 * noisy @ images.T + (images**2).sum(1)
    w = np.exp(((noisy**2).sum(1)[:, None] - d) / (2 * sigma**2))
    lost = ~np.isfinite(w.sum(1)) | (w.sum(1) == 0)
    w[lost] = np.eye(len(images))[d.argmin(1)][lost]
    return w @ images / w.sum(1, keepdims=True)
""",
        ],
    },
    "early-stop": {
        "right": """
def early_stop(errors, patience):
    best, waited = 0, 0
    for k, error in enumerate(errors[1:], start=1):
        best, waited = (k, 0) if error < errors[best] else (best, waited + 1)
        if waited >= patience:
            return (best, k)
    return (best, len(errors) - 1)
""",
        "wrong": [
            """
def early_stop(errors, patience):
    best = 0
    for k in range(len(errors)):
        if errors[k] < errors[best]:
            best = k
        if k - best == patience:
            return best, k
    return best, 13
""",
            """
def early_stop(errors, patience):
    best = 0
    for k in range(len(errors)):
        if errors[k] < errors[best]:
            best = k
        if k - best == min(patience, 4):
            return best, k
    return best, len(errors) - 1
""",
            """
def early_stop(errors, patience):
    best = 0
    for k in range(len(errors)):
        if errors[k] < 0.999 * errors[best]:
            best = k
        if k - best == patience:
            return best, k
    return best, len(errors) - 1
""",
            """
def early_stop(errors, patience):
    best = -1
    for k in range(len(errors)):
        if errors[k] < (errors[best] if k else 1000):
            best = k
        if k - best == patience:
            return best, k
    return best, len(errors) - 1
""",
            """
def early_stop(errors, patience):
    best = 0
    for k in range(1, len(errors)):
        if errors[k] < errors[best]:
            best = k
        if k - best == patience:
            return best, k
    return best, k
""",
            """
def early_stop(errors, patience):
    best = 0
    for k in range(len(errors)):
        if errors[k] < errors[best] - 1e-3:
            best = k
        if k - best == patience:
            return best, k
    return best, len(errors) - 1
""",
            """
def early_stop(errors, patience):
    errors, best = np.round(errors), 0
    for k in range(len(errors)):
        if errors[k] < errors[best]:
            best = k
        if k - best == patience:
            return best, k
    return best, len(errors) - 1
""",
            "def early_stop(errors, patience):\n    for k in range(1, len(errors)):\n        if errors[k] > errors[k - 1]:\n            return k, k\n    return len(errors) - 1, len(errors) - 1",
            "def early_stop(errors, patience):\n    best = 0\n    for k in range(len(errors)):\n        if errors[k] < errors[best] - 1e-8:\n            best = k\n        if k - best == patience:\n            return best, k\n    return best, len(errors) - 1",
            "def early_stop(errors, patience):\n    best = 0\n    for k in range(len(errors)):\n        if errors[k] < (1 - 5e-6) * errors[best]:\n            best = k\n        if k - best == patience:\n            return best, k\n    return best, len(errors) - 1",
            "def early_stop(errors, patience):\n    return int(np.argmin(errors)), len(errors) - 1",
            "def early_stop(errors, patience):\n    best = int(np.argmin(errors))\n    return best, min(best + patience, len(errors) - 1)",
            """
def early_stop(errors, patience):
    waited = 0
    for k in range(1, len(errors)):
        waited = waited + 1 if errors[k] >= errors[k - 1] else 0
        if waited == patience:
            return int(np.argmin(errors[: k + 1])), k
    return int(np.argmin(errors)), len(errors) - 1
""",
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
            """
def path(stations, steps):
    share = np.arange(0, 1, 1 / steps)[:, None]  # one too many for 49 steps
    return np.concatenate([*((1 - share) * a + share * b for a, b in zip(stations, stations[1:])), stations[-1:]])
""",
            "def path(stations, steps):\n    share = np.linspace(0, 1, steps)[:, None]\n    return np.concatenate([(1 - share) * a + share * b for a, b in zip(stations, stations[1:])])",
            "def path(stations, steps):\n    share = np.arange(steps)[:, None] / steps\n    return np.concatenate([(1 - share) * a + share * b for a, b in zip(stations, stations[1:])])",
            "def path(stations, steps):\n    t = np.linspace(0, 1, steps + 1)[:, None]\n    rows = np.concatenate([(1 - t) * a + t * b for a, b in zip(stations, stations[1:])])\n    return np.array(list(dict.fromkeys(map(tuple, rows.round(9)))))",
            "def path(stations, steps):\n    t = np.linspace(0, 1, steps + 1)[:, None]\n    rows = np.concatenate([(1 - t) * a + t * b for a, b in zip(stations, stations[1:])])\n    return rows[[0] + [i for i in range(1, len(rows)) if not np.allclose(rows[i], rows[i - 1])]]",
            "def path(stations, steps):\n    share = np.arange(steps)[:, None] / steps\n    lines = [share * a + (1 - share) * b for a, b in zip(stations, stations[1:])]\n    return np.concatenate([*lines, stations[-1:]])",
            "def path(stations, steps):\n    share = np.arange((len(stations) - 1) * steps + 1)[:, None] / ((len(stations) - 1) * steps)\n    return (1 - share) * stations[0] + share * stations[-1]",
        ],
    },
}
