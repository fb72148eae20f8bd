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
        "one matrix for the batch": """
def statistic(maps):
    f = ops.reshape(maps, (-1, maps.shape[-1]))
    return ops.expand_dims(ops.matmul(ops.transpose(f), f) / f.shape[0], 0)
""",
        "a sum": """
def statistic(maps):
    return ops.einsum('nhwc,nhwd->ncd', maps, maps)
""",
        "divided by the batch, too": """
def statistic(maps):
    n, h, w, c = maps.shape
    return ops.einsum('nhwc,nhwd->ncd', maps, maps) / (n * h * w)
""",
        "divided by the channels, too": """
def statistic(maps):
    n, h, w, c = maps.shape
    return ops.einsum('nhwc,nhwd->ncd', maps, maps) / (h * w * c)
""",
        "places by places": """
def statistic(maps):
    n, h, w, c = maps.shape
    f = ops.reshape(maps, (n, h * w, c))
    return ops.matmul(f, ops.transpose(f, (0, 2, 1))) / (h * w)
""",
        "a covariance": """
def statistic(maps):
    n, h, w, c = maps.shape
    f = maps - ops.mean(maps, axis=(1, 2), keepdims=True)
    return ops.einsum('nhwc,nhwd->ncd', f, f) / (h * w)
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
        "the share that is whole": """
def share_cut(block, level, side=7):
    here = block / 2**level
    return (max(here - side + 1, 0) / here) ** 2
""",
    },
}
