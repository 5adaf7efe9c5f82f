"""Runs otter-grader's own `run_autograder` on one submission, in a process of its own.

Started by the otter engine (crates/grading/src/otter) with the job as JSON on standard input: `{"dir": DIR}`, where
DIR holds `source/`, `submission/` and `results/` as in otter's grading container. Everything that the engine reads is
in `DIR/results/results.json`: what otter-grader itself writes there, with one addition, `extra_data.otter_service`,
for what otter knows but does not write (the outcome of each test case), and for how a run failed.

Before the submission's first cell runs, the file already holds the outline of the autograder (each question with what
it is worth, nothing earned), which is what remains if the submission's code is stopped.

Works with otter-grader 5, 6 and 7; knows nothing of a submission's content.
"""

import glob
import json
import os
import sys


def main():
    job = json.load(sys.stdin)
    say = progress_channel()
    results = Results(os.path.join(job["dir"], "results", "results.json"))

    from nbformat import ValidationError
    from nbformat.reader import NotJSONError
    from otter.run.run_autograder import main as run_autograder
    from otter.run.run_autograder.utils import OtterRuntimeError

    report_cases(results)
    report_cells(results, say)
    report_damage()
    try:
        # As `otter grade` does it: the kernel named python3, no PDF. A zip is already unpacked.
        run_autograder(job["dir"], logo=False, print_summary=False, debug=False, pdf=False, zips=False)
    except OtterRuntimeError as error:
        results.add(rejected=str(error))
    except (NotJSONError, ValidationError):
        results.add(rejected="It is not a Jupyter notebook")
    except Exception as error:  # whatever it is, the engine must learn of it
        results.add(failed=type(error).__name__)


def progress_channel():
    """Gives a function that tells the engine something, and sends all other output to standard error.

    The descriptor is not inherited by the kernel, so the submission's code does not write to it by accident.
    """
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return lambda **what: print(json.dumps(what), file=channel, flush=True)


class Results:
    """`results.json`, and what is to be added to whatever otter-grader writes there."""

    def __init__(self, path):
        self.path = path
        self.extra = {"otter_version": otter_version()}

    def add(self, **what):
        """Adds to the file that is there, or begins one."""
        self.extra.update(what)
        try:
            with open(self.path, encoding="utf-8") as file:
                output = json.load(file)
        except FileNotFoundError:
            output = {"tests": []}
        self.write(self.extended(output))

    def extended(self, output):
        return {**output, "extra_data": {"otter_service": self.extra}}

    def write(self, output):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(output, file)
        os.replace(self.path + ".new", self.path)


def otter_version():
    from importlib.metadata import version

    return version("otter-grader")


def report_cases(results):
    """Lets otter-grader's results carry the outcome of each test case."""
    from otter.test_files import GradingResults

    to_gradescope_dict = GradingResults.to_gradescope_dict

    def with_cases(self, *args, **kwargs):
        if self.has_catastrophic_failure():
            results.extra.update(no_results=True)
        else:
            questions = [question(test_file) for test_file in self.results.values()]
            results.extra.update(questions=questions, total=self.total, possible=self.possible)
        return results.extended(to_gradescope_dict(self, *args, **kwargs))

    GradingResults.to_gradescope_dict = with_cases


def question(test_file):
    return {
        "name": test_file.name,
        "score": test_file.score,
        "max_score": test_file.possible,
        "cases": [case(result) for result in test_file.test_case_results],
    }


def case(result):
    test_case, passed = result.test_case, bool(result.passed)
    return {
        "name": test_case.name,
        "hidden": bool(test_case.hidden),
        "passed": passed,
        "points": test_case.points,
        "message": result.message,
        "hint": test_case.success_message if passed else test_case.failure_message,
    }


def report_cells(results, say):
    """Tells of each code cell before it runs, and writes the outline before the first."""
    from nbconvert.preprocessors import ExecutePreprocessor

    preprocess, preprocess_cell = ExecutePreprocessor.preprocess, ExecutePreprocessor.preprocess_cell
    cells = {"ran": 0, "of": 0}

    def with_outline(self, nb, *args, **kwargs):
        outline, broken = outline_of("./tests")
        results.add(outline=outline, broken=broken)
        cells["of"] = sum(cell.cell_type == "code" for cell in nb.cells)
        say(running=True)
        return preprocess(self, nb, *args, **kwargs)

    def with_progress(self, cell, *args, **kwargs):
        if cell.cell_type == "code":
            cells["ran"] += 1
            say(cell=cells["ran"], of=cells["of"])
        return preprocess_cell(self, cell, *args, **kwargs)

    ExecutePreprocessor.preprocess = with_outline
    ExecutePreprocessor.preprocess_cell = with_progress


def report_damage():
    """Tells a notebook that otter-grader cannot take apart from a failure of otter-grader."""
    from otter.execute.preprocessor import GradingPreprocessor
    from otter.run.run_autograder.utils import OtterRuntimeError

    preprocess = GradingPreprocessor.preprocess

    def with_reason(self, *args, **kwargs):
        try:
            return preprocess(self, *args, **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise OtterRuntimeError("The notebook's cells or their metadata are damaged") from error

    GradingPreprocessor.preprocess = with_reason


def outline_of(tests):
    """Each question with what it is worth, and a sentence for each test file that otter-grader cannot read."""
    from otter.nbmeta_config import NBMetadataConfig
    from otter.test_files import create_test_file

    outline, broken = [], []
    sys.path.append(os.getcwd())  # as in the kernel, for test files that import support files
    for path in sorted(glob.glob(os.path.join(tests, "*.py"))):
        try:
            test_file = create_test_file(path, NBMetadataConfig())
            outline.append({"name": test_file.name, "max_score": test_file.possible})
        except Exception as error:
            broken.append(f"tests/{os.path.basename(path)}: {type(error).__name__}: {error}"[:500])
    sys.path.pop()
    return outline, broken


if __name__ == "__main__":
    main()
