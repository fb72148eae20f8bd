"""A folder of submissions by honest, lazy and hostile students: marked once, then looked at one by one."""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import shutil
import socket
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from conftest import QUIZ as QUESTIONS
from conftest import SLUG
from nbgrader.api import Gradebook
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from generative_vision.course import CourseError
from generative_vision.course.grading.results import Result
from generative_vision.course.grading import run, sandbox, submissions
from generative_vision.course.build import build

FULL, CODE, QUIZ = 4, 2, 2  # points
RIGHT = "def double(x):\n    return x + x"


class Sheet:
    """A released notebook while a student fills it in."""

    def __init__(self, notebook: NotebookNode):
        self.notebook = copy.deepcopy(notebook)
        self.cells = {cell.id: cell for cell in self.notebook.cells}

    def answer(self, code: str = RIGHT, first: str = "b", second: str = "a") -> Sheet:
        self.cells["double"].source = code
        self.cells["quiz-main_purpose"].source = f'answer_main_purpose = "{first}"'
        self.cells["quiz-second"].source = f'answer_second = "{second}"'
        return self

    def insert(self, before: str, code: str) -> Sheet:
        self.notebook.cells.insert(self.place(before), new_code_cell(code))
        return self

    def place(self, name: str) -> int:
        return next(i for i, cell in enumerate(self.notebook.cells) if cell is self.cells[name])


@dataclass(frozen=True)
class Case:
    """What a student hands in, and what it must earn."""

    make: Callable[[Sheet], object]
    score: float
    remark: str = ""  #: a part of it; empty if there must be none


CASES: dict[str, Case] = {}


def case(score: float, remark: str = ""):
    """Register a function that fills in a sheet as the submission of the student of its name."""

    def register(make):
        CASES[make.__name__] = Case(make, score, remark)
        return make

    return register


# Honest ones


@case(0)
def untouched(sheet):
    pass


@case(FULL)
def other_style(sheet):
    sheet.answer("double = lambda number: sum([number] * 2)", first=" B ", second="A")


@case(QUIZ)
def wrong_code(sheet):
    sheet.answer("def double(x):\n    return x ** 2  # right for 2 alone")


@case(CODE + 1)
def wrong_choice(sheet):
    sheet.answer(second="c")


@case(CODE)
def odd_answers(sheet):
    sheet.answer()
    sheet.cells["quiz-main_purpose"].source = "answer_main_purpose = 2"
    sheet.cells["quiz-second"].source = 'answer_second = "a or b"'


@case(QUIZ)
def syntax_error(sheet):
    sheet.answer("def double(x)\n    return 2 * x")


@case(FULL)
def warns_and_displays_a_number(sheet):
    sheet.answer(
        "import sys, warnings\ndef double(x):\n"
        "    warnings.warn('hm')\n    print('a line', file=sys.stderr)\n"
        "    get_ipython().displayhook(0.5)\n    return 2 * x"
    )


@case(FULL)
def figure_and_own_cells(sheet):
    sheet.answer().insert("double", "quiz = reasons = N = None\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    sheet.notebook.cells.append(new_markdown_cell("My notes: $x$ & <b>bold</b>"))


@case(FULL)
def checks_deleted(sheet):
    sheet.answer()
    sheet.notebook.cells = [cell for cell in sheet.notebook.cells if not cell.id.endswith("-check")]


@case(QUIZ)
def answer_deleted(sheet):
    sheet.answer()
    del sheet.notebook.cells[sheet.place("double")]


@case(0)
def everything_deleted(sheet):
    sheet.notebook.cells = [new_markdown_cell("")]


@case(FULL)
def cells_duplicated(sheet):
    sheet.answer()
    for name in ("double", "double-check", "quiz-second", "quiz-second-check"):
        twin = copy.deepcopy(sheet.cells[name])
        twin.id = f"twin-{name}"
        if name == "double":
            twin.source = "def double(x): return 'first try'"
        sheet.notebook.cells.insert(sheet.place(name), twin)


@case(FULL)
def metadata_stripped(sheet):
    sheet.answer()
    for cell in sheet.notebook.cells:
        cell.metadata = NotebookNode()


@case(CODE)
def answer_made_markdown(sheet):
    sheet.answer()
    for name in ("quiz-main_purpose", "quiz-second"):
        sheet.notebook.cells[sheet.place(name)] = NotebookNode(
            cell_type="markdown", source="*b*", metadata=sheet.cells[name].metadata, id=name
        )


@case(FULL)
def own_variable_check(sheet):
    sheet.answer().insert("double", "check = 5")


# Things that end, hang or fill a kernel


@case(QUIZ, "ran out of time")
def infinite_loop(sheet):
    sheet.answer("def double(x):\n    while True: pass")


@case(QUIZ, "could not be stopped")
def stubborn_loop(sheet):
    sheet.answer(
        "import signal\ndef double(x):\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    while True: pass"
    )


@case(QUIZ, "ended the kernel")
def os_exit(sheet):
    sheet.answer("import os\ndef double(x):\n    os._exit(0)")


@case(QUIZ)
def sys_exit(sheet):
    sheet.answer("import sys\ndef double(x):\n    sys.exit(0)")


@case(QUIZ, "ended the kernel")
def quits_in_answer(sheet):
    sheet.answer("def double(x):\n    quit()")


@case(FULL, "ended the kernel")
def quits_at_the_end(sheet):
    sheet.answer().insert("quiz-main_purpose", "exit()")


@case(QUIZ, "ended the kernel")
def dies_everywhere(sheet):
    sheet.answer()
    for _ in range(5):
        sheet.insert("double", "import os; os._exit(1)")


@case(QUIZ)
def huge_memory(sheet):
    sheet.answer("def double(x):\n    return bytearray(40 * 2**30)")


@case(FULL)
def output_flood(sheet):
    sheet.answer("def double(x):\n    for i in range(5000): print('y' * 400)\n    return 2 * x")


@case(QUIZ, "ran out of time")
def endless_output(sheet):
    sheet.answer("def double(x):\n    while True: print('y' * 400)")


@case(FULL)
def huge_display(sheet):
    sheet.answer().insert("double", "from IPython.display import HTML\nHTML('z' * 20_000_000)")


@case(QUIZ)
def huge_error(sheet):
    sheet.answer("def double(x):\n    raise ValueError('w' * 20_000_000)")


# Attempts at marks for nothing


@case(0)
def tampered_points(sheet):
    check = sheet.cells["double-check"]
    check.source = "pass"
    check.metadata.nbgrader.update(points=100, locked=False, grade=True)
    sheet.cells["quiz-second-check"].metadata.nbgrader.update(grade=False, solution=True)
    sheet.cells["quiz-main_purpose-check"].metadata.nbgrader["grade_id"] = "mine"


@case(0)
def partial_credit(sheet):
    sheet.answer("def double(x):\n    get_ipython().displayhook(2)\n    return 0", "a", "b")


@case(0)
def too_much_credit(sheet):
    sheet.answer("def double(x):\n    get_ipython().displayhook(1000)\n    return 0", "a", "b")


@case(FULL)
def odd_output(sheet):
    sheet.answer(
        "def double(x):\n    from IPython.display import publish_display_data\n"
        "    publish_display_data({'image/png': 'not base64', 'text/plain': ''})\n"
        "    get_ipython().displayhook(float('nan'))\n    return 2 * x"
    )


@case(0)
def check_patched(sheet):
    sheet.answer("from generative_vision import check as c\nc.close = lambda *a, **k: None\ndef double(x): return 0", "a", "b")


@case(0)
def names_replaced(sheet):
    sheet.answer("class check:\n    close = staticmethod(print)\ndef double(x): return 0", "a", "b")


@case(0)
def quiz_patched(sheet):
    sheet.answer("from generative_vision import quiz as q\nq.mark = q.accept = print", "a", "b")


@case(0)
def transformer(sheet):
    sheet.answer("get_ipython().input_transformers_cleanup.append(lambda lines: [])", "a", "b")


@case(0)
def ast_transformer(sheet):
    sheet.answer(
        "import ast\nclass Nothing(ast.NodeTransformer):\n"
        "    def visit(self, tree): return ast.parse('pass')\n"
        "get_ipython().ast_transformers.append(Nothing())\ndef double(x): return 0", "a", "b",
    )  # fmt: skip


@case(0)
def kernel_patched(sheet):
    sheet.answer(
        "async def nothing(*a, **k):\n"
        "    return {'status': 'ok', 'execution_count': 9, 'payload': [], 'user_expressions': {}}\n"
        "get_ipython().kernel.do_execute = nothing", "a", "b",
    )  # fmt: skip


@case(0)
def errors_hidden(sheet):
    sheet.answer("get_ipython().showtraceback = lambda *a, **k: None\ndef double(x): return 0", "a", "b")


@case(0)
def errors_disguised(sheet):
    sheet.answer(
        "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)\ndef double(x): return 0", "a", "b"
    )


SPY = """\
import os, socket, subprocess
from pathlib import Path
def attempt(what):
    try: return what()
    except BaseException as error: return type(error).__name__
seen = {
    "course": attempt(lambda: os.listdir("@COURSE@")),
    "tests": attempt(lambda: os.listdir("@TESTS@")),
    "home": attempt(lambda: os.listdir(".")),
    "tmp": [name for name in os.listdir("/tmp") if not name.startswith("gv-")],
    "network": attempt(lambda: socket.create_connection(("127.0.0.1", @PORT@), 2)),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "write": attempt(lambda: open(Path(__import__("generative_vision").__file__).parent / "x", "w")),
    "usr": attempt(lambda: open("/usr/x", "w")),
    "huge file": attempt(lambda: open("/tmp/big", "wb").truncate(8 * 2**30)),
    "environment": dict(os.environ),
    "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
}
import json
print("SEEN" + json.dumps(seen, default=str))
"""


@case(FULL)
def spy(sheet):
    sheet.answer().insert("double", SPY)


@case(FULL)
def scripts(sheet):
    sheet.answer().insert(
        "double",
        "from IPython.display import display, HTML, Javascript, SVG, Markdown\n"
        "display(HTML('<script>steal(1)</script><img src=\"http://evil.example/a.png\" onerror=\"steal(2)\">'))\n"
        "display(Javascript('steal(3)'))\n"
        "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"><script>steal(4)</script></svg>'))\n"
        "display(Markdown('<script>steal(5)</script>'))\n",
    )
    sheet.notebook.cells.append(new_markdown_cell(
        "<script>steal(6)</script> ![](http://evil.example/b.png) [x](javascript:steal(7))\n\n"
        "<iframe src='http://evil.example/c'></iframe><style>body{background:url(http://evil.example/d)}</style>"
    ))  # fmt: skip


# Files that are no submission, and names that are odd: file name, bytes, student, score, remark

HIDDEN = "the hidden line"
REASONS = re.findall(r'reason = "(.*)"', QUESTIONS)


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
    "no_cells.ipynb": (_changed(lambda raw: raw.update(cells=None)), "no_cells", None, "not a readable notebook"),
    "no_source.ipynb": (_changed(lambda raw: raw["cells"][3].pop("source")), "no_source", None, ""),
    "no_type.ipynb": (_changed(lambda raw: raw["cells"][-1].pop("cell_type")), "no_type", None, ""),
    "odd_id.ipynb": (
        _changed(lambda raw: raw["cells"][5]["metadata"]["nbgrader"].update(grade_id={"a": 1})),
        "odd_id", None, "not a readable notebook",
    ),
    "odd_marks.ipynb": (_changed(lambda raw: raw["cells"][0]["metadata"].update(nbgrader=[1], tags=3)), "odd_marks", FULL, ""),
    "foreign.ipynb": (_foreign, "foreign", None, "not a notebook of this course"),
    f"{SLUG}.ipynb": (nbformat.writes, SLUG, None, "tells no student"),
    "[!].ipynb": (nbformat.writes, "[!]", None, "tells no student"),
    f"Zoë Ångström-{SLUG}.ipynb": (nbformat.writes, "Zoë_Ångström", 0, ""),
    unicodedata.normalize("NFD", "José.ipynb"): (nbformat.writes, "José", 0, ""),
    "李'{雷}*; rm -rf $HOME.ipynb": (nbformat.writes, "李_雷_rm_-rf_HOME", 0, ""),
    "=HYPERLINK(1).ipynb": (nbformat.writes, "HYPERLINK_1", 0, ""),
    "@SUM(A1).ipynb": (nbformat.writes, "@SUM_A1", 0, ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def marked(tiny_course, tmp_path_factory: pytest.TempPathFactory, bubblewrap) -> SimpleNamespace:
    """Mark every case once, in two runs: the first is interrupted after its third submission."""
    course = tiny_course()
    build(course)
    released = nbformat.read(course.root / "lessons" / SLUG / f"{SLUG}.ipynb", 4)
    folder, output = tmp_path_factory.mktemp("handed-in"), tmp_path_factory.mktemp("out") / "graded"
    listener = socket.create_server(("127.0.0.1", 0))
    for name, made in CASES.items():
        sheet = Sheet(released)
        made.make(sheet)
        text = nbformat.writes(sheet.notebook)
        for place, value in (("@COURSE@", course.root), ("@TESTS@", Path(__file__).parent), ("@PORT@", listener.getsockname()[1])):
            text = text.replace(place, str(value))
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
    (folder / "solved.ipynb").write_bytes((course.root / "solutions" / SLUG / f"{SLUG}.ipynb").read_bytes())
    for name, (make, *_) in FILES.items():
        (folder / name).write_text(make(released), encoding="utf-8")
    (folder / "link.ipynb").symlink_to(folder / "solved.ipynb")
    (folder / os.fsdecode(b"\xff.ipynb")).write_text("", encoding="utf-8")

    def interrupt(result: Result, done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    ran: list[str] = []
    grade_one = run._grade_one
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOST_SECRET", "of the instructor")
        patch.setattr(run, "_grade_one", lambda submission, *rest: ran.append(submission.student) or grade_one(submission, *rest))
        own = run.tempfile.mkdtemp()  # other tests mark at the same time; short, since sockets' paths must be
        patch.setattr(run.tempfile, "tempdir", own)
        before = dict(os.environ)
        with pytest.raises(KeyboardInterrupt):
            run.grade(course, submissions.collect(folder, course), output, progress=interrupt)
        first, rows = list(ran), _rows(output)
        results = run.grade(course, submissions.collect(folder, course), output)
        left = set(Path(own).iterdir())
        after = dict(os.environ)
    shutil.rmtree(own)
    listener.close()
    return SimpleNamespace(
        course=course, folder=folder, output=output, released=released, results={r.student: r for r in results},
        first=first, ran=ran, rows=rows, before=before, after=after, left=left,
    )  # fmt: skip


def _rows(output: Path) -> list[dict[str, str]]:
    with open(output / "grades.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _page(marked: SimpleNamespace, student: str) -> str:
    return (marked.output / "feedback" / student / f"{SLUG}.html").read_text(encoding="utf-8")


def _ran(marked: SimpleNamespace, student: str) -> NotebookNode:
    return nbformat.read(marked.output / "autograded" / student / SLUG / f"{SLUG}.ipynb", 4)


@pytest.mark.parametrize("student", CASES)
def test_a_submission_earns_what_it_deserves(marked, student: str):
    result, expected = marked.results[student], CASES[student]
    assert (result.status, result.score, result.max_score) == ("graded", expected.score, FULL), result.remark
    assert expected.remark in result.remark
    assert bool(expected.remark) == bool(result.remark)


def test_the_solution_earns_all(marked):
    assert marked.results["solved"].score == FULL


@pytest.mark.parametrize("name", FILES)
def test_odd_files_and_names(marked, name: str):
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
    rows = _rows(marked.output)
    assert len(rows) == len(list(marked.folder.iterdir())) == len(marked.results)
    for row in rows:
        assert row["score"] == "" if row["status"] == "not graded" else float(row["score"]) >= 0


def test_no_cell_of_the_table_is_a_formula(marked):
    cells = [cell for row in _rows(marked.output) for cell in row.values()]
    assert "'@SUM_A1" in cells
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")]


def test_the_gradebook_agrees_with_the_table(marked):
    with Gradebook(f"sqlite:///{marked.output / 'gradebook.db'}") as gradebook:
        for result in marked.results.values():
            if result.status == "graded":
                assert gradebook.find_submission(SLUG, result.student).score == result.score


def test_an_interrupted_run_is_taken_up_again(marked):
    assert marked.first and len(marked.rows) == 3
    assert len(marked.ran) == len(set(marked.ran))  # nobody was marked twice
    assert set(marked.ran) >= {student for student, result in marked.results.items() if result.score is not None}


def test_marking_leaves_the_process_as_it_was(marked):
    assert marked.after == marked.before
    assert not marked.left


def test_feedback_gives_the_reasons_of_the_choices_made(marked):
    page = _page(marked, "wrong_choice")
    assert "Seven is a prime above two." in page
    assert "Two times two is four." in page  # why the right one is right
    assert "It learns the distribution of the images." in page
    assert "Halving it leaves a rest." not in page  # why neither is


def test_feedback_says_what_was_wrong(marked):
    assert "double(5.5) is 30.25; expected 11" in _page(marked, "wrong_code")


def test_feedback_shows_no_hidden_test(marked):
    pages = list((marked.output / "feedback").rglob("*.html"))
    assert len(pages) == sum(result.score is not None for result in marked.results.values())
    for page in pages:
        text = re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8"))
        assert HIDDEN not in text and "HIDDEN TESTS" not in text and "quiz.mark(" not in text, page


def test_feedback_stays_small(marked):
    assert max(page.stat().st_size for page in (marked.output / "feedback").rglob("*.html")) < 2**20


def test_feedback_runs_nothing_of_the_students(marked):
    page = _page(marked, "scripts")
    scripts = re.findall(r"<script[^>]*>", page)
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', page))
    assert scripts == [f'<script nonce="{nonce}">', f'<script nonce="{nonce}" src="../mathjax.js">']
    assert not re.findall(r"<[^>]*\b(?:steal|evil|javascript:|onerror)[^>]*>", page.replace('<img src="http://evil.example/b.png">', ""))
    assert "<iframe" not in page


def test_feedback_asks_for_nothing_outside(marked):
    for page in (marked.output / "feedback").rglob("*.html"):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page.read_text(encoding="utf-8")).group(1)
        assert policy.startswith("default-src 'none'; img-src data:;") and "http" not in policy
    assert "MathJax" in (marked.output / "feedback" / "mathjax.js").read_text(encoding="utf-8")


def test_feedback_shows_notes_maths_and_figures(marked):
    page = _page(marked, "figure_and_own_cells")
    assert "My notes: $x$" in page
    assert "data:image/png;base64," in page


@pytest.fixture(scope="module")
def seen(marked) -> dict:
    """What the spy saw from inside."""
    text = "".join(output.get("text", "") for cell in _ran(marked, "spy").cells for output in cell.get("outputs", []))
    return json.loads(text.split("SEEN", 1)[1].splitlines()[0])


def test_a_submission_sees_neither_course_nor_other_files(seen):
    assert seen["course"] == seen["tests"] == "FileNotFoundError"
    assert not set(seen["home"]) - {".ipython", ".config", ".cache"}


def test_a_submission_has_no_network(seen):
    assert seen["network"] == "ConnectionRefusedError"  # there was a listener outside
    assert seen["interfaces"] == ["lo"]


def test_a_submission_sees_nothing_of_the_hosts_environment(seen):
    assert "HOST_SECRET" not in seen["environment"]
    assert seen["environment"]["HOME"] == "/home/student"
    assert seen["processes"] < 10


def test_a_submission_cannot_write_outside(seen):
    assert seen["write"] == seen["usr"] == "OSError"  # a read-only file system


def test_a_submission_cannot_fill_the_disk_with_one_file(seen):
    assert seen["huge file"] == "OSError"


def test_only_what_changed_is_marked_again(tiny_course, tmp_path, bubblewrap, monkeypatch):
    course = tiny_course()
    build(course)
    released = nbformat.read(course.root / "lessons" / SLUG / f"{SLUG}.ipynb", 4)
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("ana", "ben"):
        nbformat.write(released, folder / f"{name}.ipynb")
    ran: list[str] = []
    grade_one = run._grade_one
    monkeypatch.setattr(run, "_grade_one", lambda submission, *rest: ran.append(submission.student) or grade_one(submission, *rest))

    def scores(**options) -> tuple[dict[str, float | None], list[str]]:
        ran.clear()
        results = run.grade(course, submissions.collect(folder, course), output, **options)
        return {result.student: result.score for result in results}, list(ran)

    assert scores() == ({"ana": 0, "ben": 0}, ["ana", "ben"])
    assert scores() == ({"ana": 0, "ben": 0}, [])
    nbformat.write(Sheet(released).answer().notebook, folder / "ben.ipynb")
    assert scores() == ({"ana": 0, "ben": FULL}, ["ben"])
    private = tmp_path / "private" / SLUG
    private.mkdir(parents=True)
    (private / "double-check.py").write_text("check.true(double(0) == 1, 'privately wrong')\n")
    assert scores(overlay=tmp_path / "private") == ({"ana": 0, "ben": QUIZ}, ["ana", "ben"])
    assert "privately wrong" in (output / "feedback" / "ben" / f"{SLUG}.html").read_text()
    (private / "quiz.toml").write_text(QUESTIONS.replace('"main_purpose"', '"third"').replace('"second"', '"fourth"'))
    with pytest.raises(CourseError, match="gradebook.db has marks for other checks.*--output"):
        scores(overlay=tmp_path / "private")


# Who handed in what: nothing runs here


@pytest.fixture
def hand_in(tiny_course, tmp_path: Path):
    """Return a function that puts the released notebook at these places, and collects."""
    course = tiny_course()
    build(course)

    def put(*places: str) -> list[submissions.Submission]:
        for place in places:
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_bytes((course.root / "lessons" / SLUG / f"{SLUG}.ipynb").read_bytes())
        return submissions.collect(tmp_path, course)

    return put


@pytest.mark.parametrize(
    "place",
    [
        f"submitted/ana/{SLUG}/{SLUG}.ipynb",
        f"ana/{SLUG}.ipynb",
        f"ana/{SLUG}/{SLUG}.ipynb",
        f"{SLUG}/ana/homework.ipynb",
        f"ana/term/{SLUG}/renamed.ipynb",
        "ana.ipynb",
        f"ana_{SLUG}.ipynb",
        f"{SLUG}-ana.ipynb",
    ],
)
def test_layouts(hand_in, place: str):
    (found,) = hand_in(place)
    assert (found.student, found.lesson, found.problem) == ("ana", SLUG, "")


def test_the_lesson_is_told_by_its_cells_when_metadata_is_lost(hand_in, tmp_path):
    hand_in("ana.ipynb")
    notebook = nbformat.read(tmp_path / "ana.ipynb", 4)
    notebook.metadata = {}
    nbformat.write(notebook, tmp_path / "ana.ipynb")
    assert hand_in()[0].lesson == SLUG


def test_checkpoints_and_results_are_no_submissions(hand_in):
    found = hand_in("ana.ipynb", ".ipynb_checkpoints/ana-checkpoint.ipynb", f"autograded/ana/{SLUG}/{SLUG}.ipynb")
    assert [submission.path.name for submission in found] == ["ana.ipynb"]


def test_of_two_notebooks_the_one_handed_out_counts(hand_in):
    kept = f"{SLUG}-2026-01-31-120000.ipynb"  # by `generative-vision reset`
    first, second = hand_in(f"ana/{SLUG}/{SLUG}.ipynb", f"ana/{SLUG}/{kept}")
    assert (first.path.name, first.problem) == (f"{SLUG}.ipynb", "")
    assert second.path.name == kept
    assert f"a second notebook of the same student and lesson; {SLUG}.ipynb was taken" == second.problem


def test_an_overlarge_file_is_not_read(hand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(submissions, "MAX_MEGABYTES", 0)
    assert "larger than 0 MB" in hand_in("ana.ipynb")[0].problem


def test_nothing_to_grade_is_an_error(tiny_course, tmp_path):
    course = tiny_course()
    with pytest.raises(CourseError, match="no notebook .*in "):
        submissions.collect(tmp_path, course)
    with pytest.raises(CourseError, match="is not a folder"):
        submissions.collect(tmp_path / "none", course)


def test_without_bubblewrap_the_remedy_is_named(tiny_course, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match="apt-get install bubblewrap.*--no-isolation"):
        run.grade(tiny_course(), [], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_where_bubblewrap_is_forbidden_its_own_words_are_told(monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: f"/usr/bin/{name}")
    refused = SimpleNamespace(returncode=1, stderr="bwrap: No permissions to create new namespace\n")
    monkeypatch.setattr(sandbox.subprocess, "run", lambda *args, **options: refused)
    with pytest.raises(CourseError, match="No permissions to create new namespace.*--no-isolation"):
        sandbox.validate_available()
