# Attack 2: let test files and results say that they have full marks.
# Defence: the judge scores.
# otter: 10

# %%
from otter.test_files import GradingResults
from otter.test_files.abstract_test import TestCaseResult, TestFile

TestFile.score = property(lambda self: self.possible)
TestFile.passed_all = TestFile.passed_all_public = True
GradingResults.total = property(lambda self: self.possible)
make = TestCaseResult.__new__ if "__new__" in vars(TestCaseResult) else None
init = TestCaseResult.__init__


def passing(self, *arguments, **options):
    init(self, *arguments, **{**options, "passed": True})


TestCaseResult.__init__ = passing
