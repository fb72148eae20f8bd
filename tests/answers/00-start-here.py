"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "to-images": {
        "right": """
def to_images(pixels):
    scaled = (np.float32(pixels) - 127.5) / np.float32(127.5)
    return scaled.reshape(len(pixels), 28, 28, 1)
""",
        "wrong": [
            "def to_images(pixels):\n    return (pixels / 255.0)[..., None].astype('float32')",
            "def to_images(pixels):\n    return pixels.astype('float32') / 127.5 - 1",
            "def to_images(pixels):\n    return (pixels / 127.5 - 1)[..., None]",
            "def to_images(pixels):\n    return ((2 * pixels - 255) / 255)[..., None].astype('float32')",
        ],
    },
    "posterior": {
        "right": """
def posterior(x, means, stds, priors):
    logs = np.log(priors) - np.log(stds) - 0.5 * ((x[:, None] - means) / stds) ** 2
    logs = logs - logs.max(axis=1, keepdims=True)
    return np.exp(logs) / np.exp(logs).sum(axis=1)[:, None]
""",
        "wrong": [
            "def posterior(x, means, stds, priors):\n    p = normal_density(x[:, None], means, stds)\n    return p / p.sum(axis=1, keepdims=True)",
            "def posterior(x, means, stds, priors):\n    p = priors * np.exp(-0.5 * ((x[:, None] - means) / stds) ** 2)\n    return p / p.sum(axis=1, keepdims=True)",
            "def posterior(x, means, stds, priors):\n    return priors * normal_density(x[:, None], means, stds)",
            "def posterior(x, means, stds, priors):\n    p = priors * normal_density(x[:, None], means, stds)\n    return p / p.sum(axis=0)",
        ],
    },
    "components-for": {
        "right": """
def components_for(variances, share):
    kept, total = 0.0, float(sum(variances))
    for number, variance in enumerate(variances, 1):
        kept += variance
        if kept / total >= share:
            return number
    return len(variances)
""",
        "wrong": [
            "def components_for(variances, share):\n    return int((variances.cumsum() / variances.sum() < share).sum())",
            "def components_for(variances, share):\n    return int((variances.cumsum() / variances.sum() <= share).sum()) + 1",
            "def components_for(variances, share):\n    return int(np.ceil(share * len(variances)))",
            "def components_for(variances, share):\n    return int((variances.cumsum() < share).sum()) + 1",
        ],
    },
    "draw-codes": {
        "right": """
def draw_codes(n, variances, spread, rng):
    columns = [rng.normal(0.0, (spread * v) ** 0.5, size=n) for v in variances]
    return np.stack(columns, axis=1)
""",
        "wrong": [
            "def draw_codes(n, variances, spread, rng):\n    return rng.normal(size=(n, len(variances))) * spread * variances",
            "def draw_codes(n, variances, spread, rng):\n    return rng.normal(size=(n, len(variances))) * spread * np.sqrt(variances)",
            "def draw_codes(n, variances, spread, rng):\n    return rng.normal(size=(n, 1)) * np.sqrt(spread * variances)",
            "def draw_codes(n, variances, spread, rng):\n    return rng.uniform(-1, 1, size=(n, len(variances))) * np.sqrt(3 * spread * variances)",
            "def draw_codes(n, variances, spread, rng):\n    return np.random.normal(size=(n, len(variances))) * np.sqrt(spread * variances)",
        ],
    },
    "log-density": {
        "right": """
def log_density(codes, variances):
    normaliser = np.log(2 * np.pi * np.asarray(variances)).sum() / 2
    return np.array([-normaliser - (z * z / (2 * variances)).sum() for z in codes])
""",
        "wrong": [
            "def log_density(codes, variances):\n    return -0.5 * (codes**2 / variances).sum(axis=-1)",
            "def log_density(codes, variances):\n    return -0.5 * (codes**2 / variances + np.log(2 * np.pi * variances)).sum(axis=0)",
            "def log_density(codes, variances):\n    return -(codes**2 / variances + np.log(2 * np.pi * variances)).sum(axis=-1)",
            "def log_density(codes, variances):\n    return -0.5 * (codes**2 / variances**2 + np.log(2 * np.pi * variances)).sum(axis=-1)",
        ],
    },
}
