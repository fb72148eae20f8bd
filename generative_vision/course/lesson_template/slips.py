"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "collage": {
        "the other way round": """
def collage(first, second, share):
    column = round(share * first.shape[2])
    return np.concatenate([second[:, :, :column], first[:, :, column:]], axis=2)
""",
        "rows in place of columns": """
def collage(first, second, share):
    row = round(share * first.shape[1])
    return np.concatenate([first[:, :row], second[:, row:]], axis=1)
""",
        "half, whatever the share": """
def collage(first, second, share):
    return np.concatenate([first[:, :, :14], second[:, :, 14:]], axis=2)
""",
        "the first columns of the second image": """
def collage(first, second, share):
    column = round(share * first.shape[2])
    return np.concatenate([first[:, :, :column], second[:, :, : 28 - column]], axis=2)
""",
    },
    "different-pairs": {
        "may be the same": """
def different_pairs(n, count, rng):
    return rng.integers(count, size=(n, 2))
""",
        "beyond the last": """
def different_pairs(n, count, rng):
    first = rng.integers(count, size=n)
    return np.stack([first, first + rng.integers(1, count, size=n)], axis=1)
""",
        "always neighbours": """
def different_pairs(n, count, rng):
    first = rng.integers(count, size=n)
    return np.stack([first, (first + 1) % count], axis=1)
""",
        "NumPy's global generator": """
def different_pairs(n, count, rng):
    return np.array([np.random.permutation(count)[:2] for _ in range(n)])
""",
    },
    "variance-kept": {
        "the shares are not squared": """
def variance_kept(share):
    return share + (1 - share)
""",
        "the second image forgotten": """
def variance_kept(share):
    return share**2
""",
        "a difference in place of a sum": """
def variance_kept(share):
    return share**2 - (1 - share) ** 2
""",
        "the deviation": """
def variance_kept(share):
    return np.sqrt(share**2 + (1 - share) ** 2)
""",
    },
    "nearest": {
        "signed differences": """
def nearest(image, images):
    return int((images - image).sum(axis=(1, 2, 3)).argmin())
""",
        "absolute differences": """
def nearest(image, images):
    return int(np.abs(images - image).sum(axis=(1, 2, 3)).argmin())
""",
        "the farthest": """
def nearest(image, images):
    return int(((images - image) ** 2).sum(axis=(1, 2, 3)).argmax())
""",
        "the distance in place of the index": """
def nearest(image, images):
    return np.sqrt(((images - image) ** 2).sum(axis=(1, 2, 3)).min())
""",
    },
}
