"""Every lesson of the manifest: runs clean, gives full marks for right answers and none for wrong ones, gives nothing away."""

import copy
import os
import re
import runpy
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from generative_vision.course import build, questions, source
from generative_vision.course.grade import collect, grade
from generative_vision.course.manifest import read_course

ROOT = Path(__file__).resolve().parents[1]
COURSE = read_course(ROOT)
LESSONS = {lesson.slug: lesson for lesson in COURSE.lessons}
each_lesson = pytest.mark.parametrize("slug", LESSONS)


def answers(slug):
    return runpy.run_path(str(ROOT / "tests" / "answers" / f"{slug}.py"))["ANSWERS"]


def solved(slug):
    return source.read_source(COURSE, LESSONS[slug])


def released(slug):
    return nbformat.read(ROOT / "lessons" / slug / f"{slug}.ipynb", 4)


def exercises(notebook):
    """The names of the solution cells that are not quiz answers."""
    return [c.id for c in notebook.cells if c.metadata.get("nbgrader", {}).get("solution") and not c.id.startswith("quiz-")]


def run(notebook, **options):
    environment = {**os.environ, "GENERATIVE_VISION_PROFILE": "check"}
    return NotebookClient(notebook, timeout=600, **options).execute(env=environment)


def outputs(notebook, kind):
    return [(cell.id, output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
            if output.output_type == kind]  # fmt: skip


def test_everything_derived_is_what_its_source_gives():
    build.check(COURSE)


@each_lesson
def test_solved_notebook_runs_without_a_line_on_stderr(slug):
    done = run(solved(slug))
    assert [(name, o.text) for name, o in outputs(done, "stream") if o.name == "stderr"] == []
    assert not outputs(done, "error")
    assert outputs(done, "display_data")  # figures, at least one


@each_lesson
def test_body_of_an_untouched_notebook_runs(slug):
    done = run(released(slug), allow_errors=True)
    practice = next(i for i, c in enumerate(done.cells) if c.source.startswith("## Practice"))
    body = {cell.id for cell in done.cells[:practice]}
    assert not [name for name, _ in outputs(done, "error") if name in body]
    assert not [name for name, o in outputs(done, "stream") if o.name == "stderr" and name in body]
    checks = {c.id for c in done.cells if c.metadata.get("nbgrader", {}).get("grade")}
    assert checks <= {name for name, _ in outputs(done, "error")}  # every check speaks up


@each_lesson
def test_lesson_has_what_every_lesson_has(slug):
    notebook, text = solved(slug), COURSE.source(LESSONS[slug]).read_text()
    assert len(exercises(notebook)) >= 4
    assert len(questions.read_questions(COURSE.source(LESSONS[slug]).parent / "quiz.toml")) >= 6
    words = sum(len(c.source.split()) for c in notebook.cells if c.cell_type == "markdown" and "quiz" not in c.metadata)
    assert 1500 <= words <= 4500  # exercises and references included
    for heading in ("## Summary", "## Practice", "## Quiz", "## References", "## What comes next"):
        assert heading in text
    assert text.count("<details><summary>Hint 1") == len(exercises(notebook))
    assert "widgets.explore(" in text
    assert set(answers(slug)) == set(exercises(notebook))
    assert all(len(answer["wrong"]) >= 2 for answer in answers(slug).values())


def submission(slug, pick, quiz_right):
    """The released notebook with answers filled in: ``pick(name)`` for exercises, right or wrong letters for the quiz."""
    notebook = copy.deepcopy(released(slug))
    asked = {f"quiz-{q.id}": q for q in questions.read_questions(COURSE.source(LESSONS[slug]).parent / "quiz.toml")}
    for cell in notebook.cells:
        if cell.id in asked:
            q = asked[cell.id]
            letter = q.right if quiz_right else next(other for other in q.choices if other != q.right)
            cell.source = f"{q.variable} = '{letter.upper()}'"
        elif cell.id in answers(slug):
            cell.source = pick(cell.id)
    return notebook


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    """Scores of all lessons' submissions, and the folder of results."""
    folder = tmp_path_factory.mktemp("marks") / "submitted"
    for slug in LESSONS:
        known = answers(slug)
        rounds = max(len(answer["wrong"]) for answer in known.values())
        made = {"solved": solved(slug), "untouched": released(slug),
                "otherwise": submission(slug, lambda name: known[name]["right"], True)}  # fmt: skip
        for i in range(rounds):
            made[f"wrong{i}"] = submission(slug, lambda name: known[name]["wrong"][i % len(known[name]["wrong"])], False)
        for student, notebook in made.items():
            (folder / student / slug).mkdir(parents=True)
            nbformat.write(notebook, folder / student / slug / f"{slug}.ipynb")
    output = folder.parent / "results"
    results = grade(COURSE, collect(folder.parent, COURSE), output, isolate=shutil.which("bwrap") is not None)
    return {(r.lesson, r.student): r for r in results}, output


@each_lesson
@pytest.mark.parametrize("student", ["solved", "otherwise"])
def test_right_answers_get_full_marks(marks, slug, student):
    result = marks[0][slug, student]
    assert (result.score, result.max_score, result.remark) == (LESSONS[slug].points, LESSONS[slug].points, "")


@each_lesson
def test_untouched_notebook_gets_exactly_nothing(marks, slug):
    result = marks[0][slug, "untouched"]
    assert (result.score, result.max_score, result.status) == (0, LESSONS[slug].points, "graded")


@each_lesson
def test_wrong_answers_get_nothing(marks, slug):
    """All exercises wrong in one way at a time: any score names a check that lets a wrong answer pass."""
    passed = {}
    for (lesson, student), result in marks[0].items():
        if lesson == slug and student.startswith("wrong") and result.score:
            notebook = nbformat.read(marks[1] / "autograded" / student / slug / f"{slug}.ipynb", 4)
            failed = {name for name, _ in outputs(notebook, "error")}
            passed[student] = [c.metadata.nbgrader.grade_id for c in notebook.cells
                               if c.metadata.get("nbgrader", {}).get("grade") and c.id not in failed]  # fmt: skip
    assert passed == {}
    assert sum(lesson == slug and student.startswith("wrong") for lesson, student in marks[0]) >= 2


def secrets(slug):
    """Every line that a student must not find: answers, hidden tests, quiz reasons."""
    found = set()
    for cell in solved(slug).cells:
        for start, end in (("SOLUTION", "SOLUTION"), ("HIDDEN TESTS", "HIDDEN TESTS")):
            for block in re.findall(rf"### BEGIN {start}\n(.*?)### END {end}", cell.source, re.DOTALL):
                found |= {line.strip() for line in block.splitlines() if len(line.strip()) > 20}
    for question in questions.read_questions(COURSE.source(LESSONS[slug]).parent / "quiz.toml"):
        found |= set(question.reasons.values())
    body = "\n".join(c.source for c in solved(slug).cells if not c.metadata.get("nbgrader"))
    return {line for line in found if line not in body} | {"BEGIN SOLUTION", "BEGIN HIDDEN"}


def lines_of(path):
    """A file's text with the escapes of JSON and HTML taken out, so that quotes compare."""
    text = path.read_text(encoding="utf-8", errors="replace")
    for old, new in (('\\"', '"'), ("&#39;", "'"), ("&quot;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(old, new)
    return re.sub(r"</?(span|b|i)[^>]*>", "", text)  # highlighted code


@each_lesson
def test_lessons_folder_gives_nothing_away(slug):
    files = [path for path in (ROOT / "lessons").rglob("*") if path.is_file() and ".ipynb_checkpoints" not in path.parts]
    assert any(path.name == f"{slug}.ipynb" for path in files)
    for path in files:
        assert path.suffix not in (".md", ".toml"), path
        assert [secret for secret in secrets(slug) if secret in lines_of(path)] == [], path


@each_lesson
def test_feedback_gives_no_test_away(marks, slug):
    """The untouched notebook's page: no answer and no hidden test, but the reasons of the quiz come."""
    page = lines_of(marks[1] / "feedback" / "untouched" / f"{slug}.html")
    code = {s for s in secrets(slug) if "(" in s or "=" in s} - {
        reason for q in questions.read_questions(COURSE.source(LESSONS[slug]).parent / "quiz.toml") for reason in q.reasons.values()
    }
    assert [secret for secret in code if secret in page] == []
    wrong = lines_of(marks[1] / "feedback" / "wrong0" / f"{slug}.html")
    question = questions.read_questions(COURSE.source(LESSONS[slug]).parent / "quiz.toml")[0]
    assert question.reasons[question.right] in wrong
