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

    from otter.run.run_autograder import main as run_autograder
    from otter.run.run_autograder.utils import OtterRuntimeError

    report_cases(results)
    report_cells(results, say)
    report_damage()
    limit_output(job["output_bytes"], say)
    use_sockets_of_our_own()
    try:
        # As `otter grade` does it: the kernel named python3, no PDF. A zip is already unpacked.
        run_autograder(job["dir"], logo=False, print_summary=False, debug=False, pdf=False, zips=False)
    except OtterRuntimeError as error:
        results.add(rejected=text(str(error)))
    except (OSError, MemoryError) as error:  # the disk is full, perhaps: ours, and nothing can be written
        say(fault=type(error).__name__)
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
        # The engine reads the cases above; otter's own text repeats them.
        return results.extended({**to_gradescope_dict(self, *args, **kwargs), "tests": []})

    GradingResults.to_gradescope_dict = with_cases


def question(test_file):
    return {
        "name": text(test_file.name),
        "score": test_file.score,
        "max_score": test_file.possible,
        "cases": [case(result) for result in test_file.test_case_results],
    }


def case(result):
    test_case, passed = result.test_case, bool(result.passed)
    return {
        "name": text(test_case.name),
        "hidden": bool(test_case.hidden),
        "passed": passed,
        "points": test_case.points,
        "message": text(result.message),
        "hint": text(test_case.success_message if passed else test_case.failure_message),
    }


def text(words):
    """Words that a JSON file in UTF-8 can hold, not too many: a notebook may print anything."""
    return None if words is None else str(words)[:8000].encode("utf-8", "replace").decode()


def report_cells(results, say):
    """Tells of each code cell before it runs, and writes the outline before the first."""
    from nbconvert.preprocessors import ExecutePreprocessor

    preprocess, preprocess_cell = ExecutePreprocessor.preprocess, ExecutePreprocessor.preprocess_cell
    cells = {"ran": 0, "of": 0}

    def with_outline(self, nb, *args, **kwargs):
        outline, broken = outline_of("./tests")
        results.add(outline=outline)
        for sentence in broken:  # told now, while no code of the submission has run
            say(broken=sentence)
        cells["of"] = sum(cell.cell_type == "code" for cell in nb.cells)
        return preprocess(self, nb, *args, **kwargs)

    def with_progress(self, cell, *args, **kwargs):
        if cells["ran"] == 0:
            say(running=True)  # the kernel is up
        if cell.cell_type == "code":
            cells["ran"] += 1
            say(cell=cells["ran"], of=cells["of"])
        return preprocess_cell(self, cell, *args, **kwargs)

    ExecutePreprocessor.preprocess = with_outline
    ExecutePreprocessor.preprocess_cell = with_progress


def report_damage():
    """Tells a notebook that cannot be read or taken apart from a failure of otter-grader."""
    import nbformat
    from otter.execute.preprocessor import GradingPreprocessor
    from otter.run.run_autograder.runners.abstract_runner import AbstractLanguageRunner
    from otter.run.run_autograder.utils import OtterRuntimeError

    def with_reason(function, reason):
        def call(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except (OSError, MemoryError):
                raise
            except Exception as error:
                raise OtterRuntimeError(reason) from error

        return call

    damaged = "Its cells or their metadata are damaged"
    nbformat.read = with_reason(nbformat.read, "It is not a Jupyter notebook")
    GradingPreprocessor.preprocess = with_reason(GradingPreprocessor.preprocess, damaged)
    AbstractLanguageRunner.get_notebook_assignment_name = with_reason(
        AbstractLanguageRunner.get_notebook_assignment_name, damaged
    )


def limit_output(most_bytes, say):
    """Drops what a notebook prints and shows beyond the limit, which nothing of the grading needs."""
    from nbclient import NotebookClient

    output = NotebookClient.output
    left = {"bytes": most_bytes, "told": False}

    def with_limit(self, outs, message, *args, **kwargs):
        content = message.get("content", {})
        parts = [content.get("text", ""), *content.get("data", {}).values(), *content.get("traceback", [])]
        left["bytes"] -= sum(len(part) if isinstance(part, str) else len(repr(part)) for part in parts)
        if left["bytes"] >= 0:
            return output(self, outs, message, *args, **kwargs)
        if not left["told"]:
            left["told"] = True
            say(output_dropped=True)
        return None

    NotebookClient.output = with_limit


def use_sockets_of_our_own():
    """Lets the kernel talk over Unix sockets in this run's own folder.

    Over TCP it would be given ports that were free a moment ago, which another grading may have taken by then.
    """
    from nbclient import NotebookClient

    create_kernel_manager = NotebookClient.create_kernel_manager

    def with_sockets(self, *args, **kwargs):
        manager = create_kernel_manager(self, *args, **kwargs)
        manager.transport = "ipc"
        return manager

    NotebookClient.create_kernel_manager = with_sockets


def outline_of(tests):
    """Each question with what it is worth, and a sentence for each test file that otter-grader cannot read."""
    from otter.nbmeta_config import NBMetadataConfig
    from otter.test_files import create_test_file

    outline, broken = [], []
    sys.path.append(os.getcwd())  # as in the kernel, for test files that import support files
    for path in sorted(glob.glob(os.path.join(tests, "*.py"))):
        try:
            test_file = create_test_file(path, NBMetadataConfig())
            outline.append({"name": text(test_file.name), "max_score": test_file.possible})
        except Exception as error:
            broken.append(f"tests/{os.path.basename(path)}: {type(error).__name__}: {error}"[:300])
    sys.path.pop()
    return outline, broken


if __name__ == "__main__":
    main()
