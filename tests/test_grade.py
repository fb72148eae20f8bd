"""A folder of submissions by honest, lazy and hapless students: marked once, then looked at."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable
from types import SimpleNamespace

import honest_hand_ins
import nbformat
import pytest
from conftest import QUIZ as QUESTIONS
from conftest import SLUG
from hand_ins import CASES, FULL, HIDDEN, QUIZ, Sheet
from marked_run import Run, chosen, each, hand_in, prepare
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from generative_vision.course import CourseError
from generative_vision.course.grading import register
from generative_vision.course.grading.results import Result

FEW = {
    "figure_and_own_cells",
    "infinite_loop",
    "metadata_stripped",
    "os_exit",
    "other_style",
    "picture_pasted",
    "untouched",
    "wrong_choice",
    "wrong_code",
}
HONEST = {n: case for n, case in CASES.items() if case.make.__module__ == honest_hand_ins.__name__}


# Files that are no submission, and names that are odd: file name, bytes, student, score, remark


def _old_format(notebook: NotebookNode) -> str:
    sheet = Sheet(notebook).answer()
    for cell in sheet.notebook.cells:
        cell.pop("id")
    return nbformat.writes(nbformat.convert(sheet.notebook, 3), 3)


def _foreign(notebook: NotebookNode) -> str:
    return nbformat.writes(nbformat.v4.new_notebook(cells=[new_code_cell("1 + 1")]))


def _changed(change: Callable[[dict], None]) -> Callable[[NotebookNode], str]:
    def make(notebook: NotebookNode) -> str:
        raw = json.loads(nbformat.writes(Sheet(notebook).answer().notebook))
        change(raw)
        return json.dumps(raw)

    return make


FILES = {
    "old_format.ipynb": (_old_format, "old_format", FULL, ""),
    "broken.ipynb": (lambda notebook: "{not json", "broken", None, "not a readable notebook"),
    "empty.ipynb": (lambda notebook: "", "empty", None, "not a readable notebook"),
    "a_list.ipynb": (lambda notebook: "[]", "a_list", None, "not a readable notebook"),
    "no_cells.ipynb": (
        _changed(lambda raw: raw.update(cells=None)),
        "no_cells",
        None,
        "not a readable notebook",
    ),
    "no_source.ipynb": (_changed(lambda raw: raw["cells"][3].pop("source")), "no_source", None, ""),
    "no_type.ipynb": (_changed(lambda raw: raw["cells"][-1].pop("cell_type")), "no_type", None, ""),
    "odd_id.ipynb": (
        _changed(lambda raw: raw["cells"][5]["metadata"]["nbgrader"].update(grade_id={"a": 1})),
        "odd_id",
        None,
        "not a readable notebook",
    ),
    "odd_marks.ipynb": (
        _changed(lambda raw: raw["cells"][0]["metadata"].update(nbgrader=[1], tags=3)),
        "odd_marks",
        FULL,
        "",
    ),
    "foreign.ipynb": (_foreign, "foreign", None, "not a notebook of this course"),
    f"{SLUG}.ipynb": (nbformat.writes, SLUG, None, "tells no student"),
    "[!].ipynb": (nbformat.writes, "[!]", None, "tells no student"),
    f"Zoë Ångström-{SLUG}.ipynb": (nbformat.writes, "Zoë_Ångström", 0, ""),
    unicodedata.normalize("NFD", "José.ipynb"): (nbformat.writes, "José", 0, ""),
    "李'{雷}*; rm -rf $HOME.ipynb": (nbformat.writes, "李_雷_rm_-rf_HOME", 0, ""),
    "=HYPERLINK(1).ipynb": (nbformat.writes, "HYPERLINK", 0, ""),
    "@SUM(A1).ipynb": (nbformat.writes, "@SUM_A1", 0, ""),
}


@pytest.fixture(scope="module")
def marked(request, tiny_course, tmp_path_factory, bubblewrap) -> Run:
    """Mark every case once, in two runs: the first is interrupted after its third mark."""
    run = prepare(tiny_course(), tmp_path_factory.mktemp("handed-in"))
    hand_in(run, chosen(request, HONEST, FEW))
    solution = run.course.root / "solutions" / SLUG / f"{SLUG}.ipynb"
    (run.folder / "solved.ipynb").write_bytes(solution.read_bytes())
    for name, (make, *_) in FILES.items():
        (run.folder / name).write_text(make(run.released), encoding="utf-8")
    (run.folder / "link.ipynb").symlink_to(run.folder / "solved.ipynb")
    (run.folder / os.fsdecode(b"\xff.ipynb")).write_text("", encoding="utf-8")

    graded = []

    def interrupt(result: Result, done: int) -> None:
        graded.extend([result] if result.status == "graded" else [])
        if len(graded) == 3:
            raise KeyboardInterrupt

    run.before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        # no time passes, so nothing writes the table before the end
        patch.setattr(register, "time", SimpleNamespace(monotonic=lambda: 0.0))
        with pytest.raises(KeyboardInterrupt):
            run.grade(progress=interrupt)
    run.first = run.rows()
    run.ran_first = {row["student"]: when(run, row["student"]) for row in run.first}
    run.results = run.grade()
    run.after = dict(os.environ)
    return run


def when(run: Run, student: str) -> int | None:
    """When a submission was marked, in nanoseconds; None if it was not."""
    place = run.output / "autograded" / student / SLUG / f"{SLUG}.ipynb"
    return place.stat().st_mtime_ns if place.exists() else None


@each(HONEST, FEW)
def test_a_submission_earns_what_it_deserves(marked, student):
    result, expected = marked.results[student], HONEST[student]
    assert (result.status, result.score, result.max_score) == ("graded", expected.score, FULL)
    if expected.remark is not None:
        assert expected.remark in result.remark
        assert bool(expected.remark) == bool(result.remark)


def test_the_solution_earns_all(marked):
    assert marked.results["solved"].score == FULL


@pytest.mark.parametrize("name", FILES)
def test_odd_files_and_names(marked, name):
    _, student, score, remark = FILES[name]
    result = marked.results[student]
    assert result.score == score
    assert result.status == ("not graded" if score is None else "graded")
    assert remark in result.remark
    assert bool(result.remark) == (score is None)


def test_a_link_is_not_followed(marked):
    assert "link" in marked.results["link"].remark
    assert marked.results["link"].score is None


def test_every_file_has_its_row(marked):
    rows = marked.rows()
    assert len(rows) == len(list(marked.folder.iterdir())) == len(marked.results)
    for row in rows:
        assert (row["score"] == "") == (row["status"] == "not graded")


def test_no_cell_of_the_table_is_a_formula(marked):
    cells = [cell for row in marked.rows() for cell in row.values()]
    assert "'@SUM_A1" in cells
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")]


def test_the_gradebook_agrees_with_the_table(marked):
    with Gradebook(f"sqlite:///{marked.output / 'gradebook.db'}") as gradebook:
        for result in marked.results.values():
            if result.status == "graded":
                assert gradebook.find_submission(SLUG, result.student).score == result.score


def test_an_interrupted_run_is_taken_up_again(marked):
    assert len([row for row in marked.first if row["status"] == "graded"]) == 3
    assert any(marked.ran_first.values())
    for student, moment in marked.ran_first.items():
        assert when(marked, student) == moment  # nobody is marked twice


def test_marking_leaves_the_process_as_it_was(marked):
    assert marked.after == marked.before


def test_no_solution_is_left_beside_the_results(marked):
    left = sorted(path.name for path in marked.output.iterdir())
    assert " ".join(left) == ("autograded feedback gradebook.db grades.csv grades.json report.html")


def test_the_report_is_about_all_that_was_marked(marked):
    report = (marked.output / "report.html").read_text(encoding="utf-8")
    count = sum(result.score is not None for result in marked.results.values())
    assert f"{count} graded, median" in report
    assert "broken: not a readable notebook" in report


def test_feedback_gives_the_reasons_of_the_choices_made(marked):
    page = marked.page("wrong_choice")
    assert "Seven is a prime above two." in page
    assert "Two times two is four." in page  # why the right one is right
    assert "It learns the distribution of the images." in page
    assert "Halving it leaves a rest." not in page  # why neither is


def test_feedback_says_what_was_wrong(marked):
    assert "double(5.5) is 30.25; expected 11" in marked.page("wrong_code")
    assert '<code><span class="k">def</span>' in marked.page("wrong_code")


def test_feedback_shows_no_hidden_test(marked):
    pages = list((marked.output / "feedback").rglob("*.html"))
    assert len(pages) == sum(result.score is not None for result in marked.results.values())
    for page in pages:
        text = re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8"))
        found = [word for word in (HIDDEN, "HIDDEN TESTS", "quiz.mark(") if word in text]
        assert found == [], page


def test_feedback_stays_small(marked):
    pages = (marked.output / "feedback").rglob("*.html")
    assert max(page.stat().st_size for page in pages) < 100_000


def test_feedback_asks_for_nothing_outside(marked):
    for page in (marked.output / "feedback").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
        assert "http" not in policy
    assert "MathJax" in (marked.output / "feedback" / "mathjax.js").read_text(encoding="utf-8")


def test_feedback_is_about_practice_and_quiz_alone(marked):
    assert "My notes" not in marked.page("figure_and_own_cells")
    assert "<img" not in marked.page("picture_pasted")


def test_a_pasted_picture_stays_in_the_notebook_that_ran(marked):
    cells = marked.ran("picture_pasted").cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert [text for text in texts if "data:image/png;base64," in text]


@pytest.fixture
def pair(tiny_course, tmp_path, bubblewrap) -> Run:
    """Two submissions without an answer, not marked yet."""
    run = prepare(tiny_course(), tmp_path)
    for name in ("ana", "ben"):
        nbformat.write(run.released, run.folder / f"{name}.ipynb")
    return run


def scores(run: Run, **options) -> tuple[dict[str, float | None], list[str]]:
    """Grade; return the scores, and who was marked in this run."""
    before = {student: when(run, student) for student in ("ana", "ben")}
    results = run.grade(**options)
    marked_now = [student for student, moment in before.items() if when(run, student) != moment]
    return {student: result.score for student, result in results.items()}, marked_now


def test_only_what_changed_is_marked_again(pair):
    assert scores(pair) == ({"ana": 0, "ben": 0}, ["ana", "ben"])
    assert scores(pair) == ({"ana": 0, "ben": 0}, [])
    nbformat.write(Sheet(pair.released).answer().notebook, pair.folder / "ben.ipynb")
    assert scores(pair) == ({"ana": 0, "ben": FULL}, ["ben"])


def test_private_checks_count_and_are_marked_as_not_proof(pair, tmp_path):
    answer = "def double(x):\n    return 2.0 * x"
    nbformat.write(Sheet(pair.released).answer(answer).notebook, pair.folder / "ben.ipynb")
    private = tmp_path / "private" / SLUG
    private.mkdir(parents=True)
    check = "check.true(isinstance(double(1), int), 'privately wrong')\n"
    (private / "double-check.py").write_text(check)
    results = pair.grade(overlay=tmp_path / "private")
    assert results["ben"].score == QUIZ
    assert "not proof against tricks" in results["ben"].remark
    assert "privately wrong" in pair.page("ben")
    other = QUESTIONS.replace('"main_purpose"', '"third"').replace('"second"', '"fourth"')
    (private / "quiz.toml").write_text(other)
    with pytest.raises(CourseError, match="gradebook.db has marks for other checks.*--output"):
        pair.grade(overlay=tmp_path / "private")
