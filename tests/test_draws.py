"""No draw of the hidden inputs lets a wrong answer pass or refuses a right one."""

from __future__ import annotations

import pytest
from verdicts import SLUGS, answers, cells, judge, slips

DRAWS = range(1, 101)
FEW_DRAWS = range(1, 21)
TAKE_LONG = {  # a tenth of a second and more for each answer: of wrong ones fewer draws
    *("00 draw-by-class", "01 best-denoiser", "01 unfold", "02 dependence", "02 linear-vae"),
    *("02 negative-elbo", "03 copied-share", "03 repaired-loss", "04 diffusion-loss"),
    *("05 pair-loss", "06 partly-fresh", "06 total-error", "06 typical-variance"),
    "08 repaired-statistic",
}
EXERCISES = [(slug, name) for slug in SLUGS for name in answers(slug)]
each_exercise = pytest.mark.parametrize(("slug", "name"), EXERCISES)


@pytest.mark.full
@each_exercise
def test_a_right_answer_is_right_whatever_is_drawn(slug, name):
    known = answers(slug)[name]
    right = [cells(slug)[name], known["right"], *known.get("also right", ())]
    refused = [(code, seed) for code in right for seed in DRAWS if judge(slug, name, code, seed)]
    assert refused == []


@pytest.mark.full
@each_exercise
def test_a_wrong_answer_is_wrong_whatever_is_drawn(slug, name):
    wrong = {*answers(slug)[name]["wrong"], *slips(slug).get(name, {}).values()}
    draws = FEW_DRAWS if f"{slug[:2]} {name}" in TAKE_LONG else DRAWS
    accepted = [
        (code, seed) for code in wrong for seed in draws if not judge(slug, name, code, seed)
    ]
    assert accepted == []
