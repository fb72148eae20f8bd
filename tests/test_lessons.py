"""Every lesson runs clean, marks right answers fully and wrong ones not, and gives nothing away."""

import ast
import copy
import functools
import html
import os
import re
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient

from generative_vision.course import build, questions, source
from generative_vision.course.grading.run import grade
from generative_vision.course.grading.submissions import collect
from generative_vision.course.grading.tasks import CodeTask, read_sheet
from generative_vision.course.manifest import read_course
from generative_vision.course.practice import read_names

ROOT = Path(__file__).resolve().parents[1]
COURSE = read_course(ROOT)
LESSONS = {lesson.slug: lesson for lesson in COURSE.lessons}
each_lesson = pytest.mark.parametrize("slug", LESSONS)
FIRST, *LATER = LESSONS
DEFINITIONS = ast.FunctionDef, ast.ClassDef
CONTROLS = ("widgets.explore", "widgets.ask")
COMMON = {"rng = np.random.default_rng(seed)"}  # in many cells, and tells no answer
# to run or to mark a lesson takes up to a minute: ``make test`` does it for the first one only
first_now_later_slow = pytest.mark.parametrize(
    "slug", [FIRST, *(pytest.param(slug, marks=pytest.mark.slow) for slug in LATER)]
)


def answers(slug):
    return runpy.run_path(str(ROOT / "tests" / "answers" / f"{slug}.py"))["ANSWERS"]


def solved(slug):
    return source.read_source(COURSE, LESSONS[slug])


def released(slug):
    return nbformat.read(ROOT / "lessons" / slug / f"{slug}.ipynb", 4)


def quiz(slug):
    return questions.read_questions(COURSE.source(LESSONS[slug]).parent / "quiz.toml")


def exercises(notebook):
    """The names of the solution cells that are not quiz answers."""
    return [
        c.id
        for c in notebook.cells
        if c.metadata.get("nbgrader", {}).get("solution") and not c.id.startswith("quiz-")
    ]


def outputs(notebook, kind):
    return [
        (cell.id, output)
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == kind
    ]


def test_everything_derived_is_what_its_source_gives():
    build.verify(COURSE)


@each_lesson
def test_a_function_is_not_overwritten_by_a_later_cell(slug):
    """Or a reader who runs an earlier cell again meets 'ndarray' object is not callable."""
    functions, overwritten = set(), set()
    for cell in solved(slug).cells:
        if cell.cell_type == "code":
            defined = {n.name for n in ast.parse(cell.source).body if isinstance(n, DEFINITIONS)}
            overwritten |= functions & read_names(cell.source).bound - defined
            functions |= defined
    assert overwritten == set(), f"{slug}: give the later values other names"


@each_lesson
def test_each_exercise_names_a_section_to_read_again(slug):
    notebook = solved(slug)
    tasks = [task for task in read_sheet(notebook).tasks if isinstance(task, CodeTask)]
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    missing = [task.name for task in tasks if f"\n## {task.section}\n" not in f"\n{text}\n"]
    assert missing == [], f"{slug}: an answer's section: N needs a heading '## N. …'"


@each_lesson
def test_lesson_has_what_every_lesson_has(slug):
    notebook, text = solved(slug), COURSE.source(LESSONS[slug]).read_text()
    assert set(answers(slug)) == set(exercises(notebook)), f"entries of tests/answers/{slug}.py"
    assert len(exercises(notebook)) >= 4, f"{slug}: at least four exercises"
    assert len(quiz(slug)) >= 6, f"{slug}: at least six questions"
    words = sum(
        len(c.source.split())
        for c in notebook.cells
        if c.cell_type == "markdown" and "quiz" not in c.metadata
    )
    assert 1500 <= words <= 5000, f"{slug}: {words} words of text, not 1,500 to 5,000"
    for heading in ("## Summary", "## Practice", "## Quiz", "## References", "## What comes next"):
        assert heading in text, f"{slug}: the heading {heading}"
    hinted = text.count("<details><summary>Hint 1")
    assert hinted == len(exercises(notebook)), f"{slug}: {hinted} exercises have a first hint"
    assert "widgets.explore(" in text, f"{slug}: one control at least, by widgets.explore"
    few = [name for name, answer in answers(slug).items() if len(answer["wrong"]) < 2]
    assert few == [], f"tests/answers/{slug}.py: at least two wrong answers"


def submission(slug, pick, quiz_right):
    """The released notebook with ``pick(name)`` in each exercise and a letter in each question."""
    notebook = copy.deepcopy(released(slug))
    asked = {f"quiz-{q.id}": q for q in quiz(slug)}
    for cell in notebook.cells:
        if cell.id in asked:
            q = asked[cell.id]
            letters = [choice for choice in q.choices if (choice == q.right) == quiz_right]
            cell.source = f"{q.variable} = '{letters[0].upper()}'"
        elif cell.id in answers(slug):
            cell.source = pick(cell.id)
    return notebook


def wrong(slug, way):
    """Every exercise wrong in its way number ``way``, and every quiz answer wrong."""
    known = answers(slug)
    return submission(
        slug, lambda name: known[name]["wrong"][way % len(known[name]["wrong"])], False
    )


def mark(folder, slug, made):
    """Grade notebooks ``{student: notebook}`` in one run.

    Return by student the result, the notebook as it ran, and the page.
    """
    for student, notebook in made.items():
        place = folder / "submitted" / student / slug
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{slug}.ipynb")
    output = folder / "results"
    results = grade(
        COURSE,
        collect(folder, COURSE),
        output,
        isolate=shutil.which("bwrap") is not None,
        trial=False,
    )
    return {
        r.student: SimpleNamespace(
            result=r,
            notebook=nbformat.read(output / "autograded" / r.student / slug / f"{slug}.ipynb", 4),
            page=lines_of(output / "feedback" / r.student / f"{slug}.html"),
        )
        for r in results
    }


@pytest.fixture(scope="module")
def executed():
    """A function of a slug: the solved notebook as a plain client runs it, from top to bottom."""

    @functools.cache
    def once(slug):
        notebook = solved(slug)
        environment = {**os.environ, "GENERATIVE_VISION_PROFILE": "tiny"}
        NotebookClient(notebook, timeout=300, allow_errors=True).execute(env=environment)
        return notebook

    return once


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A function of a slug and "solved", "untouched" or "wrong": marks that submission once."""
    hand_in = {"solved": solved, "untouched": released, "wrong": lambda slug: wrong(slug, 0)}

    @functools.cache
    def once(slug, student):
        made = {student: hand_in[student](slug)}
        return mark(tmp_path_factory.mktemp("marks"), slug, made)[student]

    return once


@pytest.mark.slow
@each_lesson
def test_solved_notebook_runs_without_a_line_on_stderr(executed, slug):
    done = executed(slug)
    assert all(cell.execution_count for cell in done.cells if cell.cell_type == "code")
    assert [o.text for _, o in outputs(done, "stream") if o.name == "stderr"] == []
    assert not outputs(done, "error")
    assert outputs(done, "display_data")  # figures, at least one


def read_when_called(function, functions):
    """The notebook's names that a function reads, and those that the functions it calls read."""
    found, todo = set(), {function}
    while todo:
        name = todo.pop()
        found.add(name)
        todo |= functions.get(name, set()) - found
    return found


@each_lesson
def test_no_later_cell_takes_away_what_a_control_reads(slug):
    """A control may be moved when all cells have run."""
    cells = [c.source for c in solved(slug).cells if c.cell_type == "code"]
    bound = [read_names(cell).bound for cell in cells]
    functions, drawing, taken = {}, [], []
    for number, tree in enumerate(map(ast.parse, cells)):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                functions[node.name] = read_names(ast.unparse(node)).later
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CONTROLS:
                drawing.append((number, ast.unparse(node.args[0])))
    for number, draw in drawing:
        assert draw in functions
        later = set().union(*bound[number + 1 :])
        taken += sorted(read_when_called(draw, functions) & later)
    assert drawing
    assert taken == []


def code_before_practice(notebook):
    practice = next(i for i, c in enumerate(notebook.cells) if c.source.startswith("## Practice"))
    return [cell.source for cell in notebook.cells[:practice] if cell.cell_type == "code"]


@each_lesson
def test_body_of_an_untouched_notebook_is_that_of_the_solved_one(slug):
    assert code_before_practice(released(slug)) == code_before_practice(solved(slug))


@pytest.mark.slow
@each_lesson
def test_every_check_of_an_untouched_notebook_speaks_up(marked, slug):
    done = marked(slug, "untouched").notebook
    checks = {c.id for c in done.cells if c.metadata.get("nbgrader", {}).get("grade")}
    assert checks
    assert checks <= {name for name, _ in outputs(done, "error")}


@first_now_later_slow
def test_practice_is_marked_without_the_body(marked, slug):
    done = marked(slug, "solved").notebook
    ran = [cell for cell in done.cells if cell.get("execution_count")]
    body = code_before_practice(done)
    ran_of_body = [cell for cell in ran if cell.source in body]
    assert ran_of_body
    assert len(ran_of_body) <= max(4, len(body) / 4)  # a small lesson's answers read four cells


def objections(done):
    """What each check said that gave no points."""
    return {name: output.evalue for name, output in outputs(done.notebook, "error")}


def assert_full_marks(done, slug):
    result, points = done.result, LESSONS[slug].points
    found = (result.score, result.max_score, result.remark)
    assert found == (points, points, ""), "\n".join(objections(done).values())


@first_now_later_slow
def test_solved_notebook_gets_full_marks(marked, slug):
    assert_full_marks(marked(slug, "solved"), slug)


@first_now_later_slow
def test_marks_that_are_missing_are_explained(marked, slug):
    with pytest.raises(AssertionError, match="it is not written yet"):
        assert_full_marks(marked(slug, "untouched"), slug)


@pytest.mark.full
@each_lesson
def test_other_right_answers_get_full_marks(tmp_path, slug):
    known = answers(slug)
    made = {"otherwise": submission(slug, lambda name: known[name]["right"], True)}
    done = mark(tmp_path, slug, made)
    assert_full_marks(done["otherwise"], slug)


@first_now_later_slow
def test_untouched_notebook_gets_exactly_nothing(marked, slug):
    result = marked(slug, "untouched").result
    assert (result.score, result.max_score, result.status) == (0, LESSONS[slug].points, "graded")


def passed_checks(done):
    """The checks that let a wrong answer pass: there must be none."""
    assert done.result.status == "graded"
    failed = objections(done)
    return [
        c.id
        for c in done.notebook.cells
        if c.metadata.get("nbgrader", {}).get("grade") and c.id not in failed
    ]


@pytest.mark.slow
@each_lesson
def test_wrong_answers_get_nothing(marked, slug):
    """All exercises wrong in the first way."""
    done = marked(slug, "wrong")
    assert (passed_checks(done), done.result.score) == ([], 0)


@pytest.mark.full
@each_lesson
def test_the_other_wrong_answers_get_nothing(tmp_path, slug):
    ways = range(1, max(len(answer["wrong"]) for answer in answers(slug).values()))
    made = {f"wrong{way}": wrong(slug, way) for way in ways}
    for way, done in mark(tmp_path, slug, made).items():
        assert (way, passed_checks(done), done.result.score) == (way, [], 0)


@functools.cache
def secrets(slug):
    """Every line that a student must not find: answers, hidden tests, quiz reasons."""
    found = set()
    for cell in solved(slug).cells:
        for kind in ("SOLUTION", "HIDDEN TESTS"):
            pattern = rf"### BEGIN {kind}\n(.*?)### END {kind}"
            for block in re.findall(pattern, cell.source, re.DOTALL):
                found |= {line.strip() for line in block.splitlines() if len(line.strip()) > 20}
    for question in quiz(slug):
        found |= set(question.reasons.values())
    region = r"### BEGIN (SOLUTION|HIDDEN TESTS)\n.*?### END \1"
    body = "\n".join(re.sub(region, "", c.source, flags=re.DOTALL) for c in solved(slug).cells)
    kept = {line for line in found - COMMON if line not in body}
    return kept | {"BEGIN SOLUTION", "BEGIN HIDDEN"}


def lines_of(path):
    """A file's text with the escapes of JSON and HTML taken out, so that quotes compare."""
    text = path.read_text(encoding="utf-8", errors="replace")
    text = html.unescape(text.replace('\\"', '"'))
    return re.sub(r"</?(span|b|i)[^>]*>", "", text)  # highlighted code


@each_lesson
def test_lessons_folder_gives_nothing_away(slug):
    """Nothing of this lesson in any other, nor of any other in this one."""
    files = [path for path in (ROOT / "lessons").rglob("*") if path.is_file()]
    files = [path for path in files if ".ipynb_checkpoints" not in path.parts]
    assert any(path.name == f"{slug}.ipynb" for path in files)
    for path in files:
        assert path.suffix not in (".md", ".toml"), path
        text = lines_of(path)
        keepers = LESSONS if path.parent.name == slug else [slug]
        shown = {keeper: [line for line in secrets(keeper) if line in text] for keeper in keepers}
        shown = {keeper: lines for keeper, lines in shown.items() if lines}
        assert shown == {}, f"{path} shows lines of these lessons' answers, hidden checks or quiz"


@first_now_later_slow
def test_feedback_gives_no_test_away(marked, slug):
    """The untouched notebook's page: no answer and no hidden test."""
    page = marked(slug, "untouched").page
    reasons = {reason for question in quiz(slug) for reason in question.reasons.values()}
    code = {secret for secret in secrets(slug) - reasons if "(" in secret or "=" in secret}
    assert [secret for secret in code if secret in page] == []


@first_now_later_slow
def test_feedback_gives_the_reasons_of_the_quiz(marked, slug):
    question = quiz(slug)[0]
    assert question.reasons[question.right] in marked(slug, "wrong").page
