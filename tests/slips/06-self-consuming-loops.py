"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "total-error": {
        "one step back only": """
def total_error(shares, added):
    return added + shares @ added
""",
        "the shares are made to add up to 1": """
def total_error(shares, added):
    k = np.zeros(len(added))
    for t in range(len(added)):
        k[t] = added[t] + shares[t] @ k / max(shares[t].sum(), 1e-9)
    return k
""",
        "each generation adds 1": """
def total_error(shares, added):
    k = np.zeros(len(added))
    for t in range(len(added)):
        k[t] = 1 + shares[t] @ k
    return k
""",
        "what is added is mixed as well": """
def total_error(shares, added):
    k = np.zeros(len(added))
    for t in range(len(added)):
        k[t] = added[t] + shares[t] @ (k + added)
    return k
""",
        "rows and columns exchanged": """
def total_error(shares, added):
    return np.linalg.solve(np.eye(len(added)) - shares.T, added)
""",
        "the last alone": """
def total_error(shares, added):
    k = np.zeros(len(added))
    for t in range(len(added)):
        k[t] = added[t] + shares[t] @ k
    return k[-1]
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
    "typical-variance": {
        "all runs have the same noise": """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = mean + np.sqrt(variance) * rng.normal(size=(n, 1))
        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
        typical.append(np.median(variance))
    return np.array(typical)
""",
        "around 0": """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), (x**2).sum(axis=0) / (n - 1)
        typical.append(np.median(variance))
    return np.array(typical)
""",
        "the mean over runs": """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
        typical.append(variance.mean())
    return np.array(typical)
""",
        "divided by n": """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0)
        typical.append(np.median(variance))
    return np.array(typical)
""",
        "the truth is left out": """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), []
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
        typical.append(np.median(variance))
    return np.array(typical)
""",
        "NumPy's global generator": """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = np.random.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
        typical.append(np.median(variance))
    return np.array(typical)
""",
    },
    "gone": {
        "the first time below": """
def gone(shares, n, false_alarm):
    below = shares <= false_alarm + 2 * np.sqrt(false_alarm * (1 - false_alarm) / n)
    return int(below.argmax()) + 1 if below.any() else 0
""",
        "without the give and take": """
def gone(shares, n, false_alarm):
    seen = np.flatnonzero(shares > false_alarm)
    answer = 1 if len(seen) == 0 else seen[-1] + 2
    return 0 if answer > len(shares) else int(answer)
""",
        "counted from 0": """
def gone(shares, n, false_alarm):
    seen = np.flatnonzero(shares > false_alarm + 2 * np.sqrt(false_alarm * (1 - false_alarm) / n))
    answer = 0 if len(seen) == 0 else seen[-1] + 1
    return 0 if answer >= len(shares) else int(answer)
""",
        "beyond the end": """
def gone(shares, n, false_alarm):
    seen = np.flatnonzero(shares > false_alarm + 2 * np.sqrt(false_alarm * (1 - false_alarm) / n))
    return 1 if len(seen) == 0 else int(seen[-1]) + 2
""",
        "only false alarms": """
def gone(shares, n, false_alarm):
    seen = np.flatnonzero(shares > 2 * np.sqrt(false_alarm * (1 - false_alarm) / n))
    answer = 1 if len(seen) == 0 else seen[-1] + 2
    return 0 if answer > len(shares) else int(answer)
""",
    },
    "reading": {
        "a forecast taken for a finding": """
def reading():
    return [2, 2, 2, 1, 0, 0]
""",
        "an answer that is none": """
def reading():
    return [2, 0, 2, 3, 0, 0]
""",
        "a letter is missing": """
def reading():
    return [2, 0, 2, 1, 0]
""",
        "ours put into the paper": """
def reading():
    return [2, 0, 2, 2, 0, 0]
""",
    },
}
