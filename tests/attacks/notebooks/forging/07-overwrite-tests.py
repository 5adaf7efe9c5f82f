# Attack 7: put other tests where otter has them.
# Defence: the tests that count are the judge's.
# otter: 10

# %%
import pathlib

easy = """OK_FORMAT = True
test = {"name": "%s", "points": 2, "suites": [{"cases": [{"code": ">>> 1\\n1", "hidden": False}], "type": "doctest"}]}
"""
for folder in ("tests", "../tests", "/autograder/source/tests", "/work/tests"):
    for name in ("q1", "q2", "q3", "q4", "q5"):
        try:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            pathlib.Path(folder, f"{name}.py").write_text(easy % name)
        except OSError:
            pass
