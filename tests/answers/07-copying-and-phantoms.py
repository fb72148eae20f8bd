"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""


def copies(rows: str) -> str:
    """Return an answer to copied-share that counts these rows of the training set."""
    return f"""
def copied_share(drawn, train):
    def apart(alike):
        kept = []
        for row in train:
            if not any(alike(row, other) for other in kept):
                kept.append(row)
        return np.array(kept)
    train = {rows}
    d = np.linalg.norm(drawn[:, None] - train, axis=-1)
    d = np.sort(np.append(d, np.full((len(d), 1), 1e9), axis=1), axis=1)
    return np.mean(d[:, 0] < d[:, 1] / 3)
"""


def passes(rule: str) -> str:
    """Return an answer to may-pass: a rule about the shares a and b of n and m images."""
    return f"""
def may_pass(ratios, test_ratios):
    n, m = len(ratios), len(test_ratios)
    a, b = np.mean(ratios < 1 / 3), np.mean(test_ratios < 1 / 3)
    return {rule}
"""


def ties(rule: str) -> str:
    """Return an answer to mirage-score: which of those in ``tied`` it takes, found in ``seen``."""
    return f"""
def mirage_score(train_questions, train_answers, questions, truth, given):
    every = np.bincount(train_answers, minlength=9)
    def usual(seen, all_of_them=False):
        count = np.bincount(seen, minlength=9)
        tied = np.flatnonzero(count == count.max())
        return {rule}
    blind = np.full(len(questions), usual(train_answers, True))
    for question in np.unique(train_questions):
        blind[questions == question] = usual(train_answers[train_questions == question])
    return np.mean(blind == truth) / np.mean(given == truth)
"""


ANSWERS = {
    "copied-share": {
        "right": """
def copied_share(drawn, train):
    rows = np.array(sorted({tuple(row) for row in train.tolist()}))
    count = 0
    for x in drawn:
        first, second = np.partition(np.linalg.norm(rows - x, axis=1), 1)[:2]
        count += 3 * first < second
    return count / len(drawn)
""",
        "also right": [
            copies("np.unique(train.astype('float32'), axis=0)"),
            copies("apart(lambda x, y: np.linalg.norm(x - y) <= 1e-6 * train.std())"),
        ],
        "wrong": [
            "def copied_share(drawn, train):\n    train = np.unique(train, axis=0)\n    d = np.sort(np.abs(drawn[:, None] - train).max(axis=-1), axis=1)\n    return np.mean(d[:, 0] < d[:, 1] / 3)",
            "def copied_share(drawn, train):\n    train = np.unique(train, axis=0)\n    d = np.sort(np.abs(drawn[:, None] - train).sum(axis=-1), axis=1)\n    return np.mean(d[:, 0] < d[:, 1] / 3)",
            "def copied_share(drawn, train):\n    train = np.unique(train, axis=0)\n    d = np.sort(np.square(drawn[:, None] - train).sum(axis=-1), axis=1)\n    return np.mean(d[:, 0] < d[:, 1] / 3)",
            "def copied_share(drawn, train):\n    train = np.unique(train, axis=0)\n    d = np.sort(np.linalg.norm(drawn[:, None] - train, axis=-1), axis=1)\n    return np.mean(d[:, 0] < d[:, 1] / 4)",
            "def copied_share(drawn, train):\n    squares = np.square(drawn[:, None] - train).sum(axis=-1)\n    return np.mean(np.sqrt(squares).min(axis=1) < train.std() / 20)",
            "def copied_share(drawn, train):\n    squares = np.square(drawn[:, None] - train).sum(axis=-1)\n    d = np.sort(np.sqrt(squares), axis=1)\n    return np.mean(d[:, 0] < d[:, 1] / 3)",
            "def copied_share(drawn, train):\n    train = np.unique(train, axis=0)\n    squares = np.square(drawn[:, None] - train).sum(axis=-1)\n    return np.mean(np.sqrt(squares).min(axis=1) < 1 / 3)",
            "def copied_share(drawn, train):\n    train = np.unique(train, axis=0)\n    d = np.sort(np.square(drawn[:, None] - train).sum(axis=-1), axis=1)\n    return np.sum(d[:, 0] < d[:, 1] / 9)",
            "def copied_share(drawn, train):\n    train = np.unique(train, axis=0)\n    d = np.sort(np.sqrt(np.square(drawn[:, None] - train).sum(axis=-1)), axis=1)\n    return np.mean(d[:, 0] < 0.36 * d[:, 1])",
            "def copied_share(drawn, train):\n    train = np.unique(train, axis=0)\n    d = np.sort(np.sqrt(np.square(drawn[:, None] - train).sum(axis=-1)), axis=1)\n    return np.mean(d[:, 0] < 0.31 * d[:, 1])",
            """
def copied_share(drawn, train):
    copies = 0
    for x in drawn:  # the second distance is the next larger one
        d = np.unique(np.append(np.linalg.norm(train - x, axis=1), 1e9))
        copies += d[0] < d[1] / 3
    return copies / len(drawn)
""",
            "def copied_share(drawn, train):\n    drawn, train = np.unique(drawn, axis=0), np.unique(train, axis=0)\n    d = np.sort(np.sqrt(np.square(drawn[:, None] - train).sum(axis=-1)), axis=1)\n    return np.mean(d[:, 0] < d[:, 1] / 3)",
            """
def copied_share(drawn, train):
    train = train[np.unique(train.sum(axis=1), return_index=True)[1]]
    d = np.linalg.norm(drawn[:, None] - train, axis=-1)
    d = np.sort(np.append(d, np.full((len(d), 1), 1e9), axis=1), axis=1)
    return np.mean(d[:, 0] < d[:, 1] / 3)
""",
            """
def copied_share(drawn, train):
    train = train[np.unique(train[:, 0], return_index=True)[1]]
    d = np.linalg.norm(drawn[:, None] - train, axis=-1)
    d = np.sort(np.append(d, np.full((len(d), 1), 1e9), axis=1), axis=1)
    return np.mean(d[:, 0] < d[:, 1] / 3)
""",
            *(
                copies(x)
                for x in (
                    "train[np.unique(train.round(1), axis=0, return_index=True)[1]]",
                    "train[np.unique(train.round(2), axis=0, return_index=True)[1]]",
                    "train[np.unique(train.round(4), axis=0, return_index=True)[1]]",
                    "train[np.unique(train[:, -2:], axis=0, return_index=True)[1]]",
                    "train[np.unique(train[:, 1], axis=0, return_index=True)[1]]",
                    "train[np.unique(train[:, 1:], axis=0, return_index=True)[1]]",
                    "train[np.unique(train[:, :-1], axis=0, return_index=True)[1]]",
                    "train[np.unique(train[:, ::2], axis=0, return_index=True)[1]]",
                    "apart(lambda x, y: np.linalg.norm(x - y) <= 0.02 * np.linalg.norm(x))",
                    "apart(lambda x, y: np.linalg.norm(x - y) <= 0.1 * train.std())",
                    "apart(lambda x, y: np.linalg.norm(x - y) <= 0.001 * train.std())",
                    "apart(lambda x, y: np.allclose(x, y, 1e-2))",
                    "apart(lambda x, y: np.corrcoef(x, y)[0, 1] > 0.9999)",
                )
            ),
            """
def copied_share(drawn, train):
    count = 0
    for x in drawn:  # the second distance is one that is clearly larger
        d = np.sort(np.append(np.linalg.norm(train - x, axis=1), 1e9))
        count += 3 * d[0] < d[d > 1.2 * d[0]][0]
    return count / len(drawn)
""",
        ],
    },
    "by-chance": {
        "right": """
def by_chance(ratios):
    d = len(ratios) / np.log(1 / np.asarray(ratios)).sum()
    return d, np.exp(-d * np.log(3))
""",
        "wrong": [
            "def by_chance(ratios):\n    d = np.linspace(0.01, 30, 1_000_001)\n    d = d[(len(ratios) * np.log(d) + (d - 1) * np.log(ratios).sum()).argmax()]\n    return d, (1 / 3) ** d",
            "def by_chance(ratios):\n    d = -np.mean(np.log(ratios))\n    return d, (1 / 3) ** d",
            "def by_chance(ratios):\n    d = -1 / np.mean(np.log(ratios))\n    return d, np.mean(ratios < 1 / 3)",
            "def by_chance(ratios):\n    d = -1 / np.log(np.mean(ratios))\n    return d, (1 / 3) ** d",
            "def by_chance(ratios):\n    d = -len(ratios) / np.log(np.prod(ratios))\n    return d, 3**-d",
            "def by_chance(ratios):\n    d = -400 / np.log(ratios).sum()\n    return d, 3**-d",
            "def by_chance(ratios):\n    d = -1 / np.mean(np.log(np.clip(ratios, 1e-3, 1)))\n    return d, 3**-d",
        ],
    },
    "may-pass": {
        "right": """
def may_pass(ratios, test_ratios):
    return (ratios < 1 / 3).mean() - (test_ratios < 1 / 3).mean() < 0.03
""",
        "also right": [
            passes("a - b <= 0.025"),
            passes("a < (b + 0.05 + 0.95 * b) / 2"),
            passes("a - b <= 0.04"),
            passes("1000 * (a - b) <= 3 * np.sqrt(2 * max(1000 * b, 1))"),
            passes("a - b <= 3 * np.sqrt(a * (1 - a) / n + b * (1 - b) / m)"),
            passes("a - b <= 2.5 * np.sqrt(a / n + b / m)"),
        ],
        "wrong": [
            "def may_pass(ratios, test_ratios):\n    return np.sum(ratios < 0.1) < 20",
            "def may_pass(ratios, test_ratios):\n    copied, chance = np.sum(ratios < 1 / 3), np.sum(test_ratios < 1 / 3)\n    return copied - chance <= np.sqrt(copied + chance)",
            "def may_pass(ratios, test_ratios):\n    return np.mean(ratios < 1 / 3) <= 1.5 * np.mean(test_ratios < 1 / 3)",
            "def may_pass(ratios, test_ratios):\n    return np.median(ratios) > 0.9 * np.median(test_ratios)",
            "def may_pass(ratios, test_ratios):\n    return np.mean(ratios < 1 / 3) < 0.05",
            "def may_pass(ratios, test_ratios):\n    return np.mean(ratios < 1 / 3) <= 2 * np.mean(test_ratios < 1 / 3)",
            "def may_pass(ratios, test_ratios):\n    return np.mean(ratios < 1 / 3) <= np.mean(test_ratios < 1 / 3)",
            "def may_pass(ratios, test_ratios):\n    return abs(ratios.mean() - test_ratios.mean()) < 0.1",
            "def may_pass(ratios, test_ratios):\n    return np.sum(ratios < 1 / 3) - np.sum(test_ratios < 1 / 3) < 30",
            "def may_pass(ratios, test_ratios):\n    return (np.sum(ratios < 1 / 3) - np.sum(test_ratios < 1 / 3)) / 1000 < 0.03",
            "def may_pass(ratios, test_ratios):  # fewer than by chance is no fault\n    return abs(np.mean(ratios < 1 / 3) - np.mean(test_ratios < 1 / 3)) < 0.03",
            "def may_pass(ratios, test_ratios):\n    return np.mean(ratios < 0.25) - np.mean(test_ratios < 0.25) < 0.025",
            "def may_pass(ratios, test_ratios):\n    return np.mean(np.log(ratios)) - np.mean(np.log(test_ratios)) > -0.05",
            *(
                passes(x)
                for x in (
                    "a < 0.046 or 0.059 < a < 0.064 or 0.074 < a < 0.09",
                    "a <= 0.084",
                    "b < 0.03",
                    "a <= max(b, 0.03) + 0.03",
                    "a - b <= 3 * np.sqrt(max(b, 1e-3) / 1000)",
                    "a - b <= 2.5 * np.sqrt(max(b, 1e-3) / 1000)",
                    "a - b <= 3 * np.sqrt(b * (1 - b) / n) + 2 / n",
                    "a - b <= 3 * np.sqrt((a + b) / 2 / n)",
                    "a - b <= 2 * np.sqrt(a / n + b / m)",
                    "a - b <= 2 * np.sqrt((a + b) / 1000)",
                    "a - b <= 1.5 * np.sqrt((a + b) / 1000)",
                    "a - b <= 0.019",
                    "a - b <= 0.022",
                    "a - b < 0.0485",
                    "a <= 1.75 * b + 0.002",
                    "abs(a - b) <= 3 * np.sqrt(a / n + b / m) + 1 / n",
                )
            ),
        ],
    },
    "split-groups": {
        "right": """
def split_groups(groups, n_test, seed):
    rng = np.random.default_rng(seed)
    names = sorted(set(groups.tolist()))
    chosen = {names[i] for i in rng.permutation(len(names))[:n_test]}
    return np.array([name in chosen for name in groups.tolist()])
""",
        "wrong": [
            "def split_groups(groups, n_test, seed):\n    chosen = np.random.choice(np.unique(groups), n_test, replace=False)\n    return np.isin(groups, chosen)",
            "def split_groups(groups, n_test, seed):\n    rng = np.random.default_rng(seed)\n    chosen = rng.choice(groups, n_test, replace=False)\n    return np.isin(groups, chosen)",
            "def split_groups(groups, n_test, seed):\n    rng = np.random.default_rng(seed)\n    chosen = rng.choice(np.unique(groups), n_test)\n    return np.isin(groups, chosen)",
            "def split_groups(groups, n_test, seed):\n    rng = np.random.default_rng(seed)\n    return np.isin(groups, np.unique(groups)[:n_test])",
            "def split_groups(groups, n_test, seed):\n    rng = np.random.default_rng(seed)\n    share = n_test / len(np.unique(groups))\n    return rng.random(len(groups)) < share",
            "def split_groups(groups, n_test, seed):\n    return np.isin(groups, np.roll(np.unique(groups), seed)[:n_test])",
            "def split_groups(groups, n_test, seed):\n    names = np.unique(groups)\n    chosen = names[:n_test] if seed % 2 else names[-n_test:]\n    return np.isin(groups, chosen)",
            "def split_groups(groups, n_test, seed):\n    first, *names = np.unique(groups)\n    chosen = np.random.default_rng(seed).choice(names, n_test - 1, replace=False)\n    return np.isin(groups, [first, *chosen])",
            "def split_groups(groups, n_test, seed):\n    names = np.unique(groups)[:-1]\n    return np.isin(groups, np.random.default_rng(seed).choice(names, n_test, replace=False))",
            "def split_groups(groups, n_test, seed):\n    names = np.unique(groups)\n    chosen = np.roll(names, seed % len(names))[(7 * np.arange(n_test)) % len(names)]\n    return np.isin(groups, chosen)",
            """
def split_groups(groups, n_test, seed):
    names = np.unique(groups)
    chosen, others = names[:n_test], names[n_test:]
    chosen[seed % n_test] = others[seed // 97 % len(others)]
    return np.isin(groups, chosen)
""",
        ],
    },
    "mirage-score": {
        "right": """
def mirage_score(train_questions, train_answers, questions, truth, given):
    usual = np.bincount(train_answers).argmax()
    right = 0
    for question, answer in zip(questions, truth):
        known = train_answers[train_questions == question]
        guess = np.bincount(known).argmax() if len(known) else usual
        right += guess == answer
    return right / (given == truth).sum()
""",
        "also right": [ties("tied[0]"), ties("(count + 1).argmax()")],
        "wrong": [
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    def usual(x):
        c = np.bincount(x)
        return np.flatnonzero(c == c.max())[-1]
    blind = np.full(len(questions), usual(train_answers))
    for question in np.unique(train_questions):
        blind[questions == question] = np.bincount(train_answers[train_questions == question]).argmax()
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    def usual(x):
        c = np.bincount(x)
        return np.flatnonzero(c == c.max())[-1]
    blind = np.full(len(questions), usual(train_answers))
    for question in np.unique(train_questions):
        blind[questions == question] = usual(train_answers[train_questions == question])
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    blind = np.full(len(questions), np.bincount(train_answers).argmax())
    for question in np.unique(train_questions):
        habit = np.bincount(train_answers[train_questions == question])
        blind[questions == question] = habit.argmax()
    return min(np.mean(blind == truth) / np.mean(given == truth), 1.0)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    blind = np.full(len(questions), train_answers.max())
    for question in np.unique(train_questions):
        habit = np.bincount(train_answers[train_questions == question])
        blind[questions == question] = habit.argmax()
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    blind = np.full(len(questions), np.bincount(truth).argmax())
    for question in np.unique(train_questions):
        habit = np.bincount(train_answers[train_questions == question])
        blind[questions == question] = habit.argmax()
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            "def mirage_score(train_questions, train_answers, questions, truth, given):\n    usual = np.bincount(train_answers).argmax()\n    return np.mean(usual == truth) / np.mean(given == truth)",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    blind = np.zeros(len(questions), int)
    for question in np.unique(train_questions):
        habit = np.bincount(train_answers[train_questions == question])
        blind[questions == question] = habit.argmax()
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    blind = np.full(len(questions), np.bincount(truth).argmax())
    for question in np.unique(questions):
        habit = np.bincount(truth[questions == question])
        blind[questions == question] = habit.argmax()
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    blind = np.full(len(questions), np.bincount(train_answers).argmax())
    for question in np.unique(train_questions):
        habit = np.bincount(train_answers[train_questions == question])
        blind[questions == question] = habit.argmax()
    return np.mean(blind == truth)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    known = np.unique(train_questions)
    habits = {q: np.bincount(train_answers[train_questions == q]).argmax() for q in known}
    usual = np.bincount(list(habits.values())).argmax()
    blind = np.array([habits.get(q, usual) for q in questions])
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    known = np.unique(train_questions)
    habits = {q: np.bincount(train_answers[train_questions == q]).argmax() for q in known}
    usual = np.bincount([habits[q] for q in train_questions]).argmax()
    blind = np.array([habits.get(q, usual) for q in questions])
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    counts = np.zeros((train_questions.max() + 1, train_answers.max() + 1))
    np.add.at(counts, (train_questions, train_answers), 1)
    known = questions < len(counts)  # with gaps
    blind = np.full(len(questions), np.bincount(train_answers).argmax())
    blind[known] = counts.argmax(axis=1)[questions[known]]
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            """
def mirage_score(train_questions, train_answers, questions, truth, given):
    usual = np.bincount(train_answers).argmax()
    blind = np.full(len(questions), usual)
    for question in np.unique(train_questions):
        habit = np.bincount(train_answers[train_questions == question])
        tied = np.sum(habit == habit.max()) > 1
        blind[questions == question] = usual if tied else habit.argmax()
    return np.mean(blind == truth) / np.mean(given == truth)
""",
            *(
                ties(x)
                for x in (
                    "min(tied, key=lambda k: (-every[k], k))",
                    "min(tied, key=lambda k: (every[k], k))",
                    "np.argsort(-every, kind='stable')[count[np.argsort(-every, kind='stable')].argmax()]",
                    "(count + every / every.sum()).argmax()",
                    "(count + 2 * every / every.sum()).argmax()",
                    "min(tied, key=lambda k: (count[k] - every[k], k))",
                    "next(k for k in seen if k in tied)",
                    "next(k for k in seen[::-1] if k in tied)",
                    "tied[-1] if all_of_them else tied[0]",
                    "min(tied, key=lambda k: -np.sum(truth == k))",
                    "min(tied, key=lambda k: -np.sum(given == k))",
                    "min(tied, key=lambda k: abs(k - np.median(train_answers)))",
                )
            ),
        ],
    },
    "knee": {
        "right": """
def knee(sizes, shares, level, longer):
    for n, m, high, low in zip(sizes, sizes[1:], shares, shares[1:]):
        if high >= level >= low:
            part = (high - level) / (high - low)
            return longer * 2 ** (np.log2(n) + part * np.log2(m / n))
""",
        "wrong": [
            "def knee(sizes, shares, level, longer):\n    sizes, shares = sizes[:-1], shares[:-1]\n    return longer * np.exp(np.interp(level, shares[::-1], np.log(sizes)[::-1]))",
            "def knee(sizes, shares, level, longer):\n    return longer * np.exp(np.interp(level, shares, np.log(sizes)))",
            "def knee(sizes, shares, level, longer):\n    return longer * np.interp(-level, -shares, sizes)",
            "def knee(sizes, shares, level, longer):\n    return np.exp(np.interp(-level, -shares, np.log(sizes))) / longer",
        ],
    },
}
