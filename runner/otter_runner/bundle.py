"""Reads an autograder into a bundle of tests for the judge (crates/judge), with otter-grader's own classes.

`make(folder)` gives a `dict` that JSON can hold. It reads the unpacked autograder in `folder` as this environment's
otter-grader (5, 6 or 7) would, and runs no test; test files of otter-grader 3 and older are read as well. What the
judge cannot do as otter-grader does it is a reason in `declined`; an autograder that nobody can grade with is `broken`.
"""

import ast
import doctest
import glob
import inspect
import json
import math
import os
import platform
import random
import sys
import traceback

from . import decoys

FLAG_NAMES = {flag: name for name, flag in doctest.OPTIONFLAGS_BY_NAME.items()}
LONGEST_MESSAGE = 8000
# What it gives, nobody can guess.
CHANCE = random.SystemRandom()


class Declined(Exception):
    """Only otter-grader itself can grade with this; the message is a sentence."""


class Broken(Exception):
    """Nobody can grade with this."""


def make(folder):
    """The bundle of the autograder in a folder with `tests/`, `files/` and `otter_config.json`."""
    folder = os.path.abspath(folder)
    declined, broken, questions, config = [], [], [], {}
    here = os.getcwd()
    files = os.path.join(folder, "files")
    os.chdir(files if os.path.isdir(files) else folder)
    sys.path.append(os.getcwd())  # as in the kernel, for test files that import support files
    try:
        try:
            config = read_config(os.path.join(folder, "otter_config.json"), declined)
        except Broken as error:
            broken.append(f"otter_config.json: {error}")
        if not os.path.isdir(os.path.join(folder, "tests")):
            broken.append("there is no folder tests")
        for path in paths_of_tests(folder):
            try:
                questions.append(read_question(path))
            except Declined as error:
                declined.append(f"tests/{os.path.basename(path)} {error}.")
            except Broken as error:
                broken.append(f"tests/{os.path.basename(path)}: {error}"[:300])
    finally:
        sys.path.remove(os.getcwd())
        os.chdir(here)
    keep_roles_secret(questions)
    names = [question["name"] for question in questions]
    declined += [f"Two test files are named {name}." for name in sorted({n for n in names if names.count(n) > 1})]
    if declined and any(is_of_otter_3(path) for path in paths_of_tests(folder)):
        broken.append(
            "only otter-grader itself could grade this, and its test files are those of otter-grader 3 or older (without "
            "OK_FORMAT), which it no longer reads; make the zip again with a newer `otter assign`"
        )
    return {
        "otter": otter_version(),
        "python": platform.python_version(),
        "config": config,
        "questions": questions,
        "declined": [text(sentence) for sentence in declined],
        "broken": text("; ".join(broken)) if broken else None,
    }


def paths_of_tests(folder):
    return sorted(glob.glob(os.path.join(glob.escape(folder), "tests", "*.py")))


def keep_roles_secret(questions):
    """Leaves the literals of public cases as they are where those of hidden ones are changed: students know them, so one
    that is changed would tell code which of two processes it is in.
    """
    cases = [case for question in questions for case in question["cases"]]
    if any(case["hidden"] and case["literals"] for case in cases):
        for case in cases:
            case["literals"] = case["literals"] if case["hidden"] else []


def otter_version():
    import otter

    return otter.__version__


# -- The configuration -----------------------------------------------------------------------------------------------


def read_config(path, declined):
    """What the configuration says that matters, and into `declined` what it asks of otter-grader itself.

    Whether a PDF is made (`pdf`) does not matter: no engine here makes one.
    """
    from otter.run.run_autograder.autograder_config import AutograderConfig

    given = {}
    try:
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                given = json.load(file)
        config = AutograderConfig(given)
    except Exception as error:
        raise Broken(f"{type(error).__name__}: {error}") from error
    if config.lang != "python":
        declined.append("The assignment is in R.")
    if config.plugins:
        declined.append("The assignment uses plugins of otter-grader.")
    if config.grade_from_log:
        declined.append("The assignment is graded from otter-grader's log (grade_from_log).")
    if config.token is not None:
        declined.append("The assignment is uploaded to Gradescope (token).")
    wanted = {
        "seed": is_seed,
        "seed_variable": lambda value: isinstance(value, str) and value.isidentifier(),
        "assignment_name": lambda value: isinstance(value, str),
        "points_possible": is_finite,
        "score_threshold": is_finite,
    }
    read = {}
    for name, is_fine in wanted.items():
        value = read[name] = getattr(config, name)
        if value is not None and not is_fine(value):
            declined.append(f"The configuration's {name} is unusual.")
            read[name] = None
    return read


def is_seed(value):
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def is_finite(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


# -- Test files ------------------------------------------------------------------------------------------------------


def read_question(path):
    from otter.test_files.exception_test import ExceptionTestFile

    try:
        test_file = open_test_file(path)
    except (Exception, SystemExit) as error:
        raise Broken(f"{type(error).__name__}: {str(error) or failed_line(error)}") from error
    if not isinstance(test_file.name, str):
        raise Declined("has a name that is not text")
    module, bodies = None, None
    if isinstance(test_file, ExceptionTestFile):
        module, bodies = read_functions(test_file)
    else:
        bodies = read_doctests(test_file, path)
    check_text([module, bodies])
    return {
        "name": text(test_file.name),
        "check": os.path.splitext(os.path.basename(path))[0],
        "all_or_nothing": bool(test_file.all_or_nothing) and honours_all_or_nothing(),
        "module": module,
        "cases": [read_case(case, body) for case, body in zip(test_file.test_cases, bodies)],
    }


def open_test_file(path):
    from otter.nbmeta_config import NBMetadataConfig
    from otter.test_files import create_test_file
    from otter.test_files.ok_test import OKTestFile

    return OKTestFile.from_file(path) if is_of_otter_3(path) else create_test_file(path, NBMetadataConfig())


def is_of_otter_3(path):
    """Whether a test file is from a time when there was one format only, which `OK_FORMAT` did not have to name. The
    otter-graders of today do not read such a file, but have the class that does.
    """
    try:
        with open(path) as file:
            body = ast.parse(file.read()).body
    except (OSError, ValueError, SyntaxError):
        return False  # whoever reads it for its tests will say what is wrong with it
    assigned = [node for node in body if isinstance(node, ast.Assign)]
    values = {target.id: node.value for node in assigned for target in node.targets if isinstance(target, ast.Name)}
    test = values.get("test")
    if "OK_FORMAT" in values or not isinstance(test, ast.Dict):
        return False
    return "suites" in {key.value for key in test.keys if isinstance(key, ast.Constant)}


def failed_line(error):
    """Where an exception without a message comes from: otter-grader's assertions say what they ask for."""
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1].line if frames else ""


def read_case(case, body):
    if not is_finite(case.points):
        raise Broken(f"{case.name}: {case.points} is not a number of points")
    return {
        "name": text(case.name),
        "hidden": bool(case.hidden),
        "points": case.points,
        "success_message": text(case.success_message),
        "failure_message": text(case.failure_message),
        **body,
    }


def honours_all_or_nothing():
    """Whether this otter-grader's scores do; 5 reads the setting and forgets it."""
    from otter.test_files.abstract_test import TestCase, TestCaseResult
    from otter.test_files.ok_test import OKTestFile

    cases = [TestCase(name, "", False, 1, None, None) for name in "ab"]
    test_file = OKTestFile("q", "q", cases, True)
    results = [TestCaseResult(case, None, passed) for case, passed in zip(cases, (True, False))]
    test_file.test_case_results = results
    return test_file.score == 0


# -- Doctests --------------------------------------------------------------------------------------------------------


def read_doctests(test_file, path):
    with open(path) as file:
        statements = ast.parse(file.read()).body
    if not all(is_plain(statement) for statement in statements):
        raise Declined("computes its test cases")
    return [read_doctest(test_file, index, case) for index, case in enumerate(test_file.test_cases)]


def is_plain(statement):
    """Whether a statement at the top of a test file does nothing but to name a literal: it has no say in a check."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if not isinstance(statement, ast.Assign):
        return False
    try:
        ast.literal_eval(statement.value)
    except ValueError:
        return False
    return True


def read_doctest(test_file, index, case):
    try:
        parsed = doctest.DocTestParser().parse(case.body, f"{test_file.name} {index}")
    except ValueError as error:
        raise Broken(f"{case.name}: {error}") from error
    examples = [example for example in parsed if isinstance(example, doctest.Example)]
    return {
        "body": {
            "doctest": [
                {
                    "source": example.source,
                    "want": example.want,
                    "exc_msg": example.exc_msg,
                    "options": {FLAG_NAMES[flag]: bool(on) for flag, on in example.options.items()},
                }
                for example in examples
            ]
        },
        "literals": literals_of_doctest(examples),
    }


def literals_of_doctest(examples):
    found = []
    for index, example in enumerate(examples):
        if not (example.options.get(doctest.SKIP) or example.options.get(doctest.FAIL_FAST)):
            found += [{**literal, "example": index} for literal in decoys.of_example(example, CHANCE)]
    return decoys.some(found, CHANCE)


# -- Exception-based tests -------------------------------------------------------------------------------------------


def read_functions(test_file):
    """The module as it is to be run, without the decorators, and each case's function."""
    original = test_file.source
    tree = ast.parse(original)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    cases = [plain_function(case.body, functions) for case in test_file.test_cases]
    names = {function.name for function in cases}
    if any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(tree)) or len(names) < len(cases):
        raise Declined("uses its test cases otherwise than as test cases")
    data = original.encode("utf-8", "surrogatepass")
    for function in cases:
        data = without_decorator(data, function.decorator_list[0])
    source = data.decode("utf-8", "surrogatepass")
    source = without_import(source)
    bodies = []
    for case, function in zip(test_file.test_cases, cases):
        literals = decoys.some(decoys.of_function(source, function, CHANCE), CHANCE)
        params = list(inspect.signature(case.body.test_func).parameters)
        bodies.append({"body": {"function": {"name": function.name, "params": params}}, "literals": literals})
    return {"source": source, "public": without_hidden(source, test_file.test_cases, cases), "original": original}, bodies


def without_hidden(source, cases, functions):
    """The source with blanks for the functions of hidden cases; none if there are no such."""
    data = source.encode("utf-8", "surrogatepass")
    hidden = [function for case, function in zip(cases, functions) if case.hidden]
    for function in hidden:
        data = blanked(data, *decoys.span(data, function))
    return data.decode("utf-8", "surrogatepass") if hidden else None


def plain_function(case, functions):
    """The definition of a test case's function, if nothing but `@test_case(...)` is done to it."""
    function = case.test_func
    node = functions.get(getattr(function, "__name__", None))
    is_plain = (
        inspect.isfunction(function)
        and node is not None
        and len(node.decorator_list) == 1
        and function.__code__.co_firstlineno == node.decorator_list[0].lineno
    )
    if not is_plain:
        raise Declined("has test cases that are not functions at its top")
    kinds = {parameter.kind for parameter in inspect.signature(function).parameters.values()}
    if not kinds <= {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}:
        raise Declined("has test cases with unusual parameters")
    return node


def without_decorator(data, decorator):
    """The source with blanks for a decorator, byte by byte, so that all else keeps its place."""
    start, end = decoys.span(data, decorator)
    start = data.rindex(b"@", 0, start)
    return blanked(data, start, end)


def blanked(data, start, end):
    blanks = bytes(byte if byte in b"\r\n" else ord(" ") for byte in data[start:end])
    return data[:start] + blanks + data[end:]


def without_import(source):
    """The source without the import that only the decorators needed."""
    tree = ast.parse(source)
    for node in tree.body:
        is_import = isinstance(node, ast.ImportFrom) and node.module == "otter.test_files"
        if is_import and [(alias.name, alias.asname) for alias in node.names] == [("test_case", None)]:
            if not any(isinstance(n, ast.Name) and n.id == "test_case" for n in ast.walk(tree)):
                data = source.encode("utf-8", "surrogatepass")
                return blanked(data, *decoys.span(data, node)).decode("utf-8", "surrogatepass")
    return source


# -- Text ------------------------------------------------------------------------------------------------------------


def text(words):
    """Words that JSON in UTF-8 can hold, not too many."""
    return None if words is None else str(words)[:LONGEST_MESSAGE].encode("utf-8", "replace").decode()


def check_text(value):
    """Sources must go through JSON unchanged, which half a surrogate pair does not."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Declined("holds text that is not Unicode") from error
