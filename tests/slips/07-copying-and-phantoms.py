"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "copied-share": {
        "twins": """
def copied_share(drawn, train):
    squares = np.square(drawn[:, None] - train).sum(axis=-1)
    d = np.sort(np.sqrt(squares), axis=1)
    return np.mean(d[:, 0] < d[:, 1] / 3)
""",
        "a distance in place of a ratio": """
def copied_share(drawn, train):
    train = np.unique(train, axis=0)
    squares = np.square(drawn[:, None] - train).sum(axis=-1)
    return np.mean(np.sqrt(squares).min(axis=1) < 1 / 3)
""",
        "a count": """
def copied_share(drawn, train):
    train = np.unique(train, axis=0)
    squares = np.square(drawn[:, None] - train).sum(axis=-1)
    d = np.sort(np.sqrt(squares), axis=1)
    return np.sum(d[:, 0] < d[:, 1] / 3)
""",
        "the report's": """
def copied_share(drawn, train):
    squares = np.square(drawn[:, None] - train).sum(axis=-1)
    d = np.sort(np.sqrt(squares), axis=1)
    return np.mean((d[:, 0] < 1 / 3) & (d[:, 0] < d[:, 1]))
""",
    },
    "by-chance": {
        "upside down": """
def by_chance(ratios):
    d = -np.mean(np.log(ratios))
    return d, (1 / 3) ** d
""",
        "the sign": """
def by_chance(ratios):
    d = 1 / np.mean(np.log(ratios))
    return d, (1 / 3) ** d
""",
        "the share counted": """
def by_chance(ratios):
    d = -1 / np.mean(np.log(ratios))
    return d, np.mean(ratios < 1 / 3)
""",
        "the logarithm of the mean": """
def by_chance(ratios):
    d = -1 / np.log(np.mean(ratios))
    return d, (1 / 3) ** d
""",
    },
    "may-pass": {
        "a median": """
def may_pass(ratios, test_ratios):
    return np.median(ratios) > 0.9 * np.median(test_ratios)
""",
        "no comparison": """
def may_pass(ratios, test_ratios):
    return np.mean(ratios < 1 / 3) < 0.02
""",
        "no room for chance": """
def may_pass(ratios, test_ratios):
    return np.mean(ratios < 1 / 3) <= np.mean(test_ratios < 1 / 3)
""",
        "the other way round": """
def may_pass(ratios, test_ratios):
    return np.mean(ratios < 1 / 3) - np.mean(test_ratios < 1 / 3) > 0.03
""",
        "a mean": """
def may_pass(ratios, test_ratios):
    return abs(ratios.mean() - test_ratios.mean()) < 0.1
""",
    },
    "split-groups": {
        "images drawn, not groups": """
def split_groups(groups, n_test, seed):
    rng = np.random.default_rng(seed)
    return rng.permutation(len(groups)) < n_test
""",
        "with replacement": """
def split_groups(groups, n_test, seed):
    rng = np.random.default_rng(seed)
    chosen = rng.choice(np.unique(groups), n_test)
    return np.isin(groups, chosen)
""",
        "always the first": """
def split_groups(groups, n_test, seed):
    rng = np.random.default_rng(seed)
    return np.isin(groups, np.unique(groups)[:n_test])
""",
        "names in place of a mask": """
def split_groups(groups, n_test, seed):
    rng = np.random.default_rng(seed)
    return rng.choice(np.unique(groups), n_test, replace=False)
""",
        "training images marked": """
def split_groups(groups, n_test, seed):
    rng = np.random.default_rng(seed)
    chosen = rng.choice(np.unique(groups), n_test, replace=False)
    return ~np.isin(groups, chosen)
""",
    },
    "mirage-score": {
        "the commonest answer to everything": """
def mirage_score(train_questions, train_answers, questions, truth, given):
    usual = np.bincount(train_answers).argmax()
    return np.mean(usual == truth) / np.mean(given == truth)
""",
        "new questions answered with 0": """
def mirage_score(train_questions, train_answers, questions, truth, given):
    blind = np.zeros(len(questions), int)
    for question in np.unique(train_questions):
        habit = np.bincount(train_answers[train_questions == question])
        blind[questions == question] = habit.argmax()
    return np.mean(blind == truth) / np.mean(given == truth)
""",
        "upside down": """
def mirage_score(train_questions, train_answers, questions, truth, given):
    blind = np.full(len(questions), np.bincount(train_answers).argmax())
    for question in np.unique(train_questions):
        habit = np.bincount(train_answers[train_questions == question])
        blind[questions == question] = habit.argmax()
    return np.mean(given == truth) / np.mean(blind == truth)
""",
        "not divided": """
def mirage_score(train_questions, train_answers, questions, truth, given):
    blind = np.full(len(questions), np.bincount(train_answers).argmax())
    for question in np.unique(train_questions):
        habit = np.bincount(train_answers[train_questions == question])
        blind[questions == question] = habit.argmax()
    return np.mean(blind == truth)
""",
    },
    "knee": {
        "falling shares": """
def knee(sizes, shares, level, longer):
    return longer * np.exp(np.interp(level, shares, np.log(sizes)))
""",
        "linear in N": """
def knee(sizes, shares, level, longer):
    return longer * np.interp(level, shares[::-1], sizes[::-1])
""",
        "the wrong way": """
def knee(sizes, shares, level, longer):
    return np.exp(np.interp(-level, -shares, np.log(sizes))) / longer
""",
        "the time forgotten": """
def knee(sizes, shares, level, longer):
    return np.exp(np.interp(-level, -shares, np.log(sizes)))
""",
    },
}
