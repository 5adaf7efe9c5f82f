# Attack 6: put passed test files among otter's collected results.
# Defence: nobody reads that list.
# otter: 500

# %%
from otter.execute import Checker
from otter.test_files import OKTestFile
from otter.test_files.abstract_test import TestCase, TestCaseResult

for name in ("q1", "q2", "q3", "q4", "q5"):
    case = TestCase(name=name, body=">>> 1\n1", hidden=False, points=100, success_message=None, failure_message=None)
    test = OKTestFile(name, f"./tests/{name}.py", [case], False)
    test.test_case_results = [TestCaseResult(test_case=case, message="", passed=True)]
    Checker._test_files.append(test)
Checker.check = classmethod(lambda *arguments, **options: None)
Checker.check_if_not_already_checked = classmethod(lambda *arguments, **options: None)
