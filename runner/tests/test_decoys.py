"""Decoys: which literals are changed, and that no honest value passes a test and its decoy."""

import ast
import doctest
import itertools
import math
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from otter_runner import decoys  # noqa: E402

try:
    import numpy as np
except ImportError:
    np = None


def example(source, want="True\n", exc_msg=None):
    return doctest.Example(source, want, exc_msg)


def changed(source, want="True\n"):
    found = decoys.of_example(example(source, want))
    return found and found["source"]


def in_function(source):
    function = ast.parse(source).body[-1]
    found = decoys.of_function(source, function)
    return found and found["source"]


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
                decoy = changed(source)
                self.assertIsNotNone(decoy)
                self.assertNotEqual(ast.dump(ast.parse(decoy)), ast.dump(ast.parse(source)))
                self.assertIsNotNone(changed("assert " + source + ", 'no'", ""))

    def test_what_does_not_decide_stays(self):
        for source in UNDECIDED:
            with self.subTest(source):
                self.assertIsNone(changed(source))
                self.assertIsNone(changed("assert " + source, ""))

    def test_only_the_outermost_literal_is_changed(self):
        decoy = changed("sum(x == 3) == 5")
        self.assertTrue(decoy.startswith("sum(x == 3) == "), decoy)
        decoy = changed("f(3)[1] == {1: 'a'}")
        self.assertTrue(decoy.startswith("f(3)[1] == {1: "), decoy)

    def test_all_else_stays_where_it_is(self):
        source = "y = 'ä€😀'; assert f('ä€😀') == 'é', 'wäs'  # ö == 1\n"
        found = decoys.of_example(example(source, ""))
        self.assertEqual(found["was"], "f('ä€😀') == 'é'")
        self.assertEqual(source.replace(found["was"], found["becomes"]), found["source"])

    def test_examples_that_are_to_fail_or_print_otherwise_have_none(self):
        self.assertIsNone(changed("x == 1", "False\n"))
        self.assertIsNone(changed("x == 1", ""))
        self.assertIsNone(changed("print(x == 1)"))
        self.assertIsNone(changed("x == 1; y == 2"))
        self.assertIsNone(changed("for i in x:\n    assert i == 1", ""))
        self.assertIsNone(changed("x = 1 == y", ""))
        self.assertIsNone(changed("x ==", ""))
        error = example("assert x == 1", "Traceback (most recent call last):\nAssertionError\n", "AssertionError\n")
        self.assertIsNone(decoys.of_example(error))
        self.assertIsNotNone(changed("x == 1", "np.True_\n"))
        self.assertIsNotNone(changed("y = f(2); x == 1"))

    def test_a_decoy_is_the_same_each_time(self):
        self.assertEqual(changed("x == [1, 2, 3]"), changed("x == [1, 2, 3]"))

    def test_assertions_of_functions_that_are_surely_reached(self):
        source = "import a\n\n\ndef test(x):\n    if x:\n        pass\n    assert x == 'é', 'ö'\n    assert x\n"
        self.assertTrue(in_function(source).endswith(", 'ö'\n    assert x\n"))
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
                self.assertIsNone(in_function("def test(x):\n    " + body))
        for body in (
            "assert x == 1\n    return",
            "f = lambda: (yield)\n    assert x == 1",
            "def f():\n        return 2\n    assert f() == 2 and x == 1",
        ):
            with self.subTest(body):
                self.assertIsNotNone(in_function("def test(x):\n    " + body))


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

    def passes(self, source, value):
        scope = {"x": value, "np": np, "math": math}
        try:
            with np.errstate(all="ignore") if np is not None else open(os.devnull):
                printed = repr(eval(source, scope))
                exec("assert " + source, scope)
        except Exception:
            return False
        return printed in ("True", "np.True_")

    def test_passes_both(self):
        sources = DECIDED + (DECIDED_WITH_NUMPY if np is not None else [])
        for source, value in itertools.product(sources, self.values()):
            decoy = changed(source)
            both = self.passes(source, value) and self.passes(decoy, value)
            self.assertFalse(both, f"{value!r} ({type(value)}) passes {source} and {decoy}")

    def test_but_what_equals_everything_does(self):
        for source in ("x == 1", "'a' == x", "x == [1, 2] and x >= 0", "(x == 1) is True", "all([x == 1])"):
            self.assertTrue(self.passes(source, Always()) and self.passes(changed(source), Always()), source)


if __name__ == "__main__":
    unittest.main()
