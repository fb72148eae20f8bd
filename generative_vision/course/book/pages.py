"""A lesson as the book's readers see it: answers folded, hidden tests left out, quiz clickable."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from generative_vision.course.manifest import Course, Lesson
from generative_vision.course.markers import without_answer, without_hidden, without_markers
from generative_vision.course.questions import Question, read_questions
from generative_vision.course.source import read_source


def make_page(course: Course, lesson: Lesson) -> NotebookNode:
    """Return the notebook of a lesson's page, not yet executed.

    Raises:
        CourseError: the lesson's source is wrong.
    """
    page = read_source(course, lesson)
    questions = read_questions(course.source(lesson).with_name("quiz.toml"))
    quiz = {
        question.id: _clickable(number, question) for number, question in enumerate(questions, 1)
    }
    page.cells = [shown for cell in page.cells for shown in _shown(cell, quiz)]
    for number, cell in enumerate(page.cells):
        cell.id = f"cell-{number}"
    page.metadata.language_info.pygments_lexer = "ipython3"
    return page


def _shown(cell: NotebookNode, quiz: dict[str, str]) -> list[NotebookNode]:
    """Return the page's cells for one cell of the source."""
    if "quiz" in cell.metadata:  # the text of a question, then its code: both are in the clickable
        return [new_markdown_cell(quiz[cell.metadata.quiz])] if cell.cell_type == "markdown" else []
    if cell.metadata.get("nbgrader", {}).get("solution"):
        task = new_markdown_cell(f"````python\n{without_answer(cell.source)}\n````")
        cell.source = without_markers(cell.source)
        cell.metadata.tags = [*cell.metadata.get("tags", []), "hide-input"]
        cell.metadata.mystnb = NotebookNode(
            code_prompt_show="Show answer", code_prompt_hide="Hide answer"
        )
        return [task, cell]
    cell.source = without_hidden(cell.source)
    return [cell]


def _clickable(number: int, question: Question) -> str:
    """Return a question as HTML around Markdown.

    Sphinx renders as Markdown, formulas included, what stands between blank lines.
    """
    choices = "\n\n".join(
        f'<button type="button" class="gv-choice" '
        f'data-right="{str(letter == question.right).lower()}">({letter}) {text}</button>\n\n'
        f'<div role="status"><div class="gv-reason" hidden>\n\n'
        f"{question.reasons[letter]}\n\n</div></div>"
        for letter, text in question.choices.items()
    )
    name = f"gv-{question.id}"
    return (
        f'<div class="gv-question" role="group" aria-labelledby="{name}">\n<div id="{name}">\n\n'
        f"**Question {number}.** {question.text}\n\n</div>\n\n{choices}\n\n</div>"
    )
