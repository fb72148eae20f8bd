"""Hostile submissions: marks for nothing, hidden words, and harm to the grader and to others."""

from __future__ import annotations

from hand_ins import FULL, QUIZ, case
from nbformat.v4 import new_markdown_cell

# Marks for nothing


@case(0, "double-check was changed and is restored")
def tampered_points(sheet):
    check = sheet.cells["double-check"]
    check.source = "pass"
    check.metadata.nbgrader.update(points=100, locked=False, grade=True)
    sheet.cells["quiz-second-check"].metadata.nbgrader.update(grade=False, solution=True)
    sheet.cells["quiz-main_purpose-check"].metadata.nbgrader["grade_id"] = "mine"


@case(0)
def marks_in_metadata(sheet):
    marks = {name: {"right": True} for name in sheet.cells}
    sheet.notebook.metadata["generative_vision"] = {"lesson": "00-tiny", "marks": marks}


@case(0)
def partial_credit(sheet):
    sheet.cheat("", "def double(x):\n    get_ipython().displayhook(2)\n    return 0")


@case(0)
def too_much_credit(sheet):
    sheet.cheat("", "def double(x):\n    get_ipython().displayhook(1000)\n    return 0")


@case(0)
def check_patched_and_restored(sheet):
    sheet.cheat(
        "from generative_vision import check as c\nkept = dict(vars(c))\n"
        "for name in ('close', 'shape', 'true'): setattr(c, name, lambda *a, **k: None)"
    ).append("vars(c).update(kept)")


@case(0)
def names_replaced(sheet):
    sheet.cheat("class check:\n    close = staticmethod(print)")


@case(0)
def code_object_swapped(sheet):
    sheet.cheat(
        "from generative_vision import check as c\n"
        "c.close.__code__ = (lambda *a, **k: None).__code__\nc.close.__kwdefaults__ = None"
    )


@case(0)
def quiz_patched(sheet):
    sheet.cheat("from generative_vision import quiz as q\nq.mark = q.accept = print")


@case(0)
def input_transformer(sheet):
    sheet.cheat("get_ipython().input_transformers_cleanup.append(lambda lines: [])")


@case(0)
def ast_transformer(sheet):
    sheet.cheat(
        "import ast\nclass Nothing(ast.NodeTransformer):\n"
        "    def visit(self, tree): return ast.parse('pass')\n"
        "get_ipython().ast_transformers.append(Nothing())"
    )


@case(0)
def reply_forged(sheet):
    sheet.cheat(
        "async def nothing(*a, **k):\n"
        "    return {'status': 'ok', 'execution_count': 9, 'payload': [], 'user_expressions': {}}\n"
        "get_ipython().kernel.do_execute = nothing"
    )


@case(0)
def messages_rewritten(sheet):
    sheet.cheat(
        "session = get_ipython().kernel.session\nsend = session.send\n"
        "def rewritten(stream, kind, content=None, *rest, **more):\n"
        "    if isinstance(content, dict) and content.get('status') == 'error':\n"
        "        content = {'status': 'ok', 'execution_count': 1, 'payload': []}\n"
        "    if kind == 'error':\n        return None\n"
        "    return send(stream, kind, content, *rest, **more)\nsession.send = rewritten"
    )


@case(0)
def answers_forged(sheet):
    sheet.cheat(
        "import generative_vision.answering as a\n"
        "a.reply = lambda request, names: {'5.5': {'value': {'plain': True}},\n"
        "    'x': {'value': {'dtype': '<f8', 'shape': [3], 'data': 'AAAAAAAA8D8' * 3}}}"
    )


@case(0)
def answers_malformed(sheet):
    sheet.cheat(
        "import generative_vision.answering as a, json\n"
        "a.reply = lambda request, names: {'5.5': {'value': {'list': [{'list': [[]]}]}}, 'x': 3}"
    )


@case(0)
def profiler(sheet):
    sheet.cheat(
        "import sys\ndef watch(frame, event, arg):\n"
        "    for name in ('value', 'expected', 'wrong'):\n"
        "        if event == 'call' and name in frame.f_locals: frame.f_locals[name] = 11\n"
        "sys.setprofile(watch)"
    )


@case(0)
def import_hook(sheet):
    sheet.cheat(
        "import builtins\nreal = builtins.__import__\n"
        "def hooked(name, *a, **k):\n"
        "    module = real(name, *a, **k)\n"
        "    if name.startswith('generative_vision'):\n"
        "        for key, value in list(vars(module).items()):\n"
        "            if key in ('close', 'judge', 'mark', 'verdict'):\n"
        "                setattr(module, key, lambda *a, **k: None)\n"
        "    return module\nbuiltins.__import__ = hooked"
    )


@case(0)
def thread(sheet):
    sheet.cheat(
        "import threading, time\nfrom generative_vision import check as c\n"
        "def patch():\n    while True:\n"
        "        c.close = c.shape = lambda *a, **k: None\n        time.sleep(0.001)\n"
        "threading.Thread(target=patch, daemon=True).start()"
    )


@case(0)
def reads_the_callers_frame(sheet):
    sheet.cheat(
        "",
        "import sys\ndef double(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        for name in ('expected', 'target', 'wanted', 'outputs'):\n"
        "            if name in frame.f_locals: return frame.f_locals[name]\n"
        "        frame = frame.f_back\n    return 4",
    )


@case(0)
def lying_object(sheet):
    sheet.cheat(
        "",
        "import numpy as np\nclass Liar(float):\n    def __eq__(self, other): return True\n"
        "    def __array__(self, *a, **k): return np.array(11.0)\n"
        "    def __sub__(self, other): return 0.0\n    __rsub__ = __sub__\n"
        "    def __abs__(self): return 0.0\n    __hash__ = float.__hash__\n"
        "def double(x): return Liar(4)",
    )


@case(0)
def pickled_answer(sheet):
    sheet.cheat(
        "",
        "import numpy as np\nclass Bomb:\n    def __reduce__(self): return (print, ('ran',))\n"
        "def double(x): return np.array([Bomb()], dtype=object)",
    )


@case(0, "ran out of time")
def forked_proxy(sheet):
    sheet.cheat("import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)")


@case(0, "ended the kernel")
def signal_handler(sheet):
    sheet.cheat(
        "import signal\ndef jump(*a): raise SystemExit(0)\n"
        "signal.signal(signal.SIGALRM, jump)\nsignal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)"
    )


@case(0)
def key_from_memory(sheet):
    code = (
        "import gc, re\ntexts = [o for o in gc.get_objects() if isinstance(o, str)] + In\n"
        "found = [re.search(r'quiz.mark\\((\\w+), .(\\w)', text) for text in map(str, texts)]\n"
        "for match in filter(None, found): globals()[match[1]] = match[2]"
    )
    sheet.cheat(code)
    sheet.cells["quiz-main_purpose"].source = code


@case(0)
def errors_hidden(sheet):
    sheet.cheat("get_ipython().showtraceback = lambda *a, **k: None")


@case(0)
def errors_disguised(sheet):
    sheet.cheat("get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)")


# Hidden words, files, other submissions


SEARCH = r"""
import json, os, re, sys
present = "word-that-" + "is-here"
open("noted.txt", "w").write(present)
words = @WORDS@  # written in classes of one letter: searching for them puts none into memory
found = {"memory": set(), "files": set()}
for line in open("/proc/self/maps"):
    start, end = (int(part, 16) for part in line.split()[0].split("-"))
    if " r" not in line or "[v" in line: continue
    try:
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            for place in range(start, end, 2**22):
                memory.seek(place)
                chunk = memory.read(min(2**22 + 100, end - place))
                for number, word in enumerate(words):
                    if re.search(word.encode(), chunk): found["memory"].add(number)
    except (OSError, OverflowError, ValueError):
        pass
for top in ("/home", "/tmp", "/run", "/dev/shm", "/etc", "@PACKAGE@"):
    for folder, inner, names in os.walk(top):
        if folder == sys.prefix: inner.clear()  # Python's own packages, where a clone lies in /tmp
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.isfile(path) or os.path.getsize(path) > 2**22: continue
            try: content = open(path, "rb").read()
            except OSError: continue
            for number, word in enumerate(words):
                if re.search(word.encode(), content): found["files"].add(number)
print("FOUND" + json.dumps({place: sorted(numbers) for place, numbers in found.items()}))
"""


@case(FULL)
def searches_memory(sheet):
    sheet.answer().append(SEARCH)


SPY = """\
import os, socket
def attempt(what):
    try: return what()
    except BaseException as error: return type(error).__name__
seen = {
    "course": attempt(lambda: os.listdir("@COURSE@")),
    "tests": attempt(lambda: os.listdir("@TESTS@")),
    "home": attempt(lambda: os.listdir(".")),
    "tmp": os.listdir("/tmp"),
    "network": attempt(lambda: socket.create_connection(("127.0.0.1", @PORT@), 2)),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "write": attempt(lambda: open("@PACKAGE@/x", "w")),
    "usr": attempt(lambda: open("/usr/x", "w")),
    "root": attempt(lambda: open("/x", "w")),
    "dev": attempt(lambda: open("/dev/x", "w")),
    "sysctl": attempt(lambda: open("/proc/sys/kernel/hostname", "w").write("x")),
    "huge file": attempt(lambda: open("/tmp/big", "wb").truncate(8 * 2**30)),
    "environment": dict(os.environ),
    "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
    "user": os.getuid(),
    "rights": [line for line in open("/proc/self/status") if line.startswith("CapEff")],
    "keys": open("/proc/keys").read() if os.path.exists("/proc/keys") else "",
}
def fill(folder):
    for number in range(100):
        with open(f"{folder}/{number}", "wb") as file: file.write(bytes(2**25))
for folder in ("/tmp", "/dev/shm", "/run/kernel", "."):
    seen["fill " + folder] = attempt(lambda: fill(folder))
    for number in range(100): attempt(lambda: os.remove(f"{folder}/{number}"))
import json
print("SEEN" + json.dumps(seen, default=str))
"""


@case(FULL)
def spy(sheet):
    sheet.answer().insert("double", SPY)


@case(FULL)
def tells_all_it_knows(sheet):
    sheet.answer().append(
        "print(In)\nimport matplotlib.pyplot as plt, traceback\n"
        "plt.text(0, 0, str(In)[:500]); plt.show()\n"
        "double = lambda x: print(traceback.format_stack()) or 2 * x"
    )


# Harm to the grader


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


@case(FULL)
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
