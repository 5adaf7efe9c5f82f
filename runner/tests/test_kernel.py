"""Notebooks run as in ipykernel."""

import os
import signal
import time

from cases import Case
from harness import notebook

TOO_MUCH = "\n[more output was dropped: a cell or the notebook has too much]\n"


class Kernel(Case):
    def test_values_streams_and_errors_come_in_order(self):
        run = self.run_cells("import sys\nprint('a'); print('b', file=sys.stderr); print('c')\n1 + 1", "1 / 0", "_ + 1")
        kinds = [(output["output_type"], output.get("name")) for output in run.outputs(0)]
        self.assertEqual(kinds, [("stream", "stdout"), ("stream", "stderr"), ("stream", "stdout"), ("execute_result", None)])
        self.assertEqual(run.outputs(0)[3]["data"]["text/plain"], "2")
        error = run.outputs(1)[0]
        self.assertEqual((error["ename"], error["evalue"]), ("ZeroDivisionError", "division by zero"))
        self.assertIn("----> 1 1 / 0", "".join(error["traceback"]))
        self.assertEqual(run.text(2), "3")

    def test_magics_and_commands(self):
        run = self.run_cells(
            "%%time\nx = 1",
            "%timeit -n1 -r1 pass",
            "%%capture caught\nprint('quiet')",
            "caught.stdout",
            "out = !echo hi\nout",
            "!echo there; echo too >&2",
            "%%bash\necho from bash",
            "%cd -q .\n%who_ls",
            "import os\nos.system('echo from c')\nNone",
            "import subprocess, sys\nsubprocess.run(['echo', 'to it'], stdout=sys.stdout)\nNone",
        )
        self.assertIn("Wall time", run.text(0))
        self.assertIn("per loop", run.text(1))
        self.assertEqual(run.text(2), "")
        self.assertEqual(run.text(3), "'quiet\\n'")
        self.assertEqual(run.text(4), "['hi']")
        self.assertEqual(run.text(5), "there\ntoo\n")
        self.assertEqual(run.text(6), "from bash\n")
        self.assertIn("'x'", run.text(7))
        self.assertEqual(run.text(8), "from c\n")
        self.assertEqual(run.text(9), "to it\n")

    def test_await_works_and_the_loop_is_running(self):
        run = self.run_cells(
            "import asyncio\nawait asyncio.sleep(0)\n7",
            "asyncio.run(asyncio.sleep(0))",
            "task = asyncio.ensure_future(asyncio.sleep(0, 'done'))",
            "await task",
        )
        self.assertEqual(run.text(0), "7")
        self.assertEqual(run.text(1)[:12], "RuntimeError")
        self.assertEqual(run.text(3), "'done'")

    def test_displays(self):
        run = self.run_cells(
            "from IPython.display import *\ndisplay(HTML('<b>x</b>'))\nshown = display('a', display_id=True)",
            "shown.update('b')\ndisplay(1); clear_output(); display(2)",
            "display(1); clear_output(wait=True); display(3)",
            "class P:\n    def _repr_png_(self): return b'\\x89PNG\\r\\n\\x1a\\n'\nP()",
        )
        self.assertEqual(run.outputs(0)[0]["data"]["text/html"], "<b>x</b>")
        self.assertEqual(run.outputs(0)[1]["data"]["text/plain"], "'b'")
        self.assertEqual([run.text(1), run.text(2)], ["2", "3"])
        self.assertEqual(run.outputs(3)[0]["data"]["image/png"].strip(), "iVBORw0KGgo=")

    def test_nobody_answers(self):
        run = self.run_cells("input('name? ')", "import getpass\ngetpass.getpass()", "import sys\nsys.stdin.read()")
        for cell in (0, 1):
            self.assertEqual(run.outputs(cell)[0]["ename"], "StdinNotImplementedError")
            self.assertIn("this frontend does not support input requests", run.outputs(cell)[0]["evalue"])
        self.assertEqual(run.text(2), "''")

    def test_leaving_does_not_end_it(self):
        run = self.run_cells("import sys\nsys.exit(3)", "exit()", "quit", "def f(): f()\nf()", "raise SystemExit", "'here'")
        self.assertEqual(run.text(3), "RecursionError")
        self.assertEqual(run.text(5), "'here'")

    def test_packages_stay_as_they_are(self):
        run = self.run_cells("%pip install a", "!pip install a", "!python -m pip uninstall -y a", "x = !conda install a\nx", "!echo pip install")
        for cell in range(4):
            self.assertIn("installed by the course", run.text(cell))
        self.assertEqual(run.text(4), "pip install\n")

    def test_it_is_a_fresh_kernel(self):
        run = self.run_cells(
            "import sys, os\nsys.argv[0], __name__, sys.modules['__main__'].__dict__ is globals(), os.getcwd() == os.environ['HOME']",
            "get_ipython()",
            "'IPKernelApp' in get_ipython().config, get_ipython().kernel.get_parent()",
            "In[0], len(Out), os.path.exists('__init__.py')",
        )
        shown = " ".join(run.text(0).split())  # a long path is broken into lines
        self.assertIn("ipykernel_launcher.py', '__main__', True, True", shown)
        self.assertIn("ipykernel.zmqshell.ZMQInteractiveShell", run.text(1))
        self.assertEqual(run.text(2), "(True, {})")
        self.assertIn("True)", run.text(3))

    def test_random_states_are_its_own(self):
        source = "import random\nrandom.random()"
        self.assertNotEqual(self.run_cells(source).text(0), self.run_cells(source).text(0))

    def test_modules_beside_the_notebook(self):
        run = self.run_cells("import helper\nhelper.x", files={"helper.py": "x = 5"})
        self.assertEqual(run.text(0), "5")

    def test_output_is_capped(self):
        cells = ["print('1' * 3000)", "print('2' * 600)\nprint('3' * 600)", "4"]
        run = self.run_cells(*cells, cell_output_bytes=1000, output_bytes=1800)
        self.assertTrue(run.dropped)
        self.assertEqual(run.text(0), "1" * 1000 + TOO_MUCH)
        self.assertEqual(run.text(1), "2" * 600 + "\n" + "3" * 199 + TOO_MUCH)
        self.assertEqual(run.text(2), TOO_MUCH)

    def test_odd_texts_and_numbers_are_kept_as_json(self):
        cells = ["print('\\ud800 \\u0000')", "from IPython.display import display\ndisplay({'application/json': {'a': float('nan'), 1: b'x'}}, raw=True)"]
        run = self.run_cells(*cells)
        self.assertIn("\x00", run.text(0))
        self.assertEqual(run.outputs(1)[0]["data"]["application/json"], {"a": None, "1": "eA=="})

    def test_an_interrupt_ends_the_cell_only(self):
        def interrupt(run, cell):
            if cell["index"] in (2, 3):
                pid = os.fork()
                if pid == 0:
                    time.sleep(0.5)
                    os.kill(run.pid, signal.SIGINT)
                    os._exit(0)

        run = self.run_cells("x = 1", "while True: pass", "import asyncio\nawait asyncio.sleep(100)", "x", on_cell=interrupt)
        self.assertEqual(run.text(1), "KeyboardInterrupt")
        self.assertEqual(run.outputs(2)[-1]["ename"], "CancelledError")
        self.assertEqual(run.text(3), "1")

    def test_what_a_cell_forks_is_no_second_notebook(self):
        run = self.run_cells(
            "import os, otter\ngrader = otter.Notebook()",
            "child = os.fork()\nif child == 0:\n    raise ValueError\nos.waitpid(child, 0)[1]",
            "child = os.fork()\nif child:\n    os.waitpid(child, 0)",
            "import asyncio\nawait asyncio.sleep(0)\nchild = os.fork()\nif child:\n    os.waitpid(child, 0)",
            "child = os.fork()\nif child == 0:\n    try:\n        grader.check('q1')\n    except ConnectionError:\n        os._exit(7)\n"
            "os.WEXITSTATUS(os.waitpid(child, 0)[1])",
            "'here'",
        )
        self.assertEqual([cell["index"] for cell in run.cells], [1, 2, 3, 4, 5, 6])
        self.assertEqual((run.text(1), run.text(4), run.text(5)), ("0", "7", "'here'"))
        self.assertEqual(list(run.snapshots), [None])

    def test_it_stops_when_told(self):
        run = self.run_cells("x = 1", "x = 2", on_cell=lambda run, cell: cell["index"] == 2)
        self.assertEqual(run.snapshots[None].printed("x\n"), ["1\n"])
        self.assertEqual(run.result["cells"][1]["execution_count"], None)

    def test_old_formats_and_what_is_no_notebook(self):
        old = '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"metadata": {}, "cells": [{"cell_type": "code", "language": "python", "metadata": {}, "collapsed": false, "input": ["x = 1\\n", "x"], "outputs": [], "prompt_number": 3}]}]}'
        self.assertEqual(self.run_cells(content=old).text(0), "1")
        for text in ("", "[]", "{}", '{"nbformat": 4, "cells": [{"cell_type": "code"}]}'):
            self.assertIn("cannot be read", self.run_cells(content=text).failure)

    def test_a_script_is_one_cell(self):
        run = self.run_cells(name="submission.py", content="x = 1\nprint(x)\n")
        self.assertEqual((run.text(0), len(run.cells)), ("1\n", 1))

    def test_cells_that_do_not_run_are_not_announced(self):
        markdown = {"cell_type": "markdown", "metadata": {}, "source": "# hi"}
        skipped = {"cell_type": "code", "metadata": {"tags": ["skip-execution"]}, "source": "1 / 0", "outputs": []}
        run = self.run_cells(content=notebook(markdown, "x = 1", " \n", skipped, "x"))
        self.assertEqual([(cell["index"], cell["of"], cell["position"]) for cell in run.cells], [(1, 2, 2), (2, 2, 5)])
