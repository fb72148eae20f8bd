"""For each exercise: one right answer in another style, and plausible wrong ones."""

ANSWERS = {
    "collage": {
        "right": """
def collage(first, second, share):
    left = np.arange(first.shape[2]) < round(share * first.shape[2])
    return np.where(left[None, None, :, None], first, second)
""",
        "wrong": [
            # the other way round
            """
def collage(first, second, share):
    column = round(share * 28)
    return np.concatenate([second[:, :, :column], first[:, :, column:]], axis=2)
""",
            # rows instead of columns
            """
def collage(first, second, share):
    row = round(share * 28)
    return np.concatenate([first[:, :row], second[:, row:]], axis=1)
""",
            # always half
            """
def collage(first, second, share):
    return np.concatenate([first[:, :, :14], second[:, :, 14:]], axis=2)
""",
        ],
    },
    "different-pairs": {
        "right": """
def different_pairs(n, count, rng):
    return np.array([rng.permutation(count)[:2] for _ in range(n)])
""",
        "wrong": [
            # may be the same
            """
def different_pairs(n, count, rng):
    return rng.integers(count, size=(n, 2))
""",
            # always neighbours
            """
def different_pairs(n, count, rng):
    first = rng.integers(count, size=n)
    return np.stack([first, (first + 1) % count], axis=1)
""",
            # another generator
            """
def different_pairs(n, count, rng):
    return np.array([np.random.permutation(count)[:2] for _ in range(n)])
""",
        ],
    },
    "variance-kept": {
        "right": """
def variance_kept(share):
    return 1 - 2 * share + 2 * np.square(share)
""",
        "wrong": [
            """
def variance_kept(share):
    return np.ones_like(share)
""",
            """
def variance_kept(share):
    return share**2
""",
            """
def variance_kept(share):
    return 1 - share / 2 if np.ndim(share) == 0 else 1 - np.asarray(share) / 2
""",
        ],
    },
    "nearest": {
        "right": """
def nearest(image, images):
    flat = images.reshape(len(images), -1) - image.ravel()
    return int(np.argmin(np.linalg.norm(flat, axis=1)))
""",
        "wrong": [
            # signed differences
            """
def nearest(image, images):
    return int((images - image).sum(axis=(1, 2, 3)).argmin())
""",
            # absolute differences
            """
def nearest(image, images):
    return int(np.abs(images - image).sum(axis=(1, 2, 3)).argmin())
""",
            # the farthest
            """
def nearest(image, images):
    return int(((images - image) ** 2).sum(axis=(1, 2, 3)).argmax())
""",
        ],
    },
}
