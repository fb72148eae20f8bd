"""Hostile submissions that want marks for nothing, or hidden words."""

from __future__ import annotations

from hand_ins import FULL, case

# Marks for nothing


@case(0)
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


@case(0, "uses the package's")
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


@case(0, "uses the package's")
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
    "interfaces": [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line],
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
