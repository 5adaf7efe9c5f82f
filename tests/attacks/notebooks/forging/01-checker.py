# Attack 1: replace otter's Checker, and the function that makes test files, by ones that pass everything.
# Defence: what an example prints is compared by the judge; otter's classes are never asked.
# otter: 10

# %%
from otter.execute import checker
from otter.test_files.abstract_test import TestCaseResult

make = checker.create_test_file


def make_passing(*arguments, **options):
    test = make(*arguments, **options)
    passed = [TestCaseResult(test_case=case, message="", passed=True) for case in test.test_cases]
    test.run = lambda variables: setattr(test, "test_case_results", passed)
    test.__class__ = type(type(test).__name__, (type(test),), {"__reduce_ex__": as_it_was(type(test))})
    return test


def as_it_was(kind):
    def reduce(self, protocol):
        state = {name: value for name, value in vars(self).items() if name != "run"}
        return object.__new__, (kind,), state

    return reduce


checker.create_test_file = make_passing
