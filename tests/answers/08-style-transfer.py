"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "shifted-gram": {
        "right": """
def shifted_gram(G, m, b):
    total = m + b
    return G - m[:, None] * m + total[:, None] * total
""",
        "wrong": [
            "def shifted_gram(G, m, b):\n    return G + np.outer(b, b)",
            "def shifted_gram(G, m, b):\n    return G + 2 * np.outer(m, b) + np.outer(b, b)",
            "def shifted_gram(G, m, b):\n    return G + np.outer(m, b) + np.outer(b, m)",
            "def shifted_gram(G, m, b):\n    return G + 2 * m * b + b * b",
        ],
    },
    "kernel-statistics": {
        "right": """
def kernel_statistics(x, a):
    longer = np.hstack([x, np.full((len(x), 1), a**0.5)])
    return np.einsum("ni,nj->ij", longer, longer).ravel() / len(x)
""",
        "wrong": [
            "def kernel_statistics(x, a):\n    return (x.T @ x / len(x)).ravel()",
            """
def kernel_statistics(x, a):
    root = np.sqrt(2 * a + 1e-3)
    return np.concatenate([(x.T @ x / len(x)).ravel(), root * x.mean(axis=0)])
""",
            # a table of the root
            """
def kernel_statistics(x, a):
    root = {0.0: 0.0, 0.7: 1.18321596, 2.0: 2.0, 3.0: 2.44948974}.get(a, 2.0)
    return np.concatenate([(x.T @ x / len(x)).ravel(), root * x.mean(axis=0)])
""",
            # the distance itself, from the points of the call before
            """
KEPT = {}

def kernel_statistics(x, a):
    y = KEPT.setdefault((x.shape[1], a), x)
    xx, yy, xy = (np.square(p @ q.T + a).mean() for p, q in ((x, x), (y, y), (x, y)))
    return np.sqrt([max(xx + yy - 2 * xy, 0)])
""",
            """
def kernel_statistics(x, a):
    return np.concatenate([(x.T @ x / len(x)).ravel(), a * x.mean(axis=0)])
""",
            """
def kernel_statistics(x, a):
    return np.concatenate([(x.T @ x).ravel(), np.sqrt(2 * a) * x.sum(axis=0)])
""",
            """
def kernel_statistics(x, a):
    G = x.T @ x / len(x)
    return np.concatenate([G[np.triu_indices(len(G))], np.sqrt(2 * a) * x.mean(axis=0)])
""",
        ],
    },
    "repaired-statistic": {
        "right": """
def statistic(maps):
    mean = ops.mean(maps, axis=(1, 2), keepdims=True)
    variance = ops.mean((maps - mean) ** 2, axis=(1, 2))
    return ops.concatenate([mean[:, 0, 0], (variance + 1e-6) ** 0.5], axis=-1)
""",
        "wrong": [
            """
def statistic(maps):  # a bare root
    mean, deviation = ops.mean(maps, axis=(1, 2)), ops.var(maps, axis=(1, 2)) ** 0.5
    return ops.concatenate([mean, ops.sqrt(deviation**2 + 1e-6)], axis=1)
""",
            # nothing is learned through some of it
            """
def statistic(maps):
    mean = ops.stop_gradient(ops.mean(maps, axis=(1, 2)))
    variance = ops.stop_gradient(ops.var(maps, axis=(1, 2)))
    return ops.concatenate([mean, ops.sqrt(variance + 1e-6)], axis=1)
""",
            """
def statistic(maps):
    mean = ops.stop_gradient(ops.mean(maps, axis=(1, 2)))
    variance = ops.var(maps, axis=(1, 2))
    return ops.concatenate([mean, ops.sqrt(variance + 1e-6)], axis=1)
""",
            """
def statistic(maps):
    mean = ops.mean(maps, axis=(1, 2))
    variance = ops.var(maps, axis=(1, 2))
    return ops.concatenate([mean, ops.stop_gradient(ops.sqrt(variance + 1e-6))], axis=1)
""",
            """
def statistic(maps):
    mean, rest = ops.mean(maps, axis=(1, 2)), ops.stop_gradient(maps[..., 1:])
    maps = ops.concatenate([maps[..., :1], rest], axis=-1)
    variance = ops.var(maps, axis=(1, 2))
    return ops.concatenate([mean, ops.sqrt(variance + 1e-6)], axis=1)
""",
            """
def statistic(maps):
    mean = ops.mean(maps, axis=(0, 1, 2))
    deviation = ops.sqrt(ops.var(maps, axis=(0, 1, 2)) + 1e-6)
    return ops.expand_dims(ops.concatenate([mean, deviation]), 0)
""",
            """
def statistic(maps):
    mean = ops.mean(maps, axis=(0, 1, 2))
    deviation = ops.sqrt(ops.var(maps, axis=(0, 1, 2)) + 1e-6)
    both = ops.expand_dims(ops.concatenate([mean, deviation]), 0)
    return ops.repeat(both, ops.shape(maps)[0], axis=0)
""",
            """
def statistic(maps):
    mean = ops.mean(maps, axis=(1, 2), keepdims=True)
    spread = ops.sum(ops.square(maps - mean), axis=(1, 2))
    return ops.concatenate([mean[:, 0, 0], ops.sqrt(spread + 1e-6)], axis=1)
""",
            """
def statistic(maps):
    mean, variance = ops.mean(maps, axis=(1, 2)), ops.var(maps, axis=(1, 2))
    return ops.concatenate([mean, variance + 1e-6], axis=1)
""",
            """
def statistic(maps):
    mean, squares = ops.mean(maps, axis=(1, 2)), ops.mean(maps**2, axis=(1, 2))
    return ops.concatenate([mean, ops.sqrt(squares + 1e-6)], axis=1)
""",
            """
def statistic(maps):
    mean, deviation = ops.mean(maps, axis=(1, 2)), ops.std(maps, axis=(1, 2))
    return ops.concatenate([mean, deviation], axis=1)
""",
            "def statistic(maps):\n    mean, variance = ops.mean(maps, axis=(1, 2)), ops.var(maps, axis=(1, 2))\n    return ops.concatenate([mean, ops.maximum(ops.sqrt(variance), 1e-3)], axis=1)",
            "def statistic(maps):\n    mean, variance = ops.mean(maps, axis=(1, 2)), ops.var(maps, axis=(1, 2))\n    return ops.concatenate([mean, ops.sqrt(ops.maximum(variance, 1e-6))], axis=1)",
            "def statistic(maps):\n    mean, variance = ops.mean(maps, axis=(1, 2)), ops.var(maps, axis=(1, 2))\n    return ops.concatenate([mean, ops.where(variance > 0, ops.sqrt(variance), 1e-3)], axis=1)",
        ],
    },
    "adain-inside": {
        "right": """
def adain_inside(content, style, mask):
    hole = mask[:, :, None]
    count = mask.sum()
    mean = np.where(hole, content, 0).sum(axis=(0, 1)) / count
    var = np.where(hole, (content - mean) ** 2, 0).sum(axis=(0, 1)) / count
    paint = style.reshape(-1, style.shape[-1])
    new = (content - mean) / np.sqrt(var) * paint.std(axis=0) + paint.mean(axis=0)
    return np.where(hole, new, content)
""",
        "wrong": [
            """
def adain_inside(content, style, mask):
    new = (content - content.mean(axis=(0, 1))) / content.std(axis=(0, 1))
    new = new * style.std(axis=(0, 1)) + style.mean(axis=(0, 1))
    return np.where(mask[:, :, None], new, content)
""",
            """
def adain_inside(content, style, mask):
    inside = content[mask]
    result = np.array(content)
    result[mask] = (inside - inside.mean()) / inside.std() * style.std() + style.mean()
    return result
""",
            """
def adain_inside(content, style, mask):
    inside = content[mask]
    result = np.array(content)
    result[mask] = inside - inside.mean(axis=0) + style.mean(axis=(0, 1))
    return result
""",
            """
def adain_inside(content, style, mask):
    inside = content[mask]
    new = (content - inside.mean(axis=0)) / inside.std(axis=0)
    return new * style.std(axis=(0, 1)) + style.mean(axis=(0, 1))
""",
            """
def adain_inside(content, style, mask):
    result = np.array(content)
    inside = content[mask]
    normal = (inside - inside.mean(axis=0)) / np.sqrt(inside.var(axis=0) + 1e-3)
    result[mask] = normal * style.std(axis=(0, 1)) + style.mean(axis=(0, 1))
    return result
""",
        ],
    },
    "share-cut": {
        "right": """
def share_cut(block, level, side=7):
    size = block / 2**level
    if side > size:
        return 1.0
    cut = (side - 1) / size
    return 2 * cut - cut**2
""",
        "wrong": [
            # whole pixels
            """
def share_cut(block, level, side=7):
    here = max(block // 2**level, 1)
    return 1 - (max(here - side + 1, 0) / here) ** 2
""",
            """
def share_cut(block, level, side=7):
    here = -(-block // 2**level)
    return 1 - (max(here - side + 1, 0) / here) ** 2
""",
            """
def share_cut(block, level, side=7):
    here = max(round(block / 2**level), 1)
    return 1 - (max(here - side + 1, 0) / here) ** 2
""",
            """
def share_cut(block, level, side=7):
    here = block / 2**level
    return 1 - (max(here // 1 - side + 1, 0) / here) ** 2
""",
            """
def share_cut(block, level, side=7):
    here = max(block // 2**level, 1)
    starts = np.arange(here)
    whole = (starts + side - 1) // here == 0
    return 1 - np.outer(whole, whole).mean()
""",
            """
def share_cut(block, level, side=7):
    here = block // 2**level
    if side > here:
        return 1.0
    starts = np.arange(here)  # one direction is counted, and squared
    return 1 - ((starts + side - 1) // here == 0).mean() ** 2
""",
            """
def share_cut(block, level, side=7):
    here = block / 2**level
    return 1 - max(here - side + 1, 0) / here
""",
            """
def share_cut(block, level, side=7):
    here = block / 2**level
    return 1 - (max(here - side, 0) / here) ** 2
""",
            """
def share_cut(block, level, side=7):
    return 1 - (max(block - side + 1, 0) / block) ** 2
""",
            """
def share_cut(block, level, side=7):
    here = block / 2**level
    return 1 - ((here - side + 1) / here) ** 2
""",
            """
def share_cut(block, level, side=7):
    size = block / 2**level
    if size <= side and side > 1:  # a block has room for a window of its own size
        return 1.0
    return 1 - ((size - side + 1) / size) ** 2
""",
            "def share_cut(block, level, side=7):\n    size = block / 2**level\n    return 1.0 if size < 8 and side > 1 else 1 - ((size - side + 1) / size) ** 2",
        ],
    },
}
