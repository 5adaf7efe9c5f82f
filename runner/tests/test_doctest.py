"""Examples do what CPython's own doctest sees."""

import doctest
import io
import sys

import IPython  # noqa: F401 - it may change how exceptions are formatted
from cases import Case

SOURCES = [
    "1", "None", "'a'", "print('x', end='')", "print()", "x = 1; x", "for i in range(2): i\n", "1; 2",
    "1 / 0", "raise ValueError", "raise ValueError('a\\nb')", "a b", "  1", "'unclosed", "f(", "class E(Exception): pass\n",
    "raise E('x')", "raise E", "class B(BaseException):\n    def __str__(self): raise 1\n", "raise B",
    "E.__module__ = 'some.where'", "raise E(1)", "E.__qualname__ = 'Out.E'", "raise E(2)",
    "raise SyntaxError('x')", "raise SyntaxError", "raise KeyError('x')", "raise StopIteration", "raise OSError(2, 'No')",
    "import nothing_at_all", "undefined_name", "sys", "'x'.foo", "'x'.uppper", "int('x')", "[][1]", "assert 0, 'why'",
    "def f():\n    yield 1\n", "list(f())", "next(iter([]))", "print('\\ud800')", "'\\ud800'",
    "from __future__ import annotations", "def g(x: nothing): pass\n", "print(1, file=sys.stderr)", "import sys",
    "print(1, file=sys.stderr)", "sys.stdout.write('x')", "sys.stdout.isatty()", "sys.stdout.encoding",
    "lambda: 0 if", "exec('1 +')", "eval('1 +')", "exit", "sys.exit('bye')", "__name__", "del x", "x",
]
if sys.version_info >= (3, 11):
    SOURCES += ["e = ValueError('n')", "e.add_note('note'); e.add_note('more')", "raise e", "raise ExceptionGroup('g', [e, e])",
                "s = SyntaxError('n'); s.add_note('x'); raise s"]


class Recorder(doctest.DocTestRunner):
    """Keeps what each example printed or raised, as the checker is asked about it."""

    def __init__(self):
        self.seen = []
        super().__init__(checker=self, verbose=False)

    def check_output(self, want, got, flags):
        self.seen[-1] = got if want == "" else ("raised", got)
        return True

    def report_start(self, out, test, example):
        self.seen.append(None)


class Doctest(Case):
    def test_the_same_as_doctest(self):
        examples = [doctest.Example(source, "", exc_msg="expected\n") for source in SOURCES]
        variables = {"__name__": "__main__", "x": 5}
        recorder = Recorder()
        recorder.run(doctest.DocTest(examples, variables, "q1 0", None, None, None), out=io.StringIO().write)
        answers = self.snapshot("import sys\nx = 5\ndel sys, exit").doctest(*[example.source for example in examples])
        self.assertEqual(len(recorder.seen), len(answers))
        for source, expected, answer in zip(SOURCES, recorder.seen, answers):
            got = ("raised", answer["raised"]["line"]) if answer["raised"] else answer["printed"]
            with self.subTest(source=source):
                if "lambda" in source or source == "exit" or "ud800" in source:
                    continue
                self.assertEqual(got, expected)
