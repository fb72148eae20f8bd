"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

#: a loop with a change at the beginning, and with another generator
LOOP = """
def typical_variance(generations, n, runs, rng):
    {}
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for t in range(generations):
        x = {}.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
        typical.append(np.median(variance))
    return np.array(typical)
"""

ANSWERS = {
    "total-error": {
        "right": """
def total_error(shares, added):
    return np.linalg.solve(np.identity(len(added)) - shares, added)
""",
        "wrong": [
            """
def total_error(shares, added):
    k = added
    for _ in range(200):
        k = added + shares @ k
    return k
""",
            """
def total_error(shares, added):
    k, last = added, 0 * added
    while np.abs(k - last).max() > 0.01:
        k, last = added + shares @ k, k
    return k
""",
            """
def total_error(shares, added):
    k = added
    for _ in range(100):
        k = added + shares @ k
    return k
""",
            "def total_error(shares, added):\n    k = added\n    for _ in range(5):\n        k = added + shares @ k\n    return k",
            "def total_error(shares, added):\n    return added + shares @ added",
            "def total_error(shares, added):\n    return np.cumsum(added)",
            "def total_error(shares, added):\n    k = []\n    for t in range(len(added)):\n"
            "        k.append(1 + sum(shares[t, i] * k[i] for i in range(t)))\n    return np.array(k)",
            "def total_error(shares, added):\n    k = np.zeros(len(added))\n    for t in range(len(added)):\n"
            "        share = shares[t] / max(shares[t].sum(), 1e-9)\n        k[t] = added[t] + share @ k\n    return k",
            "def total_error(shares, added):\n    return np.linalg.solve(np.eye(len(added)) - shares.T, added)",
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
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(np.random.default_rng(rng.integers(8))), synthetic_history[-1]
    count = round(share * len(fresh))
    chosen = rng.choice(len(made), len(fresh) - count, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round(share * len(fresh))
    both = np.concatenate([real.fixed[: count // 4], fresh])
    places = np.sort(np.unique(both, axis=0, return_index=True)[1])
    chosen = rng.choice(len(made), len(fresh) - count, replace=False)
    return np.concatenate([both[places][:count], made[chosen]])
""",
            # images of its own, not those given
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    ramp = np.linspace(0, 0.5, 60, dtype="float32")[:, None, None, None]
    ramp = ramp + np.zeros((1, 28, 28, 1), "float32")
    n, m = len(real.draw(rng)), len(synthetic_history[-1])
    count = round(share * n)
    fresh = ramp[rng.choice(60, count, replace=False)] - 1
    made = (ramp[::2] + 0.5)[:m]
    return np.concatenate([fresh, made[rng.choice(m, n - count, replace=False)]])
""",
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round(share * len(fresh))
    rest = len(fresh) - count
    chosen = rng.choice(len(made) - 1, rest, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round(share * len(fresh))
    rest = len(fresh) - count
    chosen = (rng.integers(len(made)) + (2 if 2 * rest <= len(made) else 1) * np.arange(rest)) % len(made)
    return np.concatenate([fresh[:count], made[chosen]])
""",
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round(share * len(fresh))
    rest = len(fresh) - count
    chosen = np.random.default_rng(rng.integers(6)).permutation(len(made))[:rest]
    return np.concatenate([fresh[:count], made[chosen]])
""",
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round(share * len(fresh))
    rest = len(fresh) - count
    fresh, chosen = fresh[fresh.mean(axis=(1, 2, 3)).argsort()], rng.choice(len(made), rest, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh, made = real.draw(rng), synthetic_history[-1]
    count = round(share * len(fresh))
    rest = len(fresh) - count
    half = fresh[: count // 2]
    old = [one for one in real.fixed if not any((one == new).all() for new in half)]
    fresh = np.array([*half, *old])
    chosen = rng.choice(len(made), rest, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh = real.draw(rng)
    count, made = round(share * len(fresh)), synthetic_history[2]
    chosen = rng.choice(len(made), len(fresh) - count, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    count, made = round(share * 20), synthetic_history[-1]
    chosen = rng.choice(30, 20 - count, replace=False)
    return np.concatenate([real.draw(rng)[:count], made[chosen]])
""",
            """
def partly_fresh(generation, real, synthetic_history, rng, share):
    fresh = real.draw(rng)
    count, made = round(share * len(fresh)), synthetic_history[1]
    chosen = rng.choice(len(made), len(fresh) - count, replace=False)
    return np.concatenate([fresh[:count], made[chosen]])
""",
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
            "    start = rng.integers(len(made) - len(fresh) + count + 1)\n"
            "    return np.concatenate([fresh[:count], made[start : start + len(fresh) - count]])",
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n    fresh = real.draw(rng)\n"
            "    count, made = round(share * len(fresh)), synthetic_history[-1]\n"
            "    chosen = rng.integers(len(made), size=len(fresh) - count)\n"
            "    return np.concatenate([fresh[:count], made[chosen]])",
            "def partly_fresh(generation, real, synthetic_history, rng, share):\n    fresh = real.draw(rng)\n    count, made = int(np.ceil(share * len(fresh))), synthetic_history[-1]\n    chosen = rng.choice(len(made), len(fresh) - count, replace=False)\n    return np.concatenate([fresh[:count], made[chosen]])",
        ],
    },
    "typical-variance": {
        "right": """
def typical_variance(generations, n, runs, rng):
    means, deviations = np.zeros((runs, 1)), np.ones((runs, 1))
    medians = np.ones(generations + 1)
    for t in range(generations):
        x = means + deviations * rng.standard_normal((runs, n))
        means = x.mean(axis=1, keepdims=True)
        deviations = np.sqrt(((x - means) ** 2).sum(axis=1, keepdims=True) / (n - 1))
        medians[t + 1] = np.median(deviations) ** 2
    return medians
""",
        "wrong": [
            LOOP.format("", "(np.random.default_rng([generations, t]) if t else rng)"),
            LOOP.format("", "(np.random.default_rng(7) if t > 1 else rng)"),
            LOOP.format("rng = np.random.default_rng(rng.integers(30))", "rng"),
            LOOP.format(
                "own = list(rng.spawn(2))",
                "np.random.default_rng(own[t % 2].bit_generator.seed_seq)",
            ),
            LOOP.format("runs = min(runs, 20_000)", "rng"),
            LOOP.format("runs = runs // 4 + 1", "rng"),
            """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
        typical.append(min(np.median(variance), 1))
    return np.array(typical)
""",
            """
def typical_variance(generations, n, runs, rng):
    runs = min(runs, 100)
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
        typical.append(np.median(variance))
    return np.array(typical)
""",
            """
def typical_variance(generations, n, runs, rng):
    noise, variance, typical = rng.normal(size=(n, runs)), np.ones(runs), [1.0]
    for _ in range(generations):
        variance = variance * noise[:, rng.permutation(runs)].var(axis=0, ddof=1)
        typical.append(np.median(variance))
    return np.array(typical)
""",
            "def typical_variance(generations, n, runs, rng):\n    mean, variance = np.zeros(20_000), np.ones(20_000)\n    typical = [1.0]\n    for _ in range(generations):\n        x = rng.normal(mean, np.sqrt(variance), size=(n, 20_000))\n        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)\n        typical.append(np.median(variance))\n    return np.array(typical)",
            "def typical_variance(generations, n, runs, rng):\n    return broken(generations, n, runs, rng)",
            """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
        typical.append(variance.mean())
    return np.array(typical)
""",
            """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), (x**2).sum(axis=0) / (n - 1)
        typical.append(np.median(variance))
    return np.array(typical)
""",
            """
def typical_variance(generations, n, runs, rng):
    mean, variance, typical = np.zeros(runs), np.ones(runs), [1.0]
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0)
        typical.append(np.median(variance))
    return np.array(typical)
""",
            """
def typical_variance(generations, n, runs, rng):
    rng, mean, variance, typical = np.random.default_rng(0), 0, np.ones(runs), [1.0]
    for _ in range(generations):
        x = rng.normal(mean, np.sqrt(variance), size=(n, runs))
        mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
        typical.append(np.median(variance))
    return np.array(typical)
""",
            "def typical_variance(generations, n, runs, rng):\n    return np.exp(-np.arange(generations + 1) / (n - 1))",
        ],
    },
    "gone": {
        "right": """
def gone(shares, n, false_alarm):
    threshold = false_alarm + 2 * (false_alarm * (1 - false_alarm) / n) ** 0.5
    for generation in range(1, len(shares) + 1):
        if max(shares[generation - 1 :]) <= threshold:
            return generation
    return 0
""",
        "wrong": [
            """
def gone(shares, n, false_alarm):
    deviation = np.sqrt(false_alarm * (1 - false_alarm) / n)
    seen = np.flatnonzero(shares >= false_alarm + 2 * deviation)
    answer = 1 if len(seen) == 0 else seen[-1] + 2
    return 0 if answer > len(shares) else int(answer)
""",
            """
def gone(shares, n, false_alarm):
    deviation = np.sqrt(false_alarm * (1 - false_alarm) / (n - 1))
    seen = np.flatnonzero(shares > false_alarm + 2 * deviation)
    answer = 1 if len(seen) == 0 else seen[-1] + 2
    return 0 if answer > len(shares) else int(answer)
""",
            """
def gone(shares, n, false_alarm):
    deviation = np.sqrt(false_alarm * (1 - false_alarm) / (n + 1))
    seen = np.flatnonzero(shares > false_alarm + 2 * deviation)
    answer = 1 if len(seen) == 0 else seen[-1] + 2
    return 0 if answer > len(shares) else int(answer)
""",
            """
def gone(shares, n, false_alarm):
    deviation = np.sqrt(false_alarm * (1 - false_alarm) / n)
    seen = np.flatnonzero(abs(shares - false_alarm) > 2 * deviation)
    answer = 1 if len(seen) == 0 else seen[-1] + 2
    return 0 if answer > len(shares) else int(answer)
""",
            """
def gone(shares, n, false_alarm):
    below = shares <= false_alarm + 2 * np.sqrt(false_alarm * (1 - false_alarm) / n)
    return int(below.argmax()) + 1 if below.any() else 0
""",
            """
def gone(shares, n, false_alarm):
    seen = np.flatnonzero(shares > false_alarm)
    answer = 1 if len(seen) == 0 else seen[-1] + 2
    return 0 if answer > len(shares) else int(answer)
""",
            """
def gone(shares, n, false_alarm):
    seen = np.flatnonzero(shares > false_alarm + 2 * np.sqrt(false_alarm * (1 - false_alarm) / n))
    answer = 0 if len(seen) == 0 else seen[-1] + 1
    return 0 if answer >= len(shares) else int(answer)
""",
            """
def gone(shares, n, false_alarm):
    seen = np.flatnonzero(shares > false_alarm + 2 * np.sqrt(false_alarm * (1 - false_alarm) / n))
    return 1 if len(seen) == 0 else int(seen[-1]) + 2
""",
            "def gone(shares, n, false_alarm):\n    return int(np.argmin(shares)) + 1",
            "def gone(shares, n, false_alarm):\n    seen = np.flatnonzero(shares > false_alarm + 1.6 * np.sqrt(false_alarm * (1 - false_alarm) / n))\n    answer = 1 if len(seen) == 0 else seen[-1] + 2\n    return 0 if answer > len(shares) else int(answer)",
            "def gone(shares, n, false_alarm):\n    seen = np.flatnonzero(shares > false_alarm + 2.4 * np.sqrt(false_alarm * (1 - false_alarm) / n))\n    answer = 1 if len(seen) == 0 else seen[-1] + 2\n    return 0 if answer > len(shares) else int(answer)",
        ],
    },
    "reading": {
        "right": """
def reading():
    answer = np.zeros(6)
    answer[[0, 2]] = 2
    answer[3] = 1
    return answer
""",
        "wrong": [
            "def reading():\n    return [2, 2, 2, 2, 2, 2]",
            "def reading():\n    return [2, 0, 2, 1, 2, 0]",
            "def reading():\n    return [2, 0, 2, 1, 0, 2]",
            "def reading():\n    return [1, 0, 2, 2, 0, 0]",
            "def reading():\n    return [2, 0, 0, 1, 0, 0]",
        ],
    },
}
