"""Hostile submissions that mean to harm: the grader, its machine, other submissions."""

from __future__ import annotations

from hand_ins import FULL, QUIZ, case
from nbformat.v4 import new_markdown_cell


@case(FULL)
def scripts(sheet):
    sheet.answer().insert(
        "double",
        "from IPython.display import display, HTML, Javascript, SVG, Markdown\n"
        "display(HTML('<script>steal(1)</script><img src=\"http://evil.example/a.png\">'))\n"
        "display(Javascript('steal(3)'))\n"
        "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"><script>steal(4)</script></svg>'))\n"
        "display(Markdown('<script>steal(5)</script>'))\n",
    )
    text = (
        "<script>steal(6)</script> ![](http://evil.example/b.png) [x](javascript:steal(7))\n\n"
        "<iframe src='http://evil.example/c'></iframe>"
        "<style>body{background:url(http://evil.example/d)}</style>"
    )
    sheet.notebook.cells.append(new_markdown_cell(text))


@case(FULL)
def picture_with_metadata(sheet):
    sheet.answer().insert(
        "double",
        "import base64, io\nfrom IPython.display import display\n"
        "import matplotlib.pyplot as plt\nfile = io.BytesIO()\nplt.savefig(file)\n"
        "data = base64.b64encode(file.getvalue() + b'<script>steal(8)</script>').decode()\n"
        "evil = {'width': '1 onerror=steal(9)', 'height': '1 onload=steal(9)'}\n"
        "for kind in ('image/png', 'image/jpeg', 'image/gif'):\n"
        "    display({kind: data, 'text/plain': 'evil'}, raw=True, metadata={kind: evil, **evil})",
    )


@case(FULL)
def escape_codes(sheet):
    sheet.answer().insert("double", "print('\\x1b]0;title\\x07\\x1b[2Jplain\\u202e')")


@case(FULL)
def malformed_messages(sheet):
    sheet.answer().insert(
        "double",
        "kernel = get_ipython().kernel\n"
        "socket, session = kernel.iopub_socket, kernel.session\n"
        "parent = kernel.get_parent()\n"
        "for kind in ('stream', 'error', 'display_data', 'execute_result', 'status', 'x'):\n"
        "    for content in ({}, {'text': 3}, {'data': [1]}, {'name': None, 'text': {}},\n"
        "                    {'ename': 1, 'evalue': 2, 'traceback': 3}, {'execution_state': []},\n"
        "                    {'data': {'image/png': 5, 'text/plain': []}, 'transient': None}):\n"
        "        session.send(socket, kind, content, parent=parent)\n"
        "        session.send(socket, kind, content, parent={})\n"
        "socket.send_multipart([b'x', b'<IDS|MSG>', b'', b'{', b'}', b'[]', b'null'])\n"
        "socket.send(b'nonsense')",
    )


@case(FULL, None)  # a slow machine cannot stop the flood, and starts a new kernel
def message_flood(sheet):
    sheet.answer().insert(
        "double",
        "kernel = get_ipython().kernel\nfor number in range(30_000):\n"
        "    kernel.session.send(kernel.iopub_socket, 'comm_msg', {'comm_id': 'x', 'data': {}},\n"
        "                        parent=kernel.get_parent())",
    )


@case(FULL, "could not be stopped")
def huge_message(sheet):
    sheet.answer().insert(
        "double",
        "kernel = get_ipython().kernel\n"
        "kernel.session.send(kernel.iopub_socket, 'stream',\n"
        "    {'name': 'stdout', 'text': 'z' * 250_000_000}, parent=kernel.get_parent())",
    )


@case(FULL)
def large_errors(sheet):
    sheet.answer().insert(
        "double",
        "for _ in range(100):\n    get_ipython().kernel.send_response("
        "get_ipython().kernel.iopub_socket, 'error', "
        "{'ename': 'E', 'evalue': 'e', 'traceback': ['x' * 10000] * 200})",
    )


@case(QUIZ)
def reason_with_escape_codes(sheet):
    text = r"\x1b]0;t\x07\x1b[2J\u202eevil\x00\ud800"
    sheet.answer(f"def double(x): raise ValueError('{text}')")


@case(QUIZ, None)  # the kernel may die of want of processes, or live
def many_processes(sheet):
    sheet.answer(
        "import os, time\ndef double(x):\n    while True:\n"
        "        if os.fork() == 0:\n            time.sleep(60); os._exit(0)"
    )


@case(QUIZ, "ended the kernel")
def memory_of_many(sheet):
    sheet.answer(
        "import os, time\ndef double(x):\n    for _ in range(8):\n        if os.fork() == 0:\n"
        "            kept = [bytes(2**20).replace(b'\\0', b'1') for _ in range(2**10)]\n"
        "            time.sleep(60); os._exit(0)\n    time.sleep(3)\n    os._exit(0)"
    )


@case(0)
def raises_in_every_way(sheet):
    sheet.cheat("", "def double(x):\n    raise BaseExceptionGroup('\\x1b[2J', [SystemExit(1)])")
