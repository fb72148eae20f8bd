"""Honest submissions, and such as end, hang or fill a kernel."""

from __future__ import annotations

import copy

from hand_ins import CODE, FULL, QUIZ, case
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

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
    sheet.answer().insert(
        "double",
        "quiz = reasons = N = None\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    )
    sheet.notebook.cells.append(new_markdown_cell("My notes: $x$ & <b>bold</b>"))


@case(FULL)
def picture_pasted(sheet):
    sheet.answer()
    text = "![cat](attachment:a%20b.png) ![lost](attachment:lost.png)"
    pixel = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5E"
        "rkJggg=="
    )
    cell = new_markdown_cell(text, attachments={"a b.png": {"image/png": pixel}})
    sheet.notebook.cells.append(cell)


@case(FULL)
def checks_deleted(sheet):
    sheet.answer()
    sheet.notebook.cells = [cell for cell in sheet.notebook.cells if not cell.id.endswith("-check")]


@case(QUIZ)
def answer_deleted(sheet):
    sheet.answer()
    del sheet.notebook.cells[sheet.place("double")]


@case(0, "has none of the cells")
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
        "import signal\ndef double(x):\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "    while True: pass"
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
