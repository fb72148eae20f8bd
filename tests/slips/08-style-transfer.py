"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "shifted-gram": {
        "mixed terms forgotten": """
def shifted_gram(G, m, b):
    return G + np.outer(b, b)
""",
        "one mixed term twice": """
def shifted_gram(G, m, b):
    return G + 2 * np.outer(m, b) + np.outer(b, b)
""",
        "the square forgotten": """
def shifted_gram(G, m, b):
    return G + np.outer(m, b) + np.outer(b, m)
""",
        "products of entries in place of outer products": """
def shifted_gram(G, m, b):
    return G + 2 * m * b + b * b
""",
        "added to the matrix": """
def shifted_gram(G, m, b):
    return G + b
""",
    },
    "kernel-statistics": {
        "the mean forgotten": """
def kernel_statistics(x, a):
    return (x.T @ x / len(x)).ravel()
""",
        "no root": """
def kernel_statistics(x, a):
    return np.concatenate([(x.T @ x / len(x)).ravel(), 2 * a * x.mean(axis=0)])
""",
        "sums in place of means": """
def kernel_statistics(x, a):
    return np.concatenate([(x.T @ x).ravel(), np.sqrt(2 * a) * x.sum(axis=0)])
""",
        "half of the matrix": """
def kernel_statistics(x, a):
    G = x.T @ x / len(x)
    return np.concatenate([G[np.triu_indices(len(G))], np.sqrt(2 * a) * x.mean(axis=0)])
""",
        "a matrix": """
def kernel_statistics(x, a):
    return x.T @ x / len(x)
""",
        "one statistic for each point": """
def kernel_statistics(x, a):
    return ((x**2).sum(axis=1) + a) ** 2
""",
    },
    "repaired-statistic": {
        "one row for the batch": """
def statistic(maps):
    mean = ops.mean(maps, axis=(0, 1, 2))
    deviation = ops.sqrt(ops.var(maps, axis=(0, 1, 2)) + 1e-6)
    return ops.expand_dims(ops.concatenate([mean, deviation]), 0)
""",
        "the batch's statistics in each row": """
def statistic(maps):
    mean = ops.mean(maps, axis=(0, 1, 2))
    deviation = ops.sqrt(ops.var(maps, axis=(0, 1, 2)) + 1e-6)
    both = ops.expand_dims(ops.concatenate([mean, deviation]), 0)
    return ops.repeat(both, ops.shape(maps)[0], axis=0)
""",
        "a sum": """
def statistic(maps):
    mean = ops.mean(maps, axis=(1, 2), keepdims=True)
    spread = ops.sum(ops.square(maps - mean), axis=(1, 2))
    return ops.concatenate([mean[:, 0, 0], ops.sqrt(spread + 1e-6)], axis=1)
""",
        "variances": """
def statistic(maps):
    mean, variance = ops.mean(maps, axis=(1, 2)), ops.var(maps, axis=(1, 2))
    return ops.concatenate([mean, variance + 1e-6], axis=1)
""",
        "the mean not taken off": """
def statistic(maps):
    mean, squares = ops.mean(maps, axis=(1, 2)), ops.mean(maps**2, axis=(1, 2))
    return ops.concatenate([mean, ops.sqrt(squares + 1e-6)], axis=1)
""",
        "a bare root": """
def statistic(maps):
    mean, deviation = ops.mean(maps, axis=(1, 2)), ops.std(maps, axis=(1, 2))
    return ops.concatenate([mean, deviation], axis=1)
""",
        "the section's Gram matrix": """
def statistic(maps):
    return gram(maps)
""",
        "NumPy": """
def statistic(maps):
    mean, variance = np.mean(maps, axis=(1, 2)), np.var(maps, axis=(1, 2))
    return np.concatenate([mean, np.sqrt(variance + 1e-6)], axis=1)
""",
    },
    "adain-inside": {
        "moments of the whole content": """
def adain_inside(content, style, mask):
    new = (content - content.mean(axis=(0, 1))) / content.std(axis=(0, 1))
    new = new * style.std(axis=(0, 1)) + style.mean(axis=(0, 1))
    return np.where(mask[:, :, None], new, content)
""",
        "all channels together": """
def adain_inside(content, style, mask):
    inside = content[mask]
    result = np.array(content)
    result[mask] = (inside - inside.mean()) / inside.std() * style.std() + style.mean()
    return result
""",
        "means only": """
def adain_inside(content, style, mask):
    inside = content[mask]
    result = np.array(content)
    result[mask] = inside - inside.mean(axis=0) + style.mean(axis=(0, 1))
    return result
""",
        "the mask forgotten at the end": """
def adain_inside(content, style, mask):
    inside = content[mask]
    new = (content - inside.mean(axis=0)) / inside.std(axis=0)
    return new * style.std(axis=(0, 1)) + style.mean(axis=(0, 1))
""",
        "the variance in place of its root": """
def adain_inside(content, style, mask):
    inside = content[mask]
    result = np.array(content)
    normal = (inside - inside.mean(axis=0)) / inside.var(axis=0)
    result[mask] = normal * style.var(axis=(0, 1)) + style.mean(axis=(0, 1))
    return result
""",
        "the content overwritten": """
def adain_inside(content, style, mask):
    inside = content[mask]
    normal = (inside - inside.mean(axis=0)) / inside.std(axis=0)
    content[mask] = normal * style.std(axis=(0, 1)) + style.mean(axis=(0, 1))
    return content
""",
    },
    "share-cut": {
        "one direction only": """
def share_cut(block, level, side=7):
    here = block / 2**level
    return 1 - max(here - side + 1, 0) / here
""",
        "one place too few": """
def share_cut(block, level, side=7):
    here = block / 2**level
    return 1 - (max(here - side, 0) / here) ** 2
""",
        "the level forgotten": """
def share_cut(block, level, side=7):
    return 1 - (max(block - side + 1, 0) / block) ** 2
""",
        "a negative number squared": """
def share_cut(block, level, side=7):
    here = block / 2**level
    return 1 - ((here - side + 1) / here) ** 2
""",
        "whole pixels only": """
def share_cut(block, level, side=7):
    here = block // 2**level
    return 1 - (max(here - side + 1, 0) / here) ** 2
""",
        "the share that is whole": """
def share_cut(block, level, side=7):
    here = block / 2**level
    return (max(here - side + 1, 0) / here) ** 2
""",
    },
}
