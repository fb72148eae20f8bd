"""The site for self-learners: its pages are used in a browser as readers do."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import conftest
import pytest
from browser import MINUTE, needs_chromium, new_page
from conftest import SLUG

from generative_vision.course import CourseError
from generative_vision.course.book import build_book
from generative_vision.course.book.about import PAGES, TEACHING
from generative_vision.course.glossary import FILE as GLOSSARY
from generative_vision.course.manifest import Course

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
SECRET = "double(123456)"  # stands in a hidden test alone
PUBLISH = """\
[publish]
repository = "https://github.com/example/course"
branch = "released"
hub = "https://hub.example.org"

[quiz]"""
BOOK = conftest.BOOK.replace("A tiny lesson", "Doubling").replace("[quiz]", PUBLISH)

LESSON = f"""\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
    format_version: 0.13
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---

# Doubling

Inline $x^2$, bold $\\boldsymbol{{z}}$, and displayed:

$$
\\int_0^1 2x \\, dx = 1
$$

| letter | meaning |
|--------|---------|
| $x$    | a number |

```{{code-cell}} ipython3
:tags: [parameters]

N = 3
```

```{{code-cell}} ipython3
import os

import matplotlib.pyplot as plt

plt.plot(range(N))
plt.show()
print("static:", os.environ["GENERATIVE_VISION_STATIC"])
```

## Practice

<details><summary>Hint 1</summary>

Add $x$ to itself.

</details>

```{{code-cell}} ipython3
---
nbgrader:
  grade: false
  grade_id: double
  locked: false
  schema_version: 3
  solution: true
  task: false
---
def double(x):
    \"\"\"Return twice x.\"\"\"
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION
```

```{{code-cell}} ipython3
---
nbgrader:
  grade: true
  grade_id: double-check
  locked: true
  points: 2
  schema_version: 3
  solution: false
  task: false
---
assert double(2) == 4
### BEGIN HIDDEN TESTS
assert {SECRET} == 246912
### END HIDDEN TESTS
```

## Quiz

+++

<!-- quiz -->

+++

The end.
"""

QUIZ = """\
[[question]]
id = "twice"
text = "What is *twice* $x$?"

[[question.choice]]
text = "$x^2$"
reason = "That is the *square*: for $x = 3$ it is 9."

[[question.choice]]
text = "$2x$"
right = true
reason = "It is $x + x$."

[[question]]
id = "half"
text = "And half of $x$?"

[[question.choice]]
text = "`x / 2`"
right = true
reason = "Doubled, it is x again."

[[question.choice]]
text = "`x * 2`"
reason = "That is twice."
"""


TERM = f"""
[[term]]
name = "grey level"
lesson = "{SLUG[:2]}"
section = "1"
meaning = "Here stands what the word means, with $x^2$."
"""


@pytest.fixture(scope="module")
def book_course(tiny_course) -> Callable[..., Course]:
    """Return a function that writes the course of this file, or one with another lesson."""
    return functools.partial(tiny_course, book=BOOK, lesson=LESSON, quiz=QUIZ)


@pytest.fixture(scope="module")
def site(book_course) -> Path:
    """The folder of the built site, with the pages about the course that the repository has."""
    course = book_course()
    for page in PAGES:
        place = (course.root / page).parent
        place.mkdir(exist_ok=True)
        for file in [ROOT / page, *(ROOT / page).parent.glob("*.[ps][nv]g")]:
            shutil.copy(file, place)
    back = f"[top](../README.md), [lesson](../lessons/{SLUG}/{SLUG}.ipynb)"
    with (course.root / TEACHING).open("a", encoding="utf-8") as page:
        page.write(f"\nBack: {back}\n")
    (course.root / GLOSSARY).write_text(TERM, encoding="utf-8")
    return build_book(course, course.root / "out").parent


@needs_chromium
def test_the_glossary_explains_a_term_and_leads_to_its_lesson(site):
    with new_page() as page:
        page.goto((site / "glossary.html").as_uri())
        page.wait_for_selector("mjx-container")
        assert "what the word means" in page.locator("dl.glossary dd").inner_text()
        page.locator("dl.glossary a:not(.headerlink)").first.click()
        assert f"{SLUG}.html" in page.url


@pytest.mark.parametrize(
    "start",
    [
        f"https://colab.research.google.com/github/example/course/blob/released/lessons/{SLUG}/",
        "https://mybinder.org/v2/gh/example/course/released?",
        "https://hub.example.org/hub/user-redirect/git-pull?",
        "https://github.com/example/course",
    ],
)
def test_a_lesson_can_be_opened_elsewhere(site, start):
    page = (site / SLUG / f"{SLUG}.html").read_text(encoding="utf-8")
    assert f'href="{start}' in page
    assert f"lessons/{SLUG}/{SLUG}.ipynb" in page.replace("%2F", "/")


@pytest.fixture
def lesson_page(site: Path):
    """The lesson's page, open in a browser, its formulas set."""
    with new_page() as page:
        page.goto((site / SLUG / f"{SLUG}.html").as_uri())
        page.wait_for_selector("mjx-container")
        page.evaluate("MathJax.startup.promise")
        yield page


@needs_chromium
def test_formulas_are_set(lesson_page):
    assert (
        lesson_page.locator("mjx-container").count() >= 9
    )  # text, table, hint and quiz, those not yet shown included
    assert lesson_page.locator("mjx-container[display=true]").count() == 1
    assert lesson_page.locator("mjx-merror, [data-mjx-error]").count() == 0
    assert "$" not in lesson_page.locator("article").text_content()


@needs_chromium
def test_what_a_cell_drew_and_printed_is_shown(lesson_page):
    picture = lesson_page.locator(".cell_output img")
    assert picture.evaluate("image => image.naturalWidth") > 100
    assert lesson_page.get_by_text("static: 1").is_visible()


@needs_chromium
def test_an_answer_is_one_click_away(lesson_page):
    answer = lesson_page.get_by_text("return x + x")
    assert lesson_page.get_by_text("raise NotImplementedError()").is_visible()
    assert not answer.is_visible()
    lesson_page.get_by_text("Show answer").click()
    assert answer.is_visible()
    assert "SOLUTION" not in lesson_page.content()


@needs_chromium
def test_a_quiz_question_answers_each_choice(lesson_page):
    question = lesson_page.get_by_role("group", name="Question 1. What is twice")
    wrong, right = question.get_by_role("button").all()
    assert question.get_by_role("status").all_inner_texts() == ["", ""]
    wrong.click()
    reason, other = question.get_by_role("status").all()
    assert reason.inner_text().startswith("Not right. That is the square")
    assert reason.locator("mjx-container").is_visible()
    assert not other.locator("p").is_visible()
    right.press("Enter")
    assert other.inner_text().startswith("Right. It is")
    assert lesson_page.get_by_role("group", name="Question 2.").get_by_role(
        "status"
    ).all_inner_texts() == ["", ""]


@needs_chromium
def test_no_page_asks_for_anything_outside(site: Path):
    with new_page() as page:
        for path in site.rglob("*.html"):
            page.goto(path.as_uri())
            page.wait_for_load_state("networkidle", timeout=2 * MINUTE)
        assert page.outside == []


@needs_chromium
def test_the_first_page_leads_to_the_lessons(site: Path):
    with new_page() as page:
        page.goto((site / "index.html").as_uri())
        assert page.get_by_text("5 minutes.").is_visible()
        page.locator("article").get_by_role("link", name="Doubling").click()
        assert page.locator("article h1").inner_text().startswith("Doubling")


@needs_chromium
def test_the_first_page_leads_instructors_to_theirs(site: Path):
    with new_page() as page:
        page.goto((site / "index.html").as_uri())
        page.locator("article").get_by_role("link", name="Teaching with this course").click()
        assert page.locator("article h1").inner_text().startswith("Teaching with this course")
        page.locator("article").get_by_role("link", name="lesson", exact=True).click()
        assert page.locator("article h1").inner_text().startswith("Doubling")


@needs_chromium
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_about_the_course_is_wider_than_the_screen(site: Path, width: int):
    with new_page(width) as page:
        for name in PAGES:
            page.goto((site / name).with_suffix(".html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_no_link_of_the_site_is_dead(site: Path):
    dead = [
        f"{path.relative_to(site)}: {target}"
        for path in site.rglob("*.html")
        if "_static" not in path.parts  # templates of the theme
        for target in re.findall(r' (?:href|src)="([^"#?]+)', path.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target)
        if not (path.parent / target).exists()
    ]
    assert dead == []


def test_hidden_tests_stay_out_of_the_site(site: Path):
    files = [path for path in site.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_a_second_build_runs_nothing_again(book_course, tmp_path: Path, capsys):
    course = book_course()
    build_book(course, tmp_path / "out")
    assert "running" in capsys.readouterr().out
    index = build_book(course.model_copy(update={"title": "Another title"}), tmp_path / "out")
    assert "running" not in capsys.readouterr().out
    assert "Another title" in index.read_text(encoding="utf-8")
    assert 'src="../_images/' in (index.parent / SLUG / f"{SLUG}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("raise KeyError('lost')", "fails: KeyError: 'lost'"),
        ("import sys; print('oh', file=sys.stderr)", "writes to stderr: oh"),
        ("import os; os._exit(1)", "ended the kernel"),
        ("import os\nwhile True: pass", "takes more than 0.1 minutes, or waits for ever"),
    ],
)
def test_a_cell_that_goes_wrong_is_named(book_course, tmp_path: Path, code: str, complaint: str):
    course = book_course(lesson=LESSON.replace("plt.plot(range(N))", code))
    with pytest.raises(CourseError) as caught:
        build_book(course, tmp_path / "out", cell_seconds=6)
    assert str(caught.value).startswith(f"{SLUG}: the cell that begins with 'import os'")
    assert complaint in str(caught.value)


def test_a_warning_of_jupyter_book_is_an_error(book_course, tmp_path: Path):
    course = book_course(lesson=LESSON.replace("The end.", "![lost](lost.png)"))
    with pytest.raises(CourseError, match="lost.png"):
        build_book(course, tmp_path / "out")


def test_an_instant_quiz_is_clickable_too(book_course, tmp_path: Path):
    course = book_course()
    quiz = course.quiz.model_copy(update={"mode": "instant"})
    index = build_book(course.model_copy(update={"quiz": quiz}), tmp_path / "out")
    text = (index.parent / SLUG / f"{SLUG}.html").read_text(encoding="utf-8")
    assert text.count('class="gv-choice"') == 4
    assert "quiz.tell" not in text
