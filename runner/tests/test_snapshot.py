"""What a student's code cannot do to an evaluation."""

import os
import signal

from cases import Case

GRADER = "import otter\ngrader = otter.Notebook()"


class Snapshots(Case):
    def test_examples_share_variables_and_cases_do_not(self):
        snapshot = self.snapshot("x = [1]")
        self.assertEqual(snapshot.printed("x.append(2)\n", "y = 1\n", "x, y\n"), ["", "", "([1, 2], 1)\n"])
        first, second = snapshot.doctest("x\n", "y\n")
        self.assertEqual(first["printed"], "[1, 2]\n")
        self.assertEqual(second["raised"]["line"], "NameError: name 'y' is not defined\n")

    def test_a_fork_goes_its_own_way(self):
        snapshot = self.snapshot("x = [1]")
        fork = snapshot.fork()
        self.addCleanup(fork.close)
        snapshot.printed("x.append(2)\n")
        self.assertEqual((fork.threads, fork.printed("x\n"), snapshot.printed("x\n")), (1, ["[1]\n"], ["[1, 2]\n"]))
        self.assertNotEqual(fork.pid, snapshot.pid)
        os.kill(snapshot.pid, signal.SIGKILL)
        self.assertEqual(fork.printed("x\n"), ["[1]\n"])

    def test_exception_based_tests(self):
        snapshot = self.snapshot("x = 3")
        source = "from otter.test_files import test_case\n\ndef t(x, env, gone):\n    assert gone is None\n    assert x == env['x']\n    help(x + 1)\n\ndef help(x):\n    assert x == 5, 'not five'\n"
        self.assertEqual(snapshot.module(source), "Returned")
        raised = snapshot.call("t", "x", "env", "gone")["Raised"]
        self.assertEqual((raised["line"], raised["line_number"]), ("AssertionError: not five\n", 6))
        self.assertEqual(snapshot.call("nothing")["Raised"]["class"], "LookupError")
        self.assertEqual(snapshot.module("a b")["Raised"]["class"], "SyntaxError")

    def test_patches_do_not_matter(self):
        snapshot = self.snapshot(
            "import builtins, doctest, sys, io, otter, traceback\n"
            "builtins.compile = builtins.exec = builtins.len = builtins.all = lambda *a, **k: 100\n"
            "builtins.__import__ = None\n"
            "doctest.OutputChecker.check_output = lambda *a: True\n"
            "traceback.format_exception_only = lambda *a, **k: ['nothing']\n"
            "traceback.TracebackException.format_exception_only = lambda *a, **k: ['nothing']\n"
            "io.StringIO = None\n"
            "sys.displayhook = sys.__displayhook__ = print\n"
            "sys.modules['builtins'] = sys.modules['sys'] = sys.modules['io'] = None"
        )
        examples = snapshot.doctest("len([1])\n", "all([0])\n", "1 / 0\n", "import os\n", "print('x')\n")
        self.assertEqual([example["printed"] for example in examples], ["1\n", "False\n", "", "", "x\n"])
        self.assertEqual(examples[2]["raised"]["line"], "ZeroDivisionError: division by zero\n")
        self.assertIsNone(examples[3]["raised"])

    def test_nobody_watches(self):
        snapshot = self.snapshot(
            "import sys\nseen = []\n"
            "sys.addaudithook(lambda *event: seen.append(event))\n"
            "if hasattr(sys, 'monitoring'):\n"
            "    sys.monitoring.use_tool_id(3, 'x')\n"
            "    sys.monitoring.register_callback(3, sys.monitoring.events.LINE, lambda *a: seen.append(a))\n"
            "    sys.monitoring.set_events(3, sys.monitoring.events.LINE)\n"
            "seen.clear()\n"
            "sys.setprofile(lambda *a: seen.append(a))\n"
            "sys.settrace(lambda *a: seen.append(a))"
        )
        snapshot.doctest("seen.clear()\n")
        self.assertEqual(snapshot.printed("def f():\n    return 1\n", "f()\n", "len(seen)\n"), ["", "1\n", "0\n"])

    def test_threads_are_left_behind(self):
        snapshot = self.snapshot(
            "import threading, time\nstop = False\n"
            "def watch():\n    global seen\n    while True:\n        seen = time.time()\n        time.sleep(0.001)\n"
            "def start():\n    threading.Thread(target=watch, daemon=True).start()\n"
            "start()"
        )
        self.assertEqual(snapshot.threads, 1)
        snapshot.printed("start()\n", "time.sleep(0.1)\n")
        first = snapshot.pid
        before = snapshot.printed("seen\n")
        # The judge is told who goes on, and that it is one alone.
        self.assertEqual((snapshot.pid != first, snapshot.threads), (True, 1))
        self.assertEqual(snapshot.printed("time.sleep(0.1)\n", "seen\n")[1], before[0])

    def test_hooks_and_alarms_at_the_fork_do_nothing(self):
        run = self.run_cells(
            GRADER,
            "import os, signal, threading, time\n"
            "signal.signal(signal.SIGALRM, lambda *a: os._exit(9))\n"
            "signal.setitimer(signal.ITIMER_REAL, 60)\n"
            "os.register_at_fork(after_in_child=lambda: threading.Thread(target=time.sleep, args=(9,), daemon=True).start())\n"
            "os.register_at_fork(after_in_child=lambda: signal.setitimer(signal.ITIMER_REAL, 0.05))",
            "grader.check('q1')",
        )
        snapshot = run.snapshots["q1"]
        self.assertEqual(snapshot.threads, 1)
        self.assertEqual(snapshot.printed("time.sleep(0.2)\n", "signal.getitimer(signal.ITIMER_REAL)\n"), ["", "(0.0, 0.0)\n"])

    def test_hooks_cannot_hide_a_thread(self):
        run = self.run_cells(
            GRADER,
            "import os, threading, time\n"
            "start = lambda: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
            "os.register_at_fork(after_in_child=start)\nstart()",
            "grader.check('q1')",
        )
        # With a second thread the interpreter must be told of the fork, and runs its hooks: the judge does not believe it.
        self.assertEqual(run.snapshots["q1"].threads, 2)

        # The same when a test has started one, and another process goes on in the place of the first.
        snapshot = self.snapshot(
            "import os, threading, time\n"
            "start = lambda: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
            "os.register_at_fork(after_in_child=start)"
        )
        snapshot.printed("start()\n")
        snapshot.printed("1\n")
        self.assertEqual(snapshot.threads, 2)

    def test_random_numbers_go_on_where_they_were(self):
        run = self.run_cells(
            GRADER,
            "import random\nrandom.seed(1)\nrandom.gauss(0, 1)\ngrader.check('q1')\n(random.gauss(0, 1), random.random())",
        )
        self.assertEqual(run.snapshots["q1"].printed("random.gauss(0, 1), random.random()\n"), [run.outputs(1)[-1]["data"]["text/plain"] + "\n"])

    def test_leaving_is_data(self):
        snapshot = self.snapshot("x = 1")
        examples = snapshot.doctest("raise SystemExit(3)\n", "raise KeyboardInterrupt\n", "x\n")
        self.assertEqual([example["raised"]["is_exception"] for example in examples], [False, False])

    def test_display_shows_nothing(self):
        snapshot = self.snapshot("from IPython.display import display")
        self.assertEqual(snapshot.printed("display(1)\n", "print('x', end='')\n", "import sys; print('y', file=sys.stderr)\n"), ["", "x\n", ""])

    def test_a_flood_is_cut(self):
        printed, = self.snapshot().printed("print('é' * 2000000)\n")
        self.assertLess(len(printed.encode()), (1 << 20) + 100)
        self.assertIn("left out", printed)
