"""For each exercise: what is easily done wrong, and code that does it."""

CARD = """
def unsupported(ours, rival, copied, share, real):
    holds = {
        "better": ours[1] == rival[1] and ours[0] < rival[0],
        "few copies": copied[1] <= 0.01,
        "loses nobody": share[0] >= real / 2,
        "saves energy": ours[3] < rival[2],
    }
    return [claim for claim, is_supported in holds.items() if not is_supported]
"""

SLIPS = {
    "threshold-for-many": {
        "the number of pictures is forgotten": """
def is_marked(r, w, alarms, n):
    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)
    return z > threshold(0.001)
""",
        "a cosine": """
def is_marked(r, w, alarms, n):
    z = (r * w).sum(axis=1) / np.linalg.norm(r, axis=1) / np.linalg.norm(w, axis=1)
    return z > threshold(alarms / n)
""",
        "not divided by the residual's norm": """
def is_marked(r, w, alarms, n):
    return (r * w).sum(axis=1) / np.linalg.norm(w, axis=1) > threshold(alarms / n)
""",
        "scores in place of an answer": """
def is_marked(r, w, alarms, n):
    return (r * w).sum(axis=1) / np.linalg.norm(r, axis=1)
""",
    },
    "highest-alarm": {
        "the hit rate is forgotten": """
def highest_alarm(base, hits, wanted):
    return min(1.0, base * (1 - wanted) / (wanted * (1 - base)))
""",
        "the share of wrong accusations taken for the rate": """
def highest_alarm(base, hits, wanted):
    return 1 - wanted
""",
        "a rate above 1": """
def highest_alarm(base, hits, wanted):
    return base * hits * (1 - wanted) / (wanted * (1 - base))
""",
        "real pictures are all pictures": """
def highest_alarm(base, hits, wanted):
    return min(1.0, base * hits * (1 - wanted) / wanted)
""",
    },
    "forge": {
        "not scaled": """
def forge(images, marked, others, strength):
    return np.clip(images + strength * (marked.mean(axis=0) - others.mean(axis=0)), -1, 1)
""",
        "not clipped": """
def forge(images, marked, others, strength):
    estimate = marked.mean(axis=0) - others.mean(axis=0)
    return images + strength * estimate / estimate.std()
""",
        "others not subtracted": """
def forge(images, marked, others, strength):
    estimate = marked.mean(axis=0)
    return np.clip(images + strength * estimate / estimate.std(), -1, 1)
""",
        "pairs subtracted": """
def forge(images, marked, others, strength):
    estimate = (marked - others).mean(axis=0)[:1]
    return np.clip(images + strength * estimate / estimate.std(), -1, 1)
""",
        "one number for all pixels": """
def forge(images, marked, others, strength):
    return np.clip(images + strength * (marked.mean() - others.mean()), -1, 1)
""",
    },
    "amplified": {
        "a difference alone": """
def amplified(real, n, made, m):
    return made / m - real / n
""",
        "the samples' variance alone": """
def amplified(real, n, made, m):
    p, q = real / n, made / m
    return (q - p) / np.sqrt(q * (1 - q) / m)
""",
        "shrunk taken for grown": """
def amplified(real, n, made, m):
    p, q = real / n, made / m
    return (p - q) / np.sqrt(p * (1 - p) / n + q * (1 - q) / m)
""",
        "deviations added": """
def amplified(real, n, made, m):
    p, q = real / n, made / m
    return (q - p) / (np.sqrt(p * (1 - p) / n) + np.sqrt(q * (1 - q) / m))
""",
    },
    "unsupported": {
        "numbers of images ignored": CARD.replace("ours[1] == rival[1] and ", ""),
        "the kind end of the copied share": CARD.replace("copied[1]", "copied[0]"),
        "the kind end of the share": CARD.replace("share[0]", "share[1]"),
        "the kind ends of the energies": CARD.replace("rival[2]", "rival[3]"),
        "the supported claims": CARD.replace("if not is", "if is"),
    },
}
