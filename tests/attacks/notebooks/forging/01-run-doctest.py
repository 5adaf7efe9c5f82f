# Attack 1: replace the functions of otter-grader that run a test.
# Defence: what an example prints is compared by the judge; otter's functions are never asked.
# otter: 10

# %%
from otter.test_files import exception_test, ok_test

ok_test.run_doctest = lambda *arguments: (True, "")
ok_test.OKTestFile.run.__globals__["run_doctest"] = ok_test.run_doctest
exception_test.test_case.call_func = lambda self, variables: None
