"""A right answer is right in whatever form its results come and its arguments are taken."""

from __future__ import annotations

import pytest
from verdicts import SLUGS, answers, asked, exercise, judge, references

EXERCISES = [(slug, name) for slug in SLUGS for name in answers(slug)]
#: what a function may make of its result, ``r``, and be as right
RESULTS = {
    "float32": "each(r, lambda x: x.astype('float32') if x.dtype.kind == 'f' else x)",
    "float64": "each(r, lambda x: x.astype('float64') if x.dtype.kind == 'f' else x)",
    "plain lists": "each(r, lambda x: x.tolist())",
    "arrays": "each(r, np.asarray)",
    "arrays in another order of memory": "each(r, np.asfortranarray) if np.ndim(r) > 1 else r",
    "a list for a tuple": "list(r) if isinstance(r, tuple) else r",
    "a tuple for a list": "tuple(r) if isinstance(r, list) and not texts(r) else r",
    "one array for a tuple": "np.array(r) if isinstance(r, tuple) else r",
    "a tensor": "each(r, lambda x: keras.ops.convert_to_tensor(x) if x.dtype.kind == 'f' else x)",
}
#: what it may make of its arguments, ``given``
ARGUMENTS = {
    "copies": "[np.array(x) if isinstance(x, np.ndarray) else x for x in given]",
    "float32": "[x.astype('float32') if is_float(x) else x for x in given]",
    "a child of the generator": "[x.spawn(1)[0] if hasattr(x, 'spawn') else x for x in given]",
    "a generator used before": "[x for x in given if not hasattr(x, 'spawn') or x.random(9).any()]",
}
WRAPPER = """
import keras
import numpy as np

def texts(r):
    return any(isinstance(x, str) for x in r)

def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"

def each(r, change):
    if isinstance(r, tuple | list) and not texts(r):
        return type(r)(each(x, change) for x in r)
    return r if isinstance(r, str | list | None) else change(np.asarray(r))
"""
FORMS = {
    **{f"result: {what}": ("_{0}(*given)", code) for what, code in RESULTS.items()},
    **{f"arguments: {what}": (f"_{{0}}(*{code})", "r") for what, code in ARGUMENTS.items()},
}
FUNCTIONS_OF_TENSORS = {"01 unfold", "03 repaired-loss"}  # a gradient is taken through it
ALLOWED = {
    "00 to-images": {
        "result: float64": "float32 is asked for",
        "result: plain lists": "float32 is asked for",
    },
    "02 dependence": {
        "arguments: float32": "a variance of 1e-18 beside a mean of 1 is none in float32",
    },
    "09 unsupported": {"result: a tuple for a list": "a list is asked for"},
}


@pytest.mark.full
@pytest.mark.parametrize(("slug", "name"), EXERCISES)
def test_a_right_answer_is_right_in_other_forms(slug, name):
    traced = f"{slug[:2]} {name}" in FUNCTIONS_OF_TENSORS or any(
        call.traced for call in exercise(slug, name).draw().values()
    )
    refused = {}
    for code in references(slug, name).values():
        for what, (call, expression) in FORMS.items():
            if traced and what != "arguments: copies":  # tensors without values go through it
                continue
            wrapped = code + WRAPPER
            for one in asked(slug, name):
                wrapped += f"\n_{one} = {one}\ndef {one}(*given):\n"
                wrapped += f"    r = {call.format(one)}\n    return {expression}\n"
            if said := judge(slug, name, wrapped):
                refused[what] = said
    allowed = ALLOWED.get(f"{slug[:2]} {name}", {})
    assert {what: said for what, said in refused.items() if what not in allowed} == {}


def test_windows_may_be_counted_where_blocks_end_between_pixels():
    code = """
def share_cut(block, level, side=7):
    if block > 1e6:
        return 2 * (side - 1) * 2**level / block  # of many windows
    first = np.arange(int(block)) * 2**level
    last = first + side * 2**level - 1
    return 1 - (first // block == last // block).mean() ** 2
"""
    assert [judge("08-style-transfer", "share-cut", code, seed) for seed in range(9)] == [""] * 9
