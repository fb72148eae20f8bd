"""nbgrader's configuration for this course: its own steps, with ours where marks must be trusted.

``generative-vision grade``, nbgrader's own commands and formgrader all use it, and so mark alike.
"""

from __future__ import annotations

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader import preprocessors as steps
from traitlets.config import Config

from generative_vision.course.grading.formgrader import TEMPLATE, code_as_html, without_network
from generative_vision.course.grading.lateness import LatePenalty
from generative_vision.course.grading.marking import RunAndMark
from generative_vision.course.grading.pages import FeedbackExporter, students_markdown_to_html
from generative_vision.course.grading.steps import ClearSolutions, RestoreCells, SaveGrades
from generative_vision.course.manifest import Course


def configure(config: Config, course: Course) -> None:
    """Make an nbgrader configuration build, mark and give feedback as this course does."""
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = "lessons"
    config.CourseDirectory.ignore = [
        ".ipynb_checkpoints",
        "*.pyc",
        "__pycache__",
        ".pytest_cache",
        "*.md",
        "quiz.toml",
    ]
    config.GenerateAssignment.preprocessors = [
        steps.LockCells,
        ClearSolutions,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ComputeChecksums,
        steps.SaveCells,
        steps.ClearHiddenTests,
        steps.ComputeChecksums,
        steps.CheckCellMetadata,
    ]
    config.Autograde.sanitize_preprocessors = [
        steps.ClearOutput,
        RestoreCells,
        steps.CheckCellMetadata,
    ]
    config.Autograde.autograde_preprocessors = [
        RunAndMark,
        ClearMetadataPreprocessor,
        SaveGrades,
        steps.AssignLatePenalties,
        steps.CheckCellMetadata,
    ]
    config.ClearMetadataPreprocessor.preserve_cell_metadata_mask = {"nbgrader", "extra_credit"}
    config.ClearMetadataPreprocessor.preserve_nb_metadata_mask = {
        "kernelspec",
        "language_info",
        "generative_vision",
    }
    config.GenerateFeedback.preprocessors = []
    config.GenerateFeedback.exporter_class = FeedbackExporter
    config.FeedbackExporter.course_title = course.title
    # formgrader's page of a submission: its template passes Markdown through as it is
    config.HTMLExporter.sanitize_html = True
    config.HTMLExporter.template_file = str(TEMPLATE)
    config.HTMLExporter.filters = {
        "markdown2html": students_markdown_to_html,
        "without_network": without_network,
        "highlight_code": code_as_html,
    }
    config.RunAndMark.cell_seconds = course.grading.cell_seconds
    config.RunAndMark.notebook_seconds = max(10 * course.grading.cell_seconds, 600)
    config.RunAndMark.practice_alone = course.grading.practice_alone
    config.AssignLatePenalties.plugin_class = LatePenalty
    config.LatePenalty.percent_per_day = course.grading.late_percent_per_day
    config.SandboxProvisioner.memory_gib = course.grading.memory_gib
