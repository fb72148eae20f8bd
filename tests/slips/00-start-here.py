"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "to-images": {
        "images from 0 to 1": """
def to_images(pixels):
    return (pixels / 255.0)[..., None].astype("float32")
""",
        "arithmetic in uint8, which wraps around": """
def to_images(pixels):
    return ((2 * pixels - 255) / 255)[..., None].astype("float32")
""",
        "float64 is left": """
def to_images(pixels):
    return (pixels / 127.5 - 1)[..., None]
""",
        "no axis of channels": """
def to_images(pixels):
    return pixels.astype("float32") / 127.5 - 1
""",
        "the batch's own darkest and brightest pixel become -1 and 1": """
def to_images(pixels):
    x = pixels.astype("float32")
    return (2 * (x - x.min()) / (x.max() - x.min()) - 1)[..., None]
""",
        "128 in place of 127.5": """
def to_images(pixels):
    return (pixels.astype("float32") / 128 - 1)[..., None]
""",
    },
    "posterior": {
        "priors left out": """
def posterior(x, means, stds, priors):
    p = normal_density(x[:, None], means, stds)
    return p / p.sum(axis=1, keepdims=True)
""",
        "densities not divided by their deviations": """
def posterior(x, means, stds, priors):
    p = priors * np.exp(-0.5 * ((x[:, None] - means) / stds) ** 2)
    return p / p.sum(axis=1, keepdims=True)
""",
        "not divided by the sum": """
def posterior(x, means, stds, priors):
    return priors * normal_density(x[:, None], means, stds)
""",
        "the sum over the values of x": """
def posterior(x, means, stds, priors):
    p = priors * normal_density(x[:, None], means, stds)
    return p / p.sum(axis=0)
""",
        "the factor 1/2 is missing": """
def posterior(x, means, stds, priors):
    p = priors / stds * np.exp(-(((x[:, None] - means) / stds) ** 2))
    return p / p.sum(axis=1, keepdims=True)
""",
        "a deviation where the variance belongs": """
def posterior(x, means, stds, priors):
    p = priors / stds * np.exp(-((x[:, None] - means) ** 2) / (2 * stds))
    return p / p.sum(axis=1, keepdims=True)
""",
    },
    "components-for": {
        "one too few": """
def components_for(variances, share):
    return int((variances.cumsum() / variances.sum() < share).sum())
""",
        "a share that is just reached counts as missed": """
def components_for(variances, share):
    return int((variances.cumsum() / variances.sum() <= share).sum()) + 1
""",
        "one too many at share 1, by rounding": """
def components_for(variances, share):
    return int((variances.cumsum() / variances.sum() < share).sum()) + 1
""",
        "a share of their number": """
def components_for(variances, share):
    return int(np.ceil(share * len(variances)))
""",
        "sums instead of shares": """
def components_for(variances, share):
    return int((variances.cumsum() < share).sum()) + 1
""",
        "smallest first": """
def components_for(variances, share):
    kept = np.sort(variances).cumsum()
    return int((kept < share * kept[-1]).sum()) + 1
""",
    },
    "draw-codes": {
        "a variance where a deviation belongs": """
def draw_codes(n, variances, spread, rng):
    return rng.normal(size=(n, len(variances))) * spread * variances
""",
        "the spread multiplies the deviation": """
def draw_codes(n, variances, spread, rng):
    return rng.normal(size=(n, len(variances))) * spread * np.sqrt(variances)
""",
        "the spread is forgotten": """
def draw_codes(n, variances, spread, rng):
    return rng.normal(size=(n, len(variances))) * np.sqrt(variances)
""",
        "one draw for all entries of a code": """
def draw_codes(n, variances, spread, rng):
    return rng.normal(size=(n, 1)) * np.sqrt(spread * variances)
""",
        "NumPy's global generator": """
def draw_codes(n, variances, spread, rng):
    return np.random.normal(size=(n, len(variances))) * np.sqrt(spread * variances)
""",
        "a generator of its own": """
def draw_codes(n, variances, spread, rng):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, len(variances))) * np.sqrt(spread * variances)
""",
    },
    "log-density": {
        "no normalising constant": """
def log_density(codes, variances):
    return -0.5 * (codes**2 / variances).sum(axis=-1)
""",
        "the sum over the codes": """
def log_density(codes, variances):
    return -0.5 * (codes**2 / variances + np.log(2 * np.pi * variances)).sum(axis=0)
""",
        "the factor 1/2 is missing": """
def log_density(codes, variances):
    return -(codes**2 / variances + np.log(2 * np.pi * variances)).sum(axis=-1)
""",
        "variances taken for deviations": """
def log_density(codes, variances):
    terms = (codes / variances) ** 2 + np.log(2 * np.pi * variances**2)
    return -0.5 * terms.sum(axis=-1)
""",
        "a logarithm to base 10": """
def log_density(codes, variances):
    terms = codes**2 / variances + np.log10(2 * np.pi * variances)
    return -0.5 * terms.sum(axis=-1)
""",
        "a mean in place of the sum": """
def log_density(codes, variances):
    return -0.5 * (codes**2 / variances + np.log(2 * np.pi * variances)).mean(axis=-1)
""",
    },
}
