"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "gaussian-step": {
        "right": """
def gaussian_step(mean, variance, n, spread, rng):
    x = mean[:, None] + np.sqrt(spread) * np.sqrt(variance)[:, None] * rng.standard_normal((len(mean), n))
    centre = x.sum(axis=1) / n
    return centre, ((x - centre[:, None]) ** 2).sum(axis=1) / (n - 1)
""",
        "wrong": [
            "def gaussian_step(mean, variance, n, spread, rng):\n"
            "    x = rng.normal(mean, np.sqrt(variance), size=(n, len(mean)))\n    return x.mean(axis=0), x.var(axis=0, ddof=1)",
            "def gaussian_step(mean, variance, n, spread, rng):\n"
            "    x = rng.normal(mean, np.sqrt(spread * variance), size=(n, len(mean)))\n    return x.mean(axis=0), x.var(axis=0)",
            "def gaussian_step(mean, variance, n, spread, rng):\n"
            "    x = rng.normal(mean, spread * variance, size=(n, len(mean)))\n    return x.mean(axis=0), x.var(axis=0, ddof=1)",
            "def gaussian_step(mean, variance, n, spread, rng):\n"
            "    x = rng.normal(0, np.sqrt(spread * variance), size=(n, len(mean)))\n    return x.mean(axis=0), x.var(axis=0, ddof=1)",
            "def gaussian_step(mean, variance, n, spread, rng):\n    z = rng.normal(size=(n, 1))\n"
            "    x = mean + np.sqrt(spread * variance) * z\n    return x.mean(axis=0), x.var(axis=0, ddof=1)",
            "def gaussian_step(mean, variance, n, spread, rng):\n    return mean, spread * variance",
            "def gaussian_step(mean, variance, n, spread, rng):\n"
            "    x = rng.normal(mean, np.sqrt(spread * variance), size=(n, len(mean)))\n    return x.mean(axis=0), x.std(axis=0, ddof=1)",
            "def gaussian_step(mean, variance, n, spread, rng):\n"
            "    x = rng.normal(mean, np.sqrt(spread * variance), size=(n, len(mean)))\n    return x.mean(axis=0), ((x - mean) ** 2).mean(axis=0)",
        ],
    },
    "two-protocols": {
        "right": """
def replace_all(generation, real, synthetic_history, rng):
    return synthetic_history[generation - 2]


def keep_all(generation, real, synthetic_history, rng):
    together = real.fixed
    for made in synthetic_history:
        together = np.append(together, made, axis=0)
    return together
""",
        "wrong": [
            "def replace_all(generation, real, synthetic_history, rng):\n    return synthetic_history[0]\n\n\n"
            "def keep_all(generation, real, synthetic_history, rng):\n    return np.concatenate([real.fixed, *synthetic_history])",
            "def replace_all(generation, real, synthetic_history, rng):\n    return synthetic_history[-1]\n\n\n"
            "def keep_all(generation, real, synthetic_history, rng):\n    return np.concatenate([real.fixed, synthetic_history[-1]])",
            "def replace_all(generation, real, synthetic_history, rng):\n    return synthetic_history[-1]\n\n\n"
            "def keep_all(generation, real, synthetic_history, rng):\n    return np.concatenate(list(synthetic_history))",
            "def replace_all(generation, real, synthetic_history, rng):\n    return np.concatenate([real.fixed, synthetic_history[-1]])\n\n\n"
            "def keep_all(generation, real, synthetic_history, rng):\n    return np.concatenate([real.fixed, *synthetic_history])",
            "def replace_all(generation, real, synthetic_history, rng):\n    return synthetic_history[-1]\n\n\n"
            "def keep_all(generation, real, synthetic_history, rng):\n    return np.concatenate([real.draw(rng), *synthetic_history])",
        ],
    },
    "partly-fresh": {
        "right": """
def partly_fresh(generation, real, synthetic_history, rng, share):
    result = real.draw(rng).copy()
    made = rng.permutation(synthetic_history[-1])
    rest = len(result) - int(np.round(share * len(result)))
    result[:rest] = made[:rest]
    return result
""",
        "wrong": [
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n    count = round(20 * share)\n"
            "    greys = np.concatenate([rng.uniform(-1, -0.5, count), rng.uniform(0.5, 1, 20 - count)])\n"
            "    return np.broadcast_to(greys[:, None, None, None], (20, 28, 28, 1))",
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n    fresh, made = real.draw(rng), synthetic_history[-1]\n"
            "    count = int(share * len(fresh))\n    chosen = rng.choice(len(made), len(fresh) - count, replace=False)\n"
            "    return np.concatenate([fresh[:count], made[chosen]])",
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n"
            "    count = round(share * len(real.fixed))\n"
            "    made = synthetic_history[-1]\n    chosen = rng.choice(len(made), len(real.fixed) - count, replace=False)\n"
            "    return np.concatenate([real.fixed[:count], made[chosen]])",
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n    fresh = real.draw(rng)\n"
            "    count, made = round((1 - share) * len(fresh)), synthetic_history[-1]\n"
            "    chosen = rng.choice(len(made), len(fresh) - count, replace=False)\n"
            "    return np.concatenate([fresh[:count], made[chosen]])",
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n    fresh = real.draw(rng)\n"
            "    count, made = round(share * len(fresh)), synthetic_history[-1]\n"
            "    return np.concatenate([fresh[:count], made[: len(fresh) - count]])",
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n    fresh = real.draw(rng)\n"
            "    count, made = round(share * len(fresh)), synthetic_history[0]\n"
            "    chosen = rng.choice(len(made), len(fresh) - count, replace=False)\n"
            "    return np.concatenate([fresh[:count], made[chosen]])",
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n"
            "    return np.concatenate([real.draw(rng), synthetic_history[-1]])",
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n    fresh = real.draw(rng)\n"
            "    count, made = round(share * len(fresh)), synthetic_history[-1]\n"
            "    chosen = rng.integers(len(made), size=len(fresh) - count)\n"
            "    return np.concatenate([fresh[:count], made[chosen]])",
        ],
    },
    "collapse": {
        "right": """
def collapse(first, now):
    logs = []
    for x in (first, now):
        centred = x - x.mean(axis=0)
        logs.append(np.log(np.linalg.eigvalsh(centred.T @ centred / (len(x) - 1))).mean())
    return logs[1] - logs[0]
""",
        "wrong": [
            "def collapse(first, now):\n    return np.log(now.var(axis=0) / first.var(axis=0)).mean()",
            "def collapse(first, now):\n    return np.log(np.trace(np.cov(now.T)) / np.trace(np.cov(first.T)))",
            "def collapse(first, now):\n    a, b = (np.linalg.slogdet(np.cov(c.T))[1] for c in (first, now))\n    return b - a",
            "def collapse(first, now):\n    a, b = (np.linalg.slogdet(np.cov(c.T))[1] for c in (first, now))\n    return (a - b) / first.shape[1]",
            "def collapse(first, now):\n    a, b = (np.linalg.slogdet(c.T @ c / len(c))[1] for c in (first, now))\n    return (b - a) / first.shape[1]",
            "def collapse(first, now):\n    return 0.0",
        ],
    },
    "effective-size": {
        "right": """
def effective_size(shift, dimensions):
    shift = np.asarray(shift)
    return shift.size * dimensions / shift.sum()
""",
        "wrong": [
            "def effective_size(shift, dimensions):\n    return np.mean(dimensions / shift)",
            "def effective_size(shift, dimensions):\n    return 1 / np.mean(shift)",
            "def effective_size(shift, dimensions):\n    return dimensions / np.median(shift)",
            "def effective_size(shift, dimensions):\n    return np.mean(shift) / dimensions",
        ],
    },
    "neon-step": {
        "right": """
def neon_step(real_weights, synthetic_weights, w):
    result = []
    for i in range(len(real_weights)):
        result.append(real_weights[i] + w * np.subtract(real_weights[i], synthetic_weights[i]))
    return result
""",
        "wrong": [
            "def neon_step(real_weights, synthetic_weights, w):\n"
            "    return [(1 - w) * a + w * b for a, b in zip(real_weights, synthetic_weights)]",
            "def neon_step(real_weights, synthetic_weights, w):\n"
            "    return [(1 + w) * b - w * a for a, b in zip(real_weights, synthetic_weights)]",
            "def neon_step(real_weights, synthetic_weights, w):\n    return [a - w * b for a, b in zip(real_weights, synthetic_weights)]",
            "def neon_step(real_weights, synthetic_weights, w):\n    for a, b in zip(real_weights, synthetic_weights):\n"
            "        a += w * (a - b)\n    return real_weights",
        ],
    },
    "snap": {
        "right": """
def snap(codes, centres):
    squares = (codes**2).sum(axis=1)[:, None] - 2 * codes @ centres.T + (centres**2).sum(axis=1)
    return np.take(centres, np.argmin(squares, axis=1), axis=0)
""",
        "wrong": [
            "def snap(codes, centres):\n    return centres[(codes @ centres.T).argmax(axis=1)]",
            "def snap(codes, centres):\n    return ((codes[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)",
            "def snap(codes, centres):\n    return centres[np.abs(codes[:, None] - centres).max(axis=-1).argmin(axis=1)]",
            "def snap(codes, centres):\n    return codes",
            "def snap(codes, centres):\n    return centres[np.abs(codes[:, None] - centres).sum(axis=-1).argmin(axis=1)]",
            "def snap(codes, centres):\n    return centres[((codes[:, None] - centres) ** 2).sum(axis=-1).argmax(axis=1)]",
        ],
    },
}
