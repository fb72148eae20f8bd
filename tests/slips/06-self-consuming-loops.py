"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "gaussian-step": {
        "the spread is forgotten": """
def gaussian_step(mean, variance, n, spread, rng):
    x = rng.normal(mean, np.sqrt(variance), size=(n, len(mean)))
    return x.mean(axis=0), x.var(axis=0, ddof=1)
""",
        "λ multiplies the deviation": """
def gaussian_step(mean, variance, n, spread, rng):
    x = rng.normal(mean, spread * np.sqrt(variance), size=(n, len(mean)))
    return x.mean(axis=0), x.var(axis=0, ddof=1)
""",
        "a variance where the deviation belongs": """
def gaussian_step(mean, variance, n, spread, rng):
    x = rng.normal(mean, spread * variance, size=(n, len(mean)))
    return x.mean(axis=0), x.var(axis=0, ddof=1)
""",
        "divided by n": """
def gaussian_step(mean, variance, n, spread, rng):
    x = rng.normal(mean, np.sqrt(spread * variance), size=(n, len(mean)))
    return x.mean(axis=0), x.var(axis=0)
""",
        "around 0": """
def gaussian_step(mean, variance, n, spread, rng):
    x = rng.normal(0, np.sqrt(spread * variance), size=(n, len(mean)))
    return x.mean(axis=0), x.var(axis=0, ddof=1)
""",
        "one draw for all runs": """
def gaussian_step(mean, variance, n, spread, rng):
    x = mean + np.sqrt(spread * variance) * rng.normal(size=(n, 1))
    return x.mean(axis=0), x.var(axis=0, ddof=1)
""",
        "along the wrong axis": """
def gaussian_step(mean, variance, n, spread, rng):
    x = rng.normal(mean, np.sqrt(spread * variance), size=(n, len(mean)))
    return x.mean(axis=1), x.var(axis=1, ddof=1)
""",
        "a deviation is returned": """
def gaussian_step(mean, variance, n, spread, rng):
    x = rng.normal(mean, np.sqrt(spread * variance), size=(n, len(mean)))
    return x.mean(axis=0), x.std(axis=0, ddof=1)
""",
        "NumPy's global generator": """
def gaussian_step(mean, variance, n, spread, rng):
    x = np.random.normal(mean, np.sqrt(spread * variance), size=(n, len(mean)))
    return x.mean(axis=0), x.var(axis=0, ddof=1)
""",
    },
    "two-protocols": {
        "the first generation in place of the last": """
def replace_all(generation, real, synthetic_history, rng):
    return synthetic_history[0]


def keep_all(generation, real, synthetic_history, rng):
    return np.concatenate([real.fixed, *synthetic_history])
""",
        "only the last generation is kept": """
def replace_all(generation, real, synthetic_history, rng):
    return synthetic_history[-1]


def keep_all(generation, real, synthetic_history, rng):
    return np.concatenate([real.fixed, synthetic_history[-1]])
""",
        "the real images are left out": """
def replace_all(generation, real, synthetic_history, rng):
    return synthetic_history[-1]


def keep_all(generation, real, synthetic_history, rng):
    return np.concatenate(synthetic_history)
""",
        "real images where there should be none": """
def replace_all(generation, real, synthetic_history, rng):
    return np.concatenate([real.fixed, synthetic_history[-1]])


def keep_all(generation, real, synthetic_history, rng):
    return np.concatenate([real.fixed, *synthetic_history])
""",
        "newly drawn in place of the fixed": """
def replace_all(generation, real, synthetic_history, rng):
    return synthetic_history[-1]


def keep_all(generation, real, synthetic_history, rng):
    return np.concatenate([real.draw(rng), *synthetic_history])
""",
        "the history is changed": """
def replace_all(generation, real, synthetic_history, rng):
    return synthetic_history[-1]


def keep_all(generation, real, synthetic_history, rng):
    synthetic_history.insert(0, real.fixed)
    return np.concatenate(synthetic_history)
""",
    },
    "partly-fresh": {
        "rounded down": """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = int(share * len(fresh))
    chosen = rng.choice(len(made), len(fresh) - count, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
        "the fixed images in place of new ones": """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.fixed, synthetic_history[-1]
    count = round(share * len(fresh))
    chosen = rng.choice(len(made), len(fresh) - count, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
        "the share is that of synthetic ones": """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round((1 - share) * len(fresh))
    chosen = rng.choice(len(made), len(fresh) - count, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
        "the first samples, not random ones": """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round(share * len(fresh))
    return np.concatenate([fresh[:count], made[: len(fresh) - count]])
""",
        "a sample may come twice": """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round(share * len(fresh))
    chosen = rng.integers(len(made), size=len(fresh) - count)
    return np.concatenate([fresh[:count], made[chosen]])
""",
        "the first generation in place of the last": """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[0]
    count = round(share * len(fresh))
    chosen = rng.choice(len(made), len(fresh) - count, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
        "NumPy's global generator": """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round(share * len(fresh))
    chosen = np.random.choice(len(made), len(fresh) - count, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
    },
    "collapse": {
        "variances of single numbers": """
def collapse(first, now):
    return np.log(now.var(axis=0, ddof=1) / first.var(axis=0, ddof=1)).mean()
""",
        "the sum of the variances": """
def collapse(first, now):
    return np.log(np.trace(np.cov(now.T)) / np.trace(np.cov(first.T)))
""",
        "not divided by d": """
def collapse(first, now):
    a, b = (np.linalg.slogdet(np.cov(c.T))[1] for c in (first, now))
    return b - a
""",
        "divided by n": """
def collapse(first, now):
    a, b = (np.linalg.slogdet(np.cov(c.T))[1] for c in (first, now))
    return (b - a) / len(first)
""",
        "the sign": """
def collapse(first, now):
    a, b = (np.linalg.slogdet(np.cov(c.T))[1] for c in (first, now))
    return (a - b) / first.shape[1]
""",
        "not centred": """
def collapse(first, now):
    a, b = (np.linalg.slogdet(c.T @ c / (len(c) - 1))[1] for c in (first, now))
    return (b - a) / first.shape[1]
""",
        "covariances with n": """
def collapse(first, now):
    a, b = (np.linalg.slogdet(np.cov(c.T, bias=True))[1] for c in (first, now))
    return (b - a) / first.shape[1]
""",
    },
    "effective-size": {
        "the mean of the quotients": """
def effective_size(shift, dimensions):
    return np.mean(dimensions / shift)
""",
        "the dimensions are forgotten": """
def effective_size(shift, dimensions):
    return 1 / np.mean(shift)
""",
        "the median in place of the mean": """
def effective_size(shift, dimensions):
    return dimensions / np.median(shift)
""",
        "upside down": """
def effective_size(shift, dimensions):
    return np.mean(shift) / dimensions
""",
        "one number for each column": """
def effective_size(shift, dimensions):
    return dimensions / np.mean(shift, axis=0)
""",
    },
    "neon-step": {
        "towards the synthetic weights": """
def neon_step(real_weights, synthetic_weights, w):
    return [(1 - w) * a + w * b for a, b in zip(real_weights, synthetic_weights)]
""",
        "real and synthetic exchanged": """
def neon_step(real_weights, synthetic_weights, w):
    return [(1 + w) * b - w * a for a, b in zip(real_weights, synthetic_weights)]
""",
        "weights that do not add up to 1": """
def neon_step(real_weights, synthetic_weights, w):
    return [a - w * b for a, b in zip(real_weights, synthetic_weights)]
""",
        "the arguments are changed": """
def neon_step(real_weights, synthetic_weights, w):
    for a, b in zip(real_weights, synthetic_weights):
        a += w * (a - b)
    return real_weights
""",
        "the first array alone": """
def neon_step(real_weights, synthetic_weights, w):
    for a, b in zip(real_weights, synthetic_weights):
        return [(1 + w) * a - w * b]
""",
    },
    "snap": {
        "the largest product": """
def snap(codes, centres):
    return centres[(codes @ centres.T).argmax(axis=1)]
""",
        "places in place of centres": """
def snap(codes, centres):
    return ((codes[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
""",
        "the largest difference as the distance": """
def snap(codes, centres):
    return centres[np.abs(codes[:, None] - centres).max(axis=-1).argmin(axis=1)]
""",
        "the sum of the differences as the distance": """
def snap(codes, centres):
    return centres[np.abs(codes[:, None] - centres).sum(axis=-1).argmin(axis=1)]
""",
        "signed differences": """
def snap(codes, centres):
    return centres[(codes[:, None] - centres).sum(axis=-1).argmin(axis=1)]
""",
        "the farthest": """
def snap(codes, centres):
    return centres[((codes[:, None] - centres) ** 2).sum(axis=-1).argmax(axis=1)]
""",
    },
}
