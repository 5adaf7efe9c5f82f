"""Runs doctests whose examples call `do(N)`, as otter-grader does.

Asked with `{"doctest": TEXT, "deeds": [{"printed", "raised": [CLASS, MESSAGE] or null}, ...]}`; answers with the
examples as the parser takes them apart, what each of them did, and what DocTestRunner made of them; with `null` for a
text that is no doctest.
"""

import doctest
import io
import json
import sys
import traceback

from contextlib import redirect_stdout


class Other(Exception):
    pass


Other.__module__ = "some.where"
CLASSES = {"ValueError": ValueError, "KeyError": KeyError, "Other": Other, "SystemExit": SystemExit}


class Runner(doctest.DocTestRunner):
    outcomes = None

    def report_success(self, out, test, example, got):
        self.outcomes.append([test.examples.index(example), "passed"])

    def report_failure(self, out, test, example, got):
        self.outcomes.append([test.examples.index(example), "failed"])

    def report_unexpected_exception(self, out, test, example, exc_info):
        self.outcomes.append([test.examples.index(example), "boom"])


def answer(asked):
    def do(number):
        deed = asked["deeds"][number]
        print(deed["printed"], end="")
        if deed["raised"]:
            name, message = deed["raised"]
            raise CLASSES[name](message)

    try:
        examples = doctest.DocTestParser().get_examples(asked["doctest"])
    except ValueError:
        return None
    runner = Runner(verbose=False)
    runner.outcomes = []
    with redirect_stdout(io.StringIO()):
        runner.run(doctest.DocTest(examples, {"do": do}, "q", None, None, asked["doctest"]), clear_globs=False)
    return {
        "examples": [as_bundled(example) for example in examples],
        "did": [what_it_did(deed) for deed in asked["deeds"]],
        "outcomes": runner.outcomes,
        "passed": runner.summarize(verbose=False).failed == 0,
    }


def as_bundled(example):
    names = {flag: name for name, flag in doctest.OPTIONFLAGS_BY_NAME.items()}
    options = {names[flag]: on for flag, on in example.options.items()}
    return {"source": example.source, "want": example.want, "exc_msg": example.exc_msg, "options": options}


def what_it_did(deed):
    raised = None
    if deed["raised"]:
        name, message = deed["raised"]
        error = CLASSES[name](message)
        raised = {
            "line": traceback.format_exception_only(type(error), error)[-1],
            "class": type(error).__name__,
            "message": str(error),
            "line_number": 1,
            "is_exception": isinstance(error, Exception),
        }
    return {"printed": deed["printed"], "raised": raised}


for line in sys.stdin:
    real, sys.stdout = sys.stdout, io.StringIO()
    said = answer(json.loads(line))
    sys.stdout = real
    print(json.dumps(said), flush=True)
