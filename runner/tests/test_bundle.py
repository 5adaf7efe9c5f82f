"""Bundles, with the otter-grader of the environment that runs this."""

import json
import os
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from otter_runner import bundle  # noqa: E402

try:
    import otter
except ImportError:
    otter = None
    print("SKIPPED test_bundle: there is no otter-grader", file=sys.stderr)

OK = """
    OK_FORMAT = True
    test = {'name': 'q1', 'points': %s, 'suites': [{'cases': [
        {'code': '>>> x = 1\\n>>> y = f(x)  # doctest: +ELLIPSIS, -SKIP\\n>>> y == 2\\nTrue', 'hidden': False,
         'success_message': 'good', 'points': %s},
        {'name': 'last', 'code': '>>> f(0)\\nTraceback (most recent call last):\\n...\\nValueError: no'}]}]}
"""
EXCEPTION = '''
    from otter.test_files import test_case
    import math

    OK_FORMAT = False
    name = "q2"
    points = 3
    all_or_nothing = True

    @test_case(
        points=1,  # é
        success_message="é"
    )
    def test_one(x, env):
        assert x == 1, "é"

    @test_case(name="two", hidden=True)
    def test_two(y):
        if y is None:
            return
        assert y == 2
'''


@unittest.skipIf(otter is None, "there is no otter-grader")
class Bundles(unittest.TestCase):
    def make(self, config=None, files=None, **tests):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "tests"))
            os.mkdir(os.path.join(folder, "files"))
            if config is not None:
                self.write(folder, "otter_config.json", config)
            for name, content in tests.items():
                self.write(folder, f"tests/{name}.py", content)
            for name, content in (files or {}).items():
                self.write(folder, f"files/{name}", content)
            before = os.getcwd(), list(sys.path)
            made = bundle.make(folder)
            self.assertEqual(before, (os.getcwd(), sys.path))
        return json.loads(json.dumps(made, ensure_ascii=False).encode())

    def write(self, folder, name, content):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(content))

    def fine(self, **given):
        made = self.make(**given)
        self.assertEqual((made["declined"], made["broken"]), ([], None))
        return made

    def honours(self):
        return not otter.__version__.startswith("5.")

    def test_doctests_are_taken_apart(self):
        made = self.fine(q1_file=OK % (3, 0.5))
        (question,) = made["questions"]
        self.assertEqual((question["name"], question["check"], question["module"]), ("q1", "q1_file", None))
        one, last = question["cases"]
        self.assertEqual((one["name"], one["hidden"], one["points"]), ("q1 - 1", False, 0.5))
        self.assertEqual((last["name"], last["hidden"], last["points"]), ("last", True, 2.5))
        self.assertEqual((one["success_message"], last["success_message"]), ("good", None))
        examples = one["body"]["doctest"]
        self.assertEqual([each["want"] for each in examples], ["", "", "True\n"])
        self.assertEqual(examples[1]["options"], {"ELLIPSIS": True, "SKIP": False})
        (literal,) = one["literals"]
        self.assertEqual((literal["example"], literal["expression"], literal["literal"]), (2, [0, 6], [5, 6]))
        self.assertEqual(last["body"]["doctest"][0]["exc_msg"], "ValueError: no\n")
        self.assertEqual(last["literals"], [])
        self.assertEqual(made["otter"], otter.__version__)

    def test_functions_keep_their_lines(self):
        (question,) = self.fine(q2=EXCEPTION)["questions"]
        self.assertEqual((question["name"], question["all_or_nothing"]), ("q2", self.honours()))
        source, original = question["module"]["source"], question["module"]["original"]
        self.assertNotIn("test_case", source)
        self.assertEqual(source.count("\n"), original.count("\n"))
        self.assertEqual(len(source.encode()), len(original.encode()))
        kept = [line for line in source.split("\n") if line.strip()]
        self.assertEqual(kept, [line for line in original.split("\n") if line in kept and line.strip()])
        one, two = question["cases"]
        self.assertEqual(one["body"], {"function": {"name": "test_one", "params": ["x", "env"]}})
        self.assertEqual((two["name"], two["hidden"], two["points"]), ("two", True, 2))
        (literal,) = one["literals"]
        start, end = literal["literal"]
        self.assertEqual(source.encode()[slice(*literal["expression"])].decode(), "x == 1")
        self.assertEqual(two["literals"], [])
        scope = {}
        exec(source, scope)
        scope["test_one"](x=1, env={})
        with self.assertRaises(AssertionError):
            exec(source.encode()[:start] + literal["others"][0].encode() + source.encode()[end:], scope)
            scope["test_one"](x=1, env={})

    def test_questions_are_in_otters_order_and_may_use_support_files(self):
        helped = EXCEPTION.replace("import math", "import helper_of_tests").replace('"q2"', "helper_of_tests.NAME")
        made = self.fine(files={"helper_of_tests.py": "NAME = 'h'"}, q10=OK % (1, 1), q2=helped)
        self.assertEqual([question["name"] for question in made["questions"]], ["q1", "h"])

    def test_the_configuration(self):
        made = self.fine()
        self.assertEqual(set(made["config"].values()), {None})
        config = {
            "seed": 42,
            "seed_variable": "s",
            "points_possible": 10,
            "score_threshold": 0.5,
            "assignment_name": "hw1",
            "show_hidden": True,
            "pdf": True,
            "lang": "python",
        }
        read = self.fine(config=json.dumps(config))["config"]
        self.assertEqual(read, {name: config[name] for name in read})

    def test_what_only_otter_can_do_is_declined(self):
        for config in (
            {"plugins": ["a"]},
            {"grade_from_log": True},
            {"token": ""},
            {"lang": "r"},
            {"seed": "a"},
            {"seed": 2**70},
            {"seed_variable": "a b"},
            {"points_possible": "all"},
            {"score_threshold": True},
        ):
            with self.subTest(config):
                made = self.make(config=json.dumps(config))
                self.assertEqual((len(made["declined"]), made["broken"]), (1, None))

    def test_tests_that_are_more_than_data_are_declined(self):
        looped = EXCEPTION + "\n    for t in [3]:\n        @test_case()\n        def test_t(): pass\n"
        for content in (
            "import math\n" + textwrap.dedent(OK % (1, 1)),
            (OK % (1, 1)).replace("'name': 'q1'", "'name': 'q' + str(1)"),
            looped,
            EXCEPTION.replace("def test_two(y)", "def test_two(*y)"),
            EXCEPTION.replace("assert y == 2", "test_one.points"),
            EXCEPTION.replace("def test_two(y)", "@staticmethod\n    def test_two(y)"),
            EXCEPTION + "\n    test_three = test_case()(lambda x: None)\n",
            (OK % (1, 1)).replace("x = 1", "x = \\ud800"),
        ):
            with self.subTest(content):
                made = self.make(q=content)
                self.assertEqual((len(made["declined"]), made["broken"], made["questions"]), (1, None, []))
        made = self.make(a=OK % (1, 1), b=OK % (1, 1))
        self.assertEqual(made["declined"], ["Two test files are named q1."])

    def test_files_of_otter_3_are_read_which_had_one_format_only(self):
        older = (OK % (3, 0.5)).replace("OK_FORMAT = True", "")
        (question,) = self.fine(q1=older)["questions"]
        (same,) = self.fine(q1=OK % (3, 0.5))["questions"]
        for one in (question, same):
            for case in one["cases"]:
                case.pop("literals")  # chosen by chance
        self.assertEqual(question, same)
        # Whatever else has no OK_FORMAT is no test file of any otter-grader.
        self.assertIn("OK_FORMAT", self.make(q1="test = {'name': 'q1'}")["broken"])
        # otter-grader itself does not read them, so what it would have to grade nobody can.
        made = self.make(config='{"plugins": ["a"]}', q1=older)
        self.assertIn("otter-grader 3 or older", made["broken"])

    def test_what_nobody_can_grade_with_is_broken(self):
        for content in (
            "1 +",
            "raise SystemExit",
            "test = {}",
            "import no_such_module",
            OK % (1, 2),
            OK % ("1e999", 0),
            (OK % (1, 1)).replace("'suites': [", "'suites': [{}, "),
            (OK % (1, 1)).replace(">>> y == 2", ">>>y == 2"),
            (OK % (1, 1)).replace("+ELLIPSIS", "+NONSENSE"),
        ):
            with self.subTest(content):
                made = self.make(q=content, r=EXCEPTION)
                self.assertTrue(made["broken"].startswith("tests/q.py: "), made["broken"])
                self.assertEqual(made["declined"], [])
                self.assertEqual(len(made["questions"]), 1)
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(bundle.make(folder)["broken"], "there is no folder tests")
        for config in ("{", "[1]", '{"lang": "julia"}'):
            made = self.make(config=config)
            self.assertTrue(made["broken"].startswith("otter_config.json: "), made["broken"])


if __name__ == "__main__":
    unittest.main()
