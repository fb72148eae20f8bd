"""An extension of Jupyter's server: no address acts by being opened, as a link or as a picture.

A student's notebook can name addresses of the server of whoever opens it, and files that were
handed in beside it. nbgrader writes parts of an address into its pages' scripts as they are, and
for ``/formgrader/?path=`` it runs the ``nbgrader_config.py`` of any folder. nbconvert's exporter
``script`` imports what the notebook's metadata name. And once a text file was asked for, jupytext
opens its cells in place of any notebook that the text names.

None has a setting for this. nbgrader's lists are changed before its own extension takes them:
Jupyter loads extensions in the order of their names. The file ``zz-generative-vision.json`` among
Jupyter's settings tells every server of the environment, and turns jupytext's extension off.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import url_path_join
from nbgrader.server_extensions.assignment_list import handlers as assignments
from nbgrader.server_extensions.course_list import handlers as courses
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from nbgrader.server_extensions.validate_assignment import handlers as validation
from tornado import web

MODULE = __name__
_ANY_PART = "([^/]+)"
# no quote, bracket, ampersand or backslash, as it is or encoded
_HARMLESS_PART = r"""((?:(?!(?i:%(?:22|26|27|3c|3e|5c|60)))[^/"&'<>\\`])+)"""


class Formgrader(handlers.FormgraderHandler):
    """Opens formgrader for the course in whose folder the server was started."""

    def get(self) -> Any:
        """Redirect to the list of assignments.

        Raises:
            HTTPError: another folder is asked for, whose ``nbgrader_config.py`` would run.
        """
        if self.get_argument("path", ""):
            reason = "Formgrader opens the course in whose folder JupyterLab was started"
            raise web.HTTPError(403, reason, reason=reason)
        return super().get()


class Refused(web.RequestHandler):
    """Refuses what would import whatever a notebook's metadata name."""

    def prepare(self) -> None:
        """Refuse every request.

        Raises:
            HTTPError: always.
        """
        reason = "For a script of a notebook of your own: jupyter nbconvert --to python"
        raise web.HTTPError(403, reason, reason=reason)


class Data:
    """Says that what is sent is data; nbgrader does not, and a browser shows it as a page."""

    def set_default_headers(self) -> None:
        """Set the headers of every answer."""
        super().set_default_headers()  # type: ignore[misc]
        self.set_header("Content-Type", "application/json")  # type: ignore[attr-defined]


def shield() -> None:
    """Change nbgrader's lists of addresses, for servers that start from now on."""
    for index, (pattern, handler, *rest) in enumerate(handlers.default_handlers):
        pattern = pattern.replace(_ANY_PART, _HARMLESS_PART)
        handler = Formgrader if handler is handlers.FormgraderHandler else handler
        handlers.default_handlers[index] = (pattern, handler, *rest)
    for addresses in (apihandlers, assignments, courses, validation):
        for index, (pattern, handler, *rest) in enumerate(addresses.default_handlers):
            handler = type(handler.__name__, (Data, handler), {})
            addresses.default_handlers[index] = (pattern, handler, *rest)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": MODULE}]


def _load_jupyter_server_extension(server: Any) -> None:
    shield()
    refused = url_path_join(server.base_url, "nbconvert", "(?i:script)") + "(/.*)?"
    server.web_app.add_handlers(".*$", [(refused, Refused)])  # before the server's own
