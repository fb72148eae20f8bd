"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

HIGHEST = """
def highest_alarm(base, hits, wanted):
    rate = base * hits * (1 - wanted) / (wanted * (1 - base))
    return 1.0 if {any_will_do} else min(rate, 1.0)
"""
BETTER = """
def unsupported(ours, rival, copied, share, real):
    same = ours[1] == rival[1]
    holds = {comparable} and {nearer}, copied[1] <= 0.01, share[0] >= real / 2, ours[3] < rival[2]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, one in zip(names, holds) if not one]
"""
#: wrong conditions for "any rate will do"
ANY_WILL_DO = (
    *("base >= wanted and hits >= wanted", "base >= wanted and hits >= 0.5"),
    *("base >= wanted and hits >= base", "base >= wanted and hits >= 0.9"),
    *("base >= 3 * wanted", "base >= wanted + 0.3", "base > 0.6 and hits > 0.7", "wanted < 0.1"),
    *("base * hits >= 1 - base", "base * hits >= wanted * (1 - base)"),
    *(f"base * hits >= {part} * wanted" for part in (0.6, 0.8, 0.9, 0.95)),
    *(f"rate > {rate}" for rate in (0.5, 0.8, 0.9, 0.95, 0.99)),
)
FEWER = "(same or ours[1] < rival[1])"
#: when distances of different numbers are said to be comparable, and what is nearer then
COMPARED = (
    *(("True", f"ours[0] < rival[0] * (1 if same else {part})") for part in (0.99, 0.5, 0.1)),
    *(("True", f"ours[0] + (not same) * {margin} < rival[0]") for margin in (0.5, 1, 3)),
    *(
        (f"(same or min(ours[1], rival[1]) >= {number})", "ours[0] < rival[0]")
        for number in (2000, 5000, 8000, 10_000, 50_000)
    ),
    ("(same or 2 * ours[1] <= rival[1])", "ours[0] < rival[0]"),
    *((FEWER, f"ours[0] < rival[0] * (1 if same else {part})") for part in (0.9, 0.5, 0.1)),
    ("(same or ours[0] * ours[1] < rival[0] * rival[1])", "ours[0] < rival[0]"),
    ("abs(ours[1] / rival[1] - 1) < 0.1", "ours[0] < rival[0] * (1 if same else 0.5)"),
)

ANSWERS = {
    "threshold-for-many": {
        "right": """
def is_marked(r, w, alarms, n):
    products = np.einsum("ij,ij->i", r, w)
    return products > threshold(alarms / n) * np.sqrt(np.square(r).sum(axis=-1))
""",
        "also right": [
            """
def is_marked(r, w, alarms, n):  # with few digits
    r, w = r.astype("float32"), w.astype("float32")
    return (r * w).sum(axis=1) / np.linalg.norm(r, axis=1) > np.float32(threshold(alarms / n))
""",
        ],
        "wrong": [
            """
def is_marked(r, w, alarms, n):
    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)
    return np.append(z[:-1] > threshold(alarms / n), False)
""",
            """
def is_marked(r, w, alarms, n):
    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)
    return z > np.median(z)
""",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > threshold(alarms / (n + 1) / 20)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > threshold(0.001)",
            """
def is_marked(r, w, alarms, n):
    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)
    return z > {100: 1.6449, 1000: 3.0902, 10**6: 5.1993}.get(n, threshold(1 / n))
""",
            # three scores by the rate
            """
def is_marked(r, w, alarms, n):
    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)
    rate = alarms / n
    return z > (1.6449 if rate > 0.01 else 3.0902 if rate > 1e-5 else 5.1993)
""",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1) / np.linalg.norm(w, axis=1)\n    return z > threshold(alarms / n)",
            "def is_marked(r, w, alarms, n):\n    return (r * w).sum(axis=1) > threshold(alarms / n)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return np.abs(z) > threshold(alarms / n)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > threshold(1 - (1 - 1 / n) ** alarms)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > threshold(1 - np.exp(-alarms / n))",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > threshold(alarms / (n - 1))",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > round(threshold(alarms / n), 2)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / r.std(axis=1) / 28\n    return z > threshold(alarms / n)",
            # a limit from the batch's own scores: its ends, gaps or order
            "def is_marked(r, w, alarms, n):\n    s = (r * w).sum(axis=1)\n    return s > s[:2].mean()",
            "def is_marked(r, w, alarms, n):\n    s = (r * w).sum(axis=1)\n    return s > s[-2:].mean()",
            "def is_marked(r, w, alarms, n):\n    s = (r * w).sum(axis=1)\n    return s > s[[0, 1, -2, -1]].mean()",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > z[:2].mean()",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > z[-2:].mean()",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > z[[0, 1, -2, -1]].mean()",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    s = np.sort(z)\n    i = np.argmin(np.diff(s))\n    return z > (s[i] + s[i + 1]) / 2",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    s = np.sort(z)\n    i = np.argmax(np.diff(s))\n    return z > (s[i] + s[i + 1]) / 2",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    s = np.sort(z)\n    i = np.flatnonzero(np.diff(s) < 0.013)[0]\n    return z > (s[i] + s[i + 1]) / 2",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    s = np.sort(z)\n    i = np.flatnonzero(np.diff(s) < 0.013)[-1]\n    return z > (s[i] + s[i + 1]) / 2",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > np.sort(z)[-6]",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return z > np.quantile(z, 1 - alarms / n)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)\n    return (z - z.mean()) / z.std() > threshold(alarms / n)",
            # one size for all residuals
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r[0])\n    return z > threshold(alarms / n)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1).mean()\n    return z > threshold(alarms / n)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.median(np.linalg.norm(r, axis=1))\n    return z > threshold(alarms / n)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / (28 * np.sqrt((r**2).mean()))\n    return z > threshold(alarms / n)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r) * np.sqrt(len(r))\n    return z > threshold(alarms / n)",
            "def is_marked(r, w, alarms, n):\n    z = (r * w).sum(axis=1) / np.linalg.norm(r)\n    return z > threshold(alarms / n) / np.sqrt(len(r))",
        ],
    },
    "highest-alarm": {
        "right": """
def highest_alarm(base, hits, wanted):
    odds, goal = base / (1 - base), wanted / (1 - wanted)
    return float(np.clip(hits * odds / goal, 0, 1))
""",
        "also right": [
            """
def highest_alarm(base, hits, wanted):  # with few digits
    base, hits, wanted = map(np.float32, (base, hits, wanted))
    return min((base * hits / wanted - base * hits) / (1 - base), np.float32(1))
""",
        ],
        "wrong": [
            """
def highest_alarm(base, hits, wanted):  # the highest of many rates
    rates = np.linspace(0, 1, 1_000_001)
    return rates[base * hits / (base * hits + (1 - base) * rates) >= wanted].max()
""",
            "def highest_alarm(base, hits, wanted):\n    return 1 - wanted",
            "def highest_alarm(base, hits, wanted):\n    return base * hits * (1 - wanted) / (wanted * (1 - base))",
            "def highest_alarm(base, hits, wanted):\n    return min(1, base * hits * (1 - wanted) / wanted)",
            "def highest_alarm(base, hits, wanted):\n    return min(1, base * (1 - wanted) / (wanted * (1 - base)))",
            "def highest_alarm(base, hits, wanted):\n    return 1.0 if base >= wanted else base * hits * (1 - wanted) / (wanted * (1 - base))",
            "def highest_alarm(base, hits, wanted):\n    return 1.0 if base * hits > wanted else base * hits * (1 - wanted) / (wanted * (1 - base))",
            "def highest_alarm(base, hits, wanted):\n    return base * hits * (1 - wanted) / (wanted * (1 - base)) if wanted > 0.5 else 1.0",
            "def highest_alarm(base, hits, wanted):\n    return base * hits * (1 - wanted) / (wanted * (1 - base)) if base < 0.5 else 1.0",
            *(HIGHEST.format(any_will_do=one) for one in ANY_WILL_DO),
            *(
                "def highest_alarm(base, hits, wanted):\n"
                "    rate = base * hits * (1 - wanted) / (wanted * (1 - base))\n" + line
                for line in (
                    "    return rate if rate < 1.05 else 1.0",
                    "    return min(rate, 0.99)",
                )
            ),
        ],
    },
    "forge": {
        "right": """
def forge(images, marked, others, strength):
    learned = np.mean(marked, 0) - np.mean(others, 0)
    learned = learned * (strength / np.std(learned))
    return np.minimum(np.maximum(images + learned, -1), 1)
""",
        "also right": [
            """
def forge(images, marked, others, strength):  # each channel by itself
    learned = marked.mean(axis=0) - others.mean(axis=0)
    return np.clip(images + strength * learned / learned.std(axis=(0, 1)), -1, 1)
""",
        ],
        "wrong": [
            # one channel for all
            """
def forge(images, marked, others, strength):
    learned = (marked.mean(axis=0) - others.mean(axis=0)).mean(axis=-1, keepdims=True)
    return np.clip(images + strength * learned / learned.std(), -1, 1)
""",
            """
def forge(images, marked, others, strength):
    learned = (marked.mean(axis=0) - others.mean(axis=0))[..., :1]
    return np.clip(images + strength * learned / learned.std(), -1, 1)
""",
            """
def forge(images, marked, others, strength):
    learned = marked.mean(axis=0) - others.mean(axis=0)
    return np.clip(images + strength * learned, -1, 1)
""",
            """
def forge(images, marked, others, strength):
    learned = marked.mean(axis=0)
    return np.clip(images + strength * learned / learned.std(), -1, 1)
""",
            """
def forge(images, marked, others, strength):
    learned = marked.mean(axis=0) - others.mean(axis=0)
    return images + strength * learned / learned.std()
""",
            """
def forge(images, marked, others, strength):
    learned = marked.mean(axis=0) - others.mean(axis=0)
    return np.clip(images - strength * learned / learned.std(), -1, 1)
""",
        ],
    },
    "amplified": {
        "right": """
def amplified(real, n, made, m):
    both = (real + made) / (n + m)
    return (made / m - real / n) / np.sqrt(both * (1 - both) * (1 / n + 1 / m))
""",
        "also right": [
            "def amplified(real, n, made, m):\n    p, q = real / n, made / m\n    return (q - p) / np.sqrt(p * (1 - p) / (n - 1) + q * (1 - q) / (m - 1))",
            """
def amplified(real, n, made, m):
    p, q = real / n, made / m
    return (q - p) / np.sqrt((p + q) / 2 * (1 - (p + q) / 2) * (1 / n + 1 / m))
""",
            """
def amplified(real, n, made, m):  # of the mean of both variances
    p, q = real / n, made / m
    return (q - p) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2 * (1 / n + 1 / m))
""",
            """
def amplified(real, n, made, m):  # these angles' variances depend on no share
    p, q = real / n, made / m
    return 2 * (np.arcsin(q**0.5) - np.arcsin(p**0.5)) / np.sqrt(1 / n + 1 / m)
""",
        ],
        "wrong": [
            "def amplified(real, n, made, m):\n    return made / m - real / n",
            "def amplified(real, n, made, m):\n    p, q = real / n, made / m\n    return (q - p) / np.sqrt(q * (1 - q) / m)",
            "def amplified(real, n, made, m):\n    p, q = real / n, made / m\n    return (q - p) / np.sqrt(p * (1 - p) / n)",
            "def amplified(real, n, made, m):\n    p, q = real / n, made / m\n    return (p - q) / np.sqrt(p * (1 - p) / n + q * (1 - q) / m)",
            "def amplified(real, n, made, m):\n    p, q = real / n, made / m\n    return (q - p) / (np.sqrt(p * (1 - p) / n) + np.sqrt(q * (1 - q) / m))",
        ],
    },
    "unsupported": {
        "right": """
def unsupported(ours, rival, copied, share, real):
    found = []
    if ours[1] != rival[1] or not ours[0] < rival[0]:
        found.append("better")
    if max(copied) > 0.01:
        found.append("few copies")
    if min(share) < 0.5 * real:
        found.append("loses nobody")
    if max(ours[2:]) >= min(rival[2:]):
        found.append("saves energy")
    return found
""",
        "wrong": [
            """
def unsupported(ours, rival, copied, share, real):
    holds = {
        "better": ours[1] == rival[1] and ours[0] < rival[0],
        "few copies": copied[1] <= 0.01,
        "loses nobody": share[0] >= real / 2,
        "saves energy": ours[3] < rival[2] or ours[2] > rival[3],
    }
    return [claim for claim in holds if not holds[claim]]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = {
        "better": ours[1] == rival[1] and ours[0] < rival[0],
        "few copies": not copied[0] <= 0.01 < copied[1],
        "loses nobody": share[0] >= real / 2,
        "saves energy": ours[3] < rival[2],
    }
    return [claim for claim in holds if not holds[claim]]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = {
        "better": ours[1] == rival[1] and ours[0] < rival[0],
        "few copies": copied[1] <= 0.01,
        "loses nobody": not share[0] < real / 2 <= share[1],
        "saves energy": ours[3] < rival[2],
    }
    return [claim for claim in holds if not holds[claim]]
""",
            "def unsupported(ours, rival, copied, share, real):\n    holds = {\n        'better': ours[1] == rival[1] and ours[0] < rival[0],\n        'few copies': copied[1] <= 0.01,\n        'loses nobody': share[0] >= share[1] / 2,\n        'saves energy': ours[3] < rival[2],\n    }\n    return [claim for claim in holds if not holds[claim]]",
            "def unsupported(ours, rival, copied, share, real):\n    holds = {\n        'better': ours[1] == rival[1] and ours[0] < rival[0],\n        'few copies': copied[1] <= 0.01,\n        'loses nobody': share[0] >= real / 2,\n        'saves energy': ours[3] < 2 * ours[2],\n    }\n    return [claim for claim in holds if not holds[claim]]",
            """
def unsupported(ours, rival, copied, share, real):
    better = ours[1] <= rival[1] and ours[0] < rival[0]  # of fewer images
    holds = better, copied[1] <= 0.01, share[0] >= real / 2, ours[3] < rival[2]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, one in zip(names, holds) if not one]
""",
            """
def unsupported(ours, rival, copied, share, real):
    faults = [ours[1] != rival[1] or ours[0] >= rival[0], np.mean(copied) > 0.01]
    faults += [share[0] < real / 2, ours[3] >= rival[2]]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, wrong in zip(names, faults) if wrong]
""",
            "def unsupported(ours, rival, copied, share, real):\n    return []",
            "def unsupported(ours, rival, copied, share, real):\n    return ['better', 'few copies', 'loses nobody', 'saves energy']",
            """
def unsupported(ours, rival, copied, share, real):
    holds = {
        "better": ours[0] < rival[0],
        "few copies": copied[1] <= 0.01,
        "loses nobody": share[0] >= real / 2,
        "saves energy": ours[3] < rival[2],
    }
    return [claim for claim, is_supported in holds.items() if not is_supported]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = {
        "better": ours[1] == rival[1] and ours[0] < rival[0],
        "few copies": copied[0] <= 0.01,
        "loses nobody": share[1] >= real / 2,
        "saves energy": ours[2] < rival[3],
    }
    return [claim for claim, is_supported in holds.items() if not is_supported]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = {
        "better": ours[1] == rival[1] and ours[0] < rival[0],
        "few copies": copied[1] <= 0.01,
        "loses nobody": share[0] >= real / 2,
        "saves energy": ours[3] < rival[2],
    }
    return [claim for claim, is_supported in holds.items() if is_supported]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = ours[1] == rival[1] and ours[0] < rival[0], copied[1] < 0.01, share[0] >= real / 2, ours[3] < rival[2]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, one in zip(names, holds) if not one]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = ours[1] == rival[1] and ours[0] < rival[0], copied[1] <= 0.01, share[0] > real / 2, ours[3] < rival[2]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, one in zip(names, holds) if not one]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = ours[1] == rival[1] and ours[0] < rival[0], copied[1] <= 0.01, share[1] > real, ours[3] < rival[2]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, one in zip(names, holds) if not one]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = ours[1] == rival[1] and ours[0] < rival[0], copied[1] <= 0.01, share[0] >= real / 2, ours[3] <= rival[2]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, one in zip(names, holds) if not one]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = ours[1] == rival[1] and ours[0] <= rival[0], copied[1] <= 0.01, share[0] >= real / 2, ours[3] < rival[2]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, one in zip(names, holds) if not one]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = abs(ours[1] - rival[1]) < 100 and ours[0] < rival[0], copied[1] <= 0.01, share[0] >= real / 2, ours[3] < rival[2]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, one in zip(names, holds) if not one]
""",
            """
def unsupported(ours, rival, copied, share, real):
    holds = ours[1] == rival[1] and round(ours[0], 1) < round(rival[0], 1), copied[1] <= 0.01, share[0] >= real / 2, ours[3] < rival[2]
    names = "better", "few copies", "loses nobody", "saves energy"
    return [name for name, one in zip(names, holds) if not one]
""",
            *(BETTER.format(comparable=one, nearer=nearer) for one, nearer in COMPARED),
            BETTER.format(comparable="same", nearer="ours[0] < rival[0]").replace(
                "share[0] >= real / 2", "(share[0] >= real / 2 or share[0] >= 0.05)"
            ),
        ],
    },
}
