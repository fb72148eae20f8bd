"""The page that tells a student what was right, what was not, and why."""

from __future__ import annotations

import html
import re
import runpy
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from conftest import LESSON
from marked_notebooks import Marked, calling, of_lesson
from nbformat.v4 import new_markdown_cell, new_output

from generative_vision.course.grading.outputs import new_error
from generative_vision.course.grading.pages import markdown_to_html, students_markdown_to_html
from generative_vision.course.manifest import read_course

ROOT = Path(__file__).parents[1]
RIGHT = "def double(x):\n    return x + x"
WRONG = "def double(x):\n    return x * x"
STUB = "def double(x):\n    raise NotImplementedError()"
MAX_BYTES = 100_000


@pytest.fixture(scope="module")
def course(tiny_course):
    answer = "```{code-cell} ipython3\n---\nnbgrader:\n  grade: false"
    named = answer.replace("nbgrader", "section: 1\nnbgrader")
    titled = LESSON.replace(answer, f"## Practice\n\n### Exercise 1: twice\n\n{named}")
    titled = titled.replace("Some text with", "## 1. How to double\n\nSome text with")
    return tiny_course(lesson=titled)


@pytest.fixture
def hand_in(course):
    """A function that fills in and marks the tiny lesson, and returns it with its page."""

    def fill(code: str = WRONG, first: str = "b", second: str = "a", **facts) -> Marked:
        marked = of_lesson(course)
        for name, value in facts.items():
            setattr(marked, name, value)
        answers = {
            "double": code,
            "quiz-main_purpose": f'answer_main_purpose = "{first}"',
            "quiz-second": f'answer_second = "{second}"',
        }
        return marked.answer(answers).mark(calling(code))

    return fill


def part(page: str, name: str) -> str:
    """The words of an exercise or a question, as they are read out."""
    found = re.search(rf'<article [^>]*aria-labelledby="{name}">(.*?)</article>', page, re.DOTALL)
    return words(found[1])


def words(page: str) -> str:
    body = re.sub(r"<(style|script|head)\b.*?</\1>", "", page, flags=re.DOTALL)
    body = re.sub(r"</d[td]>", " ", body)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", body)).split())


def test_the_head_says_what_was_marked_and_how_it_did(hand_in):
    said = words(hand_in().page())
    assert said.startswith("A tiny course A tiny lesson Feedback for ana 2 of 4 points")


def test_an_exercise_goes_by_its_heading(hand_in):
    assert part(hand_in().page(), "double-check").startswith("Exercise 1: twice ✗ not right yet")


@pytest.mark.parametrize(
    ("code", "sign"),
    [
        (RIGHT, "✓ right 2 of 2 points"),
        (WRONG, "✗ not right yet 0 of 2"),
        (STUB, "○ not written"),
        ("", "○ not written"),
    ],
)
def test_a_state_has_a_sign_and_a_word(hand_in, code, sign):
    assert sign in part(hand_in(code).page(), "double-check")


def test_points_given_by_hand_count_and_comments_are_shown(hand_in):
    marked = hand_in(by_hand={"double-check": 1.0}, comments={"double": "Nearly: <b>see</b> 3."})
    said = part(marked.page(), "double-check")
    assert "◐ partly right 1 of 2 points, given by hand" in said
    assert "Comment: Nearly: <b>see</b> 3." in said
    assert "3 of 4 points" in words(marked.page())


def test_a_late_penalty_is_told(hand_in):
    said = words(hand_in(RIGHT, penalty=1.5).page())
    assert "2.5 of 4 points" in said
    assert "4 for the answers, less 1.5 because it was handed in late." in said


def test_it_says_when_it_was_handed_in(hand_in):
    said = words(hand_in(submitted=datetime(2026, 11, 3, 9, 5)).page())
    assert "Handed in on 3 November 2026, 09:05 UTC" in said


def test_remarks_for_the_instructor_are_not_for_the_student(hand_in):
    told, kept = "a cell ran out of time", "double uses the package's blur: look at it"
    said = words(hand_in(remarks=[told, kept]).page())
    assert f"Note: {told}." in said
    assert "look at it" not in said


def test_a_wrong_answer_comes_with_a_sentence_and_what_was_tried(hand_in):
    said = part(hand_in().page(), "double-check")
    assert "double(5.5) is 30.25; expected 11." in said
    assert "call double(x), case “5.5” x 5.5 result 30.25" in said
    assert "AssertionError" not in said


def test_the_section_to_read_again_is_named_where_it_is_not_right(hand_in):
    assert "Read again: 1. How to double" in part(hand_in().page(), "double-check")
    assert "Read again" not in hand_in(RIGHT).page()


def test_the_students_code_is_shown(hand_in):
    assert "def double(x): return x * x" in part(hand_in().page(), "double-check")


def test_a_long_answer_is_cut(hand_in):
    page = hand_in("# more\n" * 100_000 + WRONG).page()
    assert len(page) < MAX_BYTES
    assert "… and more" in page


TRACE = """\
---------------------------------------------------------------------------
ZeroDivisionError                         Traceback (most recent call last)
Cell In[9], line 1
----> 1 check.close("double(2)", double(2), 4)

Cell In[8], line 3, in double(x)
      1 def double(x):
      2     import secret_frames
----> 3     return helper(x / 0)

File /usr/lib/python3/secret_frames.py:12, in helper(x)
     10 def helper(x):
---> 12     return other(x)

ZeroDivisionError: division by zero"""


def test_of_a_traceback_only_the_students_own_line_is_shown(hand_in):
    marked = hand_in("def double(x):\n    import secret_frames\n    return helper(x / 0)")
    error = new_error("ZeroDivisionError", "division by zero", TRACE.split("\n"))
    marked.cells["double-check"].outputs = [error]
    said = part(marked.page(), "double-check")
    assert "stops at line 3: return helper(x / 0) ZeroDivisionError: division by zero" in said
    assert "return other(x)" not in said
    assert said.count("division by zero") == 1


def test_a_line_counts_from_the_first_that_is_not_empty(hand_in):
    """As IPython counts; its line of a comprehension is another's, and is passed over."""
    marked = hand_in("\n\ndef double(x):\n    return [y + z for y in x]")
    frames = (
        "Cell In[9], line 1\n----> 1 double(2)\n"
        "Cell In[8], line 2, in double(x)\n----> 2     return [y + z for y in x]\n"
        "Cell In[8], line 2, in <listcomp>(.0)\n----> 2 def double(x):"
    )
    error = new_error("NameError", "name 'z' is not defined", frames.split("\n"))
    marked.cells["double-check"].outputs = [error]
    said = part(marked.page(), "double-check")
    assert "stops at line 2: return [y + z for y in x] NameError" in said


def test_a_cell_that_is_not_python_says_where_and_nothing_that_follows(hand_in):
    marked = hand_in("def double(x):\n    return x +")
    trace = "  Cell In[8], line 2\n    return x +\n              ^\nSyntaxError: invalid syntax"
    error = new_error("SyntaxError", "invalid syntax (25830.py, line 2)", trace.split("\n"))
    marked.cells["double"].outputs = [error]
    marked.marks["double-check"].message = "double(x): there is no function double."
    said = part(marked.page(), "double-check")
    assert "Your code stops at line 2: return x + SyntaxError: invalid syntax Read again" in said


def test_the_same_sentence_is_not_said_twice(hand_in):
    marked = hand_in()
    seen = "double(2) has shape (1,); expected ()."
    marked.cells["double-check"].outputs = [new_error("AssertionError", seen)]
    assert "And with other input double(5.5) is" in part(marked.page(), "double-check")
    marked.marks["double-check"].message = "double(5.5) has shape (3,); expected ()."
    assert part(marked.page(), "double-check").count("expected") == 1


def test_no_line_of_a_check_is_shown_where_it_stops(hand_in):
    marked = hand_in()
    frames = "Cell In[9], line 7\n----> 7 probe()\nCell In[9], line 5, in probe()\n----> 5 secret()"
    marked.cells["double-check"].outputs = [new_error("KeyError", "1", frames.split("\n"))]
    said = part(marked.page(), "double-check")
    assert "Your code stops: KeyError: 1" in said
    assert "secret()" not in said


def test_what_tensorflow_wraps_around_an_error_is_left_out(hand_in):
    wrapped = (
        "Exception encountered when calling Trial.call().\n\nin user code:\n\n"
        '    File "/tmp/x.py", line 2, in __trial_14  *\n        f()\n\n'
        "    ValueError: Shapes differ.\n\n\nArguments received: ..."
    )
    marked = hand_in("def double(x):\n    return 0")
    marked.marks["double-check"].message = wrapped
    said = part(marked.page(), "double-check")
    assert "ValueError: Shapes differ." in said
    assert "__trial_14" not in said


def test_a_question_shows_both_the_choice_made_and_the_right_one_with_reasons(hand_in):
    page = hand_in(second="c").page()
    said = part(page, "quiz-second-check")
    assert "Which of these is even?" in said
    assert "a four ✓ the right answer Two times two is four." in said
    assert "c seven ✗ your answer, not right Seven is a prime above two." in said
    assert "Halving it leaves a rest." not in page


def test_a_right_choice_is_marked_once(hand_in):
    said = part(hand_in().page(), "quiz-second-check")
    assert "a four ✓ your answer, and right Two times two is four. b five c seven" in said


def test_without_an_answer_neither_key_nor_reason_is_shown(hand_in):
    page = hand_in(second="").page()
    said = part(page, "quiz-second-check")
    assert "○ no answer 0 of 1 point" in said
    assert "No answer yet: write a, b or c between the quotes." in said
    assert "Two times two" not in page
    assert "the right answer" not in said


HOSTILE = "<script>steal()</script><img src=http://evil.example onerror=steal()>"


@pytest.fixture
def hostile(hand_in):
    """The page of a student who wrote markup wherever one can."""
    marked = hand_in(
        f"def double(x):\n    return x  # {HOSTILE} $\\href{{javascript:steal()}}{{x}}$",
        student=f"ana{HOSTILE}",
        remarks=[f"a cell {HOSTILE}"],
        comments={"double": HOSTILE},
    )
    stream = new_output("stream", name="stdout", text=HOSTILE)
    error = new_error(HOSTILE, HOSTILE, [HOSTILE, f"Cell In[1], line 1\n----> 1 {HOSTILE}"])
    marked.cells["double-check"].outputs = [stream, error]
    tried = {"function": HOSTILE, "name": HOSTILE, "inputs": [HOSTILE], "output": HOSTILE}
    marked.marks["double-check"] |= {"message": HOSTILE, "tried": [tried]}
    marked.notebook.cells.insert(0, new_markdown_cell(HOSTILE))
    return marked.page()


def test_nothing_that_a_student_wrote_is_markup(hostile):
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', hostile))
    ours = [f'<script nonce="{nonce}">', f'<script nonce="{nonce}" src="../mathjax.js">']
    assert re.findall(r"<script[^>]*>", hostile) == ours
    assert re.findall(r"<[^<>]*\b(?:steal|evil|javascript:|onerror)[^<>]*>", hostile) == []
    assert HOSTILE in words(hostile)


def test_markdown_neither_runs_nor_loads_anything():
    pictures = "![a](http://evil.example) ![b](data:image/png;base64,A)"
    made = markdown_to_html(f"{HOSTILE}\n\n[x](javascript:steal()) {pictures}")
    assert re.findall(r"<[^<>]*\b(?:steal|evil|javascript:|onerror)[^<>]*>", made) == []
    assert re.findall(r"<script", made) == []
    assert re.findall(r'<img [^>]*src="([^"]*)"', made) == ["data:image/png;base64,A"]


def test_a_students_links_lead_nowhere_and_say_where_they_would_lead():
    """In formgrader's frame a page from elsewhere could give JupyterLab orders."""
    links = "[x](http://evil.example/a) <http://evil.example> <a href='#a'>y</a> [z][1]\n\n"
    made = students_markdown_to_html(f"{links}[1]: http://evil.example/2 'title'")
    assert "href" not in made
    words = re.sub("<[^>]*>", "", made).strip()
    assert words == "x (http://evil.example/a) http://evil.example y z (http://evil.example/2)"


@pytest.mark.parametrize(
    "address",
    ["files/javascript:steal()", "/files/data:x", "vbscript:x", "http:/logout", "HTTPS:logout"],
)
def test_links_lead_to_pages_or_nowhere(address):
    made = markdown_to_html(f'[x]({address}) <a href="{address}">y</a> [z](https://z.example)')
    assert re.findall(r'href="([^"]*)"', made) == ["https://z.example"]


def test_markdown_gets_no_names_and_no_classes_but_those_of_code():
    made = markdown_to_html('<div class="nbgrader_cell" id="a">x</div>\n\n```python\nx = 1\n```')
    assert re.findall(r'id="[^"]*"', made) == []
    classes = {one for names in re.findall(r'class="([^"]*)"', made) for one in names.split()}
    assert "highlight" in classes
    assert classes <= {"highlight", "hl-python3", "n", "o", "mi", "p", "w"}


def test_a_text_of_very_many_table_lines_is_shown_as_it_is():
    """The parser takes each for the head of a table of all below: that would take minutes."""
    table = "| a | <b> |\n|---|---|\n" + 100 * "| 1 | 2 |\n"
    assert "<table>" in markdown_to_html(table)
    assert markdown_to_html(2 * table).startswith("<pre>| a | &lt;b&gt; |\n")


@pytest.mark.parametrize("written", ["attachment:", "&#97;ttachment:a.png", "attachment:" * 2])
def test_a_picture_that_is_not_attached_is_left_out(written):
    assert markdown_to_html(f"![seen]({written})").strip() == '<p><img alt="seen"></p>'


@pytest.mark.parametrize("language", ["", "python", "autoit", "mermaid", "no such language"])
def test_code_in_a_text_is_coloured_as_python_whatever_it_says(language):
    """For code in some languages the time grows by the square, and nobody else is served."""
    made = markdown_to_html(f"```{language}\ndef f(<b>): pass\n```\n\n> - ~~~ {language}\n>   x\n")
    assert re.findall(r"</?b>|mermaid|no such", made) == []
    assert ('class="k"' in made) == bool(language)


def test_the_page_allows_nothing_foreign(hostile):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', hostile)[1]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert "http" not in policy
    assert "data:" not in policy


def test_the_same_marks_give_the_same_page(hand_in):
    marked = hand_in()
    assert marked.page() == marked.page()


def test_no_hidden_test_is_shown(hand_in):
    for code in (RIGHT, WRONG, STUB):
        page = hand_in(code).page()
        assert "the hidden line" not in page
        assert "outputs[" not in page


LESSONS = read_course(ROOT).lessons


@pytest.mark.parametrize("slug", [LESSONS[1].slug])
@pytest.mark.parametrize("kind", ["solved", "wrong"])
def test_a_real_lessons_page_is_small_and_complete(slug, kind):
    marked = of_lesson(read_course(ROOT), slug)
    if kind == "wrong":
        known = runpy.run_path(str(ROOT / "tests" / "answers" / f"{slug}.py"))["ANSWERS"]
        marked.answer({name: answer["wrong"][0] for name, answer in known.items()})
    page = marked.mark(lambda call: np.zeros(3)).page()
    assert len(page.encode()) < MAX_BYTES
    assert page.count("<article") == len(marked.sheet.tasks)
