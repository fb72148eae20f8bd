"""The package's own functions are noticed in an answer, wherever a student puts them."""

import json
from pathlib import Path

import numpy as np
import pytest

from generative_vision.answering import Call, Recipe, read_used, reply, write_request
from generative_vision.course.grading.borrowed import EVERYTHING, borrowed_names, in_words
from generative_vision.course.grading.results import refused, with_remark
from generative_vision.course.grading.submissions import Submission

RELEASED = ["import numpy as np\nfrom generative_vision.models.vae import kl", "!ls", "", "f(1)"]
IMPORT = "from generative_vision.models.vae import VAE as V"


def names(*cells):
    """What is noticed where a student's cells stand between the first and the check."""
    sources = [*RELEASED[:2], *cells, RELEASED[3]]
    return borrowed_names(["f"], dict(enumerate(sources)), len(sources) - 1, RELEASED)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("def f(x): return x", []),
        ("def f(x): return np.exp(x)", []),
        ("def f(x): return kl(x)", ["kl"]),
        (f"{IMPORT}\ndef f(x): return V(x)", ["V"]),
        ("import generative_vision\ndef f(x): return generative_vision.x", ["generative_vision"]),
        ("def f(x): return __import__('generative_vision').x", ["generative_vision"]),
        (f"%matplotlib inline\n{IMPORT}\ndef f(x): return V(x)", ["V"]),
        (f"!true\n{IMPORT}\ndef f(x): return V(x)", ["V"]),
        (f"V?\n{IMPORT}\ndef f(x): return V(x)", ["V"]),
        (f"{IMPORT}\ndef f(x): return V(x)\nawait f(1)", ["V"]),
        ("from generative_vision.models.vae import vae_loss as f", ["f"]),
        ("f = kl", ["kl"]),
        ("%%time\ndef f(x): return kl(x)", ["kl"]),
        ("%time f = kl", ["kl"]),
        ("exec('def f(x): return kl(x)')", ["kl"]),
        ("globals()['f'] = kl", ["kl"]),
        ("match kl:\n    case f: pass", ["kl"]),
        ("def g():\n    global f\n    f = kl\ng()", ["kl"]),
    ],
)
def test_in_the_answer(answer, found):
    assert names(answer) == found


def test_in_a_helper():
    assert names(f"{IMPORT}\ndef mine(x): return V(x)", "def f(x): return mine(x)") == ["V"]


def test_a_released_cell_merged_with_the_answer_is_not_the_students():
    check = "wanted = kl(1)\nassert f(1) == wanted, kl"
    released = [*RELEASED[:3], check]

    def merged(answer):
        return borrowed_names(["f"], {0: RELEASED[0], 1: answer, 2: check}, 2, released)

    assert merged(f"def f(x): return x\n\n\n{check}") == []
    assert merged(f"def f(x): return kl(x)\n\n\n{check}") == ["kl"]
    assert merged(f"def f(x): return x\n{check.replace('wanted', 'f')}") == ["kl"]


def test_in_a_cell_before_an_empty_answer():
    assert names(f"{IMPORT}\ndef f(x): return V(x)", "") == ["V"]


def test_by_another_name():
    notebook = "import generative_vision.models.vae as a\nmine = a.kl"
    assert names(notebook, "def f(x): return mine(x)") == ["a", "mine"]


def test_an_endless_name_is_cut():
    name = "a" * 300
    found = names(f"from generative_vision.models.vae import kl as {name}\nf = {name}")
    assert max(map(len, found)) < 70


def test_all_names_of_a_module():
    assert names("from generative_vision.models.vae import *", "def f(x): return g(x)") == [
        EVERYTHING
    ]


@pytest.mark.parametrize("call", ["keep(kept)", "kept.update(k=kl)", "same = kept\nsame['k'] = kl"])
def test_in_what_another_cell_put_into_an_object(call):
    helper = "kept = {}\ndef keep(table): table['k'] = kl"
    assert names(helper, call, "def f(x): return kept['k'](x)") == ["kl"]


@pytest.mark.parametrize("cell", ["np.random.seed(0)\nprint(kl(1))", "kl(1).show(); np.show()"])
def test_a_cell_that_draws_or_sets_a_seed_is_nobodys_business(cell):
    assert names(cell, "def f(x): return np.exp(x)") == []


def test_what_the_answer_does_not_use_is_nobodys_business():
    assert names(f"{IMPORT}\nprint(V)", "def f(x): return x") == []


def test_a_cell_after_the_check_does_not_count():
    sources = {0: "def f(x): return x", 1: "f(1)", 2: IMPORT, 3: "def f(x): return V(x)"}
    assert borrowed_names(["f"], sources, 1, []) == []


# What runs when an answer is called

PACKAGE = "from generative_vision.prompts import encode_labels as kl\nimport numpy as np\n"


def used(code, *args):
    """What the kernel says that an answer calls."""
    names: dict = {}
    exec(PACKAGE + code, names)
    call = {"one": Call("f", args or (np.array([1, 2]),))}
    return read_used(json.dumps(reply(write_request(call), names)))


@pytest.mark.parametrize(
    "answer",
    [
        "f = kl",
        "from types import FunctionType as F\n"
        "f = F(kl.__code__, {**kl.__globals__, '__name__': 'x'})",
        "mine = {'kl': kl, '__name__': kl.__module__}\n"
        "exec('def inner_factory(x): return kl(x)', mine)\nf = mine['inner_factory']",
        "def f(x): return kl(x)",
        "exec('def f(x): return kl(x)')",
        "f = eval('kl')",
        "globals()['f'] = kl",
        "def g():\n    global f\n    f = kl\ng()",
        "match kl:\n    case f: pass",
        "np.mine = kl\ndef f(x): return np.mine(x)",
        "kept = {}\nkept['k'] = kl\ndef f(x): return kept['k'](x)",
        "from functools import partial\nf = partial(partial(kl))",
        "from types import FunctionType as F\n"
        "f = F(kl.__code__.replace(co_filename='x'), kl.__globals__)",
        "from concurrent.futures import ThreadPoolExecutor as Pool\n"
        "def f(x): return Pool().submit(kl, x).result()",
        "class Made:\n    kl = staticmethod(kl)\nmade = Made()\ndef f(x): return made.kl(x)",
        "class Late:\n    def __array__(self, dtype=None, copy=None): return kl([1, 2])\n"
        "def f(x): return Late()",
    ],
)
def test_when_it_is_called_however_it_is_bound(answer):
    assert used(answer) == ["encode_labels"]


def test_when_tensorflow_runs_a_copy_of_it(seeded):
    import tensorflow as tf

    from generative_vision.models.vae import kl_divergence

    @tf.function
    def f(mean, log_variance):
        return kl_divergence(mean, log_variance)

    calls = {"one": Call("f", (np.zeros((2, 3)), np.zeros((2, 3))))}
    assert read_used(json.dumps(reply(write_request(calls), {"f": f}))) == ["kl_divergence"]


@pytest.mark.parametrize(
    ("first", "after"),
    [
        ("sys.setprofile(None)", ""),
        ("sys.setprofile(None)", "sys.setprofile(watch)"),
        ("list(map(sys.setprofile, [None]))", ""),
    ],
)
def test_an_answer_that_blinds_the_kernel_is_told(first, after):
    lines = ["watch = sys.getprofile()", first, "y = kl(x)", after, "return y"]
    assert used("import sys\ndef f(x):\n    " + "\n    ".join(lines)) == ["sys.setprofile"]


def test_what_an_answer_writes_itself_is_not_the_packages():
    assert used("def f(x): return np.exp(x) + sum(abs(y) for y in x)") == []


def test_methods_of_what_an_answer_is_given_are_not_the_packages():
    pool = -np.ones((9, 28, 28, 1), "float32")
    given = Recipe("real_images", {"images": pool, "size": 5, "seed": 1})
    code = "def f(real, rng): return real.draw(rng)[:, 0, 0, 0]"
    assert used(code, given, Recipe("rng", {"seed": 0})) == []


@pytest.mark.parametrize("text", ["", "[]", '{"one": 3}', '{"one": {"used": 3}}', "[" * 10**5])
def test_a_forged_reply_names_nothing(text):
    assert read_used(text) == []


def test_a_forged_reply_names_a_few_at_most():
    forged = {"one": {"used": [*map(str, range(1000)), {"a": 1}, None]}}
    assert len(read_used(json.dumps(forged))) == 10


def test_noise_pushes_no_other_answers_name_out_of_the_row():
    noise = {f"generative_vision {number} {'noise ' * 8}" for number in range(9)}
    said = [f"{answer} uses {in_words({'two_nearest', *noise})}" for answer in "abcdefgh"]
    assert said[0].startswith("a uses two_nearest, ")
    assert said[0].endswith(" and 5 more")
    row = with_remark(refused(Submission(Path(), ""), ""), "; ".join([*said, "late"]))
    assert row.remark.count("two_nearest") == 8
    assert row.remark.endswith("late")


def test_what_a_lesson_made_of_the_package_is_the_packages():
    released = ["from generative_vision.models.vae import VAE", "vae = VAE()", "f(1)"]
    answer = "model = vae\nfast = compiled(model.kl)\ndef f(x): return fast(x)"
    sources = dict(enumerate([*released[:2], answer, released[2]]))
    assert borrowed_names(["f"], sources, 3, released) == ["vae"]
