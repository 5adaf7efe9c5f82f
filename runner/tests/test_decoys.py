"""Decoys: which literals may be changed, and that no honest value passes with two values of a literal."""

import ast
import doctest
import itertools
import math
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from otter_runner import decoys, others  # noqa: E402

try:
    import numpy as np
except ImportError:
    np = None


def example(source, want="True\n", exc_msg=None):
    return doctest.Example(source, want, exc_msg)


def literals(source, want="True\n", seed=1):
    return decoys.of_example(example(source, want), random.Random(seed))


def changed(source, want="True\n", seed=1):
    """The source with its first literal changed in all ways that are offered; empty if there are none."""
    for literal in literals(source, want, seed):
        return put(source, literal)
    return []


def put(source, literal):
    data = source.encode()
    start, end = literal["literal"]
    return [(data[:start] + other.encode() + data[end:]).decode() for other in literal["others"]]


def expression(source, literal):
    start, end = literal["expression"]
    return source.encode()[start:end].decode()


def in_function(source):
    function = ast.parse(source).body[-1]
    return decoys.of_function(source, function, random.Random(1))


DECIDED = [
    "x == 1",
    "1 == x",
    "x == -1",
    "x == 0",
    "x == 0.0",
    "x == 1000 * 3",
    "x == 1/3",
    "x == 1e30",
    "(x == 1) == False",
    "x == 1152921504606846976",
    "x == 16777216",
    "x == 2048",
    "x == True",
    "x == False",
    "x == 'a'",
    "x == ''",
    "x == 'é…'",
    "x == [1, 2]",
    "x == (1, 'b', (2.5, True))",
    "x == {1, 2}",
    "x == {'a': [1]}",
    "len(x) == 1",
    "1 == x == x",
    "0 <= x == 1",
    "x == 1 and x >= 0",
    "(x == 1) is True",
    "(x == 1) == True",
    "bool(x == 1)",
    "all([x == 1, x >= 0])",
    "round(x, 2) == 0.33",
    "abs(x - 1) < 0.25",
    "0.25 >= abs(1 - x)",
    "math.isclose(x, 1)",
    "math.isclose(1, x, rel_tol=0.1)",
    "math.isclose(x, 1, abs_tol=100)",
]
DECIDED_WITH_NUMPY = [
    "np.isclose(x, 0.3)",
    "np.isclose(0, x)",
    "np.isclose(x, 1, atol=3)",
    "np.allclose([x, 2], [1, 2])",
    "np.allclose([1, 2], [v for v in x])",
    "np.array_equal(x, [1])",
    "bool(np.isclose(x, 1)) and np.isclose(x, 1)",
]
UNDECIDED = [
    "x != 1",
    "x in [1, 2]",
    "x == 1 or x == 2",
    "not x == 1",
    "x == y",
    "x == x",
    "5 == 5",
    "x > 1",
    "x is None",
    "x == None",
    "x == ...",
    "x == []",
    "x == f'{x}'",
    "x == b'a'",
    "x == 1j",
    "x == 1e999",
    "x == 1e300",
    "x == 1e-50",
    "(x == 1) is not True",
    "(x == 1) | (x == 2)",
    "(x == 1).all()",
    "np.all(x == 1)",
    "all(x == 1)",
    "all(v == 1 for v in x)",
    "any([x == 1])",
    "sum(x == 1)",
    "np.allclose(x, 1)",
    "np.allclose([x], [1])",
    "np.allclose(x, [1, 2])",
    "np.isclose(x, y)",
    "np.isclose(x, 1, rtol=r)",
    "np.isclose(x, 1, rtol=0.9)",
    "np.isclose(x, 1, **r)",
    "abs(x - 1) < y",
    "abs(x - 1) > 0.25",
    "abs(x) < 0.25",
    "is_one(x, 1)",
]


class Always:
    """Equal to everything."""

    def __eq__(self, other):
        return True

    __ge__ = __le__ = __lt__ = __gt__ = __eq__


class WhichLiterals(unittest.TestCase):
    def test_the_literal_that_decides_is_changed(self):
        for source in DECIDED + DECIDED_WITH_NUMPY:
            with self.subTest(source):
                self.assertTrue(changed(source))
                for decoy in changed(source):
                    self.assertNotEqual(ast.dump(ast.parse(decoy)), ast.dump(ast.parse(source)))
                self.assertTrue(changed("assert " + source + ", 'no'", ""))

    def test_what_does_not_decide_stays(self):
        for source in UNDECIDED:
            with self.subTest(source):
                self.assertEqual(changed(source), [])
                self.assertEqual(changed("assert " + source, ""), [])

    def test_only_the_outermost_literal_is_changed(self):
        for source, kept in (("sum(x == 3) == 5", "sum(x == 3) == "), ("f(3)[1] == {1: 'a'}", "f(3)[1] == {1: ")):
            (literal,) = literals(source)
            for decoy in put(source, literal):
                self.assertTrue(decoy.startswith(kept), decoy)

    def test_each_that_decides_is_found(self):
        source = "x == 1 and f(x) == [2, 'é', 3]"
        found = {source.encode()[slice(*literal["literal"])].decode() for literal in literals(source)}
        self.assertEqual(found, {"1", "2", "'é'", "3"})

    def test_all_else_stays_where_it_is(self):
        source = "y = 'ä€😀'; assert f('ä€😀') == 'é', 'wäs'  # ö == 1\n"
        (literal,) = literals(source, "")
        self.assertEqual(expression(source, literal), "f('ä€😀') == 'é'")
        for decoy in put(source, literal):
            self.assertTrue(decoy.startswith("y = 'ä€😀'; assert f('ä€😀') == ") and decoy.endswith(", 'wäs'  # ö == 1\n"))

    def test_examples_that_are_to_fail_or_print_otherwise_have_none(self):
        for source, want in (
            ("x == 1", "False\n"),
            ("x == 1", ""),
            ("print(x == 1)", "True\n"),
            ("x == 1; y == 2", "True\n"),
            ("for i in x:\n    assert i == 1", ""),
            ("x = 1 == y", ""),
            ("x ==", ""),
        ):
            self.assertEqual(literals(source, want), [], source)
        error = example("assert x == 1", "Traceback (most recent call last):\nAssertionError\n", "AssertionError\n")
        self.assertEqual(decoys.of_example(error, random), [])
        self.assertTrue(changed("x == 1", "np.True_\n"))
        self.assertTrue(changed("y = f(2); x == 1"))

    def test_assertions_of_functions_that_are_surely_reached(self):
        source = "import a\n\n\ndef test(x):\n    assert x > 1\n    if x:\n        pass\n    assert x == 'é', 'ö'\n    assert x == 2\n"
        self.assertEqual([expression(source, literal) for literal in in_function(source)], ["x == 'é'", "x == 2"])
        for body in (
            "return\n    assert x == 1",
            "if x is None:\n        return\n    assert x == 1",
            "if x:\n        assert x == 1",
            "for i in x:\n        assert i == 1",
            "try:\n        assert x == 1\n    except Exception:\n        pass",
            "assert x == 1\n    yield",
            "assert x != 1",
        ):
            with self.subTest(body):
                self.assertEqual(in_function("def test(x):\n    " + body), [])
        for body in (
            "assert x == 1\n    return",
            "f = lambda: (yield)\n    assert x == 1",
            "def f():\n        return 2\n    assert f() == 2 and x == 1",
        ):
            with self.subTest(body):
                self.assertTrue(in_function("def test(x):\n    " + body))

    def test_of_many_some_that_are_hard_to_guess_are_left(self):
        found = literals("x == True and y == 1 and f(x) == [1, 2, 3, 4, 5, 6]")
        left = decoys.some(found, random.Random(1))
        self.assertEqual(len(left), decoys.LITERALS)
        self.assertTrue(all(len(literal["others"]) >= decoys.FEW for literal in left))
        self.assertEqual(len(decoys.some(literals("x == True"), random.Random(1))), 1)
        long = literals(f"x == {'a' * 3000!r}")
        self.assertLess(len(long[0]["others"]), 10)


class NotGuessed(unittest.TestCase):
    """What a literal becomes does not follow from the source, and does not show that it is not the true one."""

    def test_each_reading_has_others(self):
        for source in ("x == 144", "x == 0.33", "x == 'hidden'", "x == [1, 2, 3]"):
            self.assertNotEqual(changed(source, seed=1)[0:2], changed(source, seed=2)[0:2])

    def test_numbers_go_up_and_down_and_stay_as_round_and_long(self):
        for source, looks in (
            ("144", "[0-9]{2,3}"),
            ("9", "[0-9]{1,2}"),
            ("1500", "[0-9]{2,3}0"),
            ("0.33", r"[01]\.[0-9]{1,2}"),
            ("20.0", r"[0-9]{1,2}\.0"),
            ("2.5e-07", r"[0-9](\.[0-9])?e-0[78]"),
        ):
            (literal,) = literals(f"x == {source}")
            values = [float(other) for other in literal["others"]]
            for up in (True, False):
                self.assertGreater(sum((value > float(source)) == up for value in values), 3, literal)
            for other in literal["others"]:
                self.assertRegex(other, f"^{looks}$")

    def test_a_number_can_be_that_of_another(self):
        for true in (0, 1, 2, 9, 10, 57, 100, 144):
            near = [number for number in range(300) if number != true]
            from_near = any(str(true) in literals(f"x == {number}", seed=true)[0]["others"] for number in near)
            self.assertTrue(from_near, true)

    def test_texts_change_in_several_ways(self):
        (literal,) = literals("x == 'hidden marker 4'")
        texts = [ast.literal_eval(other) for other in literal["others"]]
        changes = {
            "longer": any(len(text) > 15 for text in texts),
            "one letter": any(len(text) == 15 and self.distance(text) == 1 for text in texts),
            "two letters": any(len(text) == 15 and self.distance(text) == 2 for text in texts),
            "nothing else": all(text.endswith(" 4") and text.count(" ") == 2 for text in texts),
        }
        self.assertTrue(all(changes.values()), (changes, texts))

    def distance(self, text):
        return sum(one != other for one, other in zip(text, "hidden marker 4"))

    def test_hashes_stay_hashes(self):
        (literal,) = literals("x == '5f4dcc3b5aa765d61d8327deb882cf99'")
        for other in literal["others"]:
            self.assertRegex(other, "^'[0-9a-f]{32}'$")

    def test_what_a_wrong_answer_hits_is_likely_or_not(self):
        def likelihood(source):
            return literals(source)[0]["likelihood"]

        self.assertEqual(likelihood("x == True"), 1.0)
        self.assertTrue(0.02 < likelihood("x == 'B'") < 1 and 0.02 < likelihood("x == '10-11'") < 1)
        self.assertTrue(0.02 < likelihood("x == 3") < 0.2)
        self.assertTrue(0.002 < likelihood("x == 144") < 0.02)
        self.assertLess(likelihood("x == 8123.75"), 1e-4)
        self.assertLess(likelihood("x == 'hidden marker 4'"), 1e-4)
        # Whatever is close passes.
        self.assertGreater(likelihood("abs(x - 8123.75) < 100"), 0.02)

    def test_no_value_is_likelier_than_is_said(self):
        for true in ("3", "42", "150", "0.25"):
            drawn = []
            for seed in range(400):
                (literal,) = literals(f"x == {true}", seed=seed)
                drawn.append(random.Random(-seed).choice(literal["others"]))
            most = max(drawn.count(value) for value in drawn) / len(drawn)
            # Of 400 draws the likeliest comes up by chance somewhat more often than on average.
            self.assertLess(most, 2 * literal["likelihood"] + 0.02, true)


class NoHonestValue(unittest.TestCase):
    """Passes a test and its decoy."""

    def values(self):
        numbers = [0, 1, -1, 3, 4, 5, 10, 1000, 3000, 2048, 16777216, 2**60, 1 / 3, 0.33, 0.3, 1e30, 1e300, -0.0]
        values = [*numbers, True, None, "", "a", "b", "é…", [], [1, 2], [1], (1, "b", (2.5, True)), {1, 2}]
        values += [{"a": [1]}, {}, math.nan, math.inf, (), float]
        if np is not None:
            for kind in (np.float32, np.float64, np.int8, np.int64):
                with np.errstate(all="ignore"):
                    values += [kind(n) for n in numbers if abs(n) < 100 or kind is not np.int8 and abs(n) < 2**62]
            values += [np.float16(2048), np.float16(0.33)]
            shapes = [[], [1], [1, 2], [[1, 2]], np.empty((0, 1))]
            values += [np.array(shape) for shape in shapes] + [np.float64("nan"), np.array("a")]
        return values

    def passes(self, expression, value):
        try:
            with np.errstate(all="ignore") if np is not None else open(os.devnull):
                got = eval(expression, {"x": value, "np": np, "math": math})
                return bool(got) and repr(got) in ("True", "np.True_")
        except Exception:
            return False

    def passed(self, variants, values):
        """For each value the expressions that it passes."""
        compiled = [(variant, compile(variant, "test", "eval")) for variant in variants]
        for value in values:
            yield value, [variant for variant, code in compiled if self.passes(code, value)]

    def test_passes_with_two_values_of_a_literal(self):
        values = self.values()
        for source in DECIDED + (DECIDED_WITH_NUMPY if np is not None else []):
            for literal in literals(source):
                for value, passed in self.passed([source, *put(source, literal)], values):
                    self.assertLess(len(passed), 2, f"{value!r} ({type(value)}) passes {passed}")

    def test_but_what_equals_everything_does(self):
        for source in ("x == 1", "'a' == x", "x == [1, 2] and x >= 0", "(x == 1) is True", "all([x == 1])"):
            for variant in [source, *changed(source)]:
                self.assertTrue(self.passes(variant, Always()), variant)

    def test_is_between_values_that_are_compared_roughly(self):
        for source in ("abs(x - 42) < 5", "math.isclose(x, 42, rel_tol=0.05)", "math.isclose(x, 42, abs_tol=0.5)"):
            for literal in literals(source):
                for value, passed in self.passed([source, *put(source, literal)], (n / 4 for n in range(2000))):
                    self.assertLess(len(passed), 2, f"{value} passes {passed}")


if __name__ == "__main__":
    unittest.main()
