# Attack 5: check one's own test files in the place of the autograder's.
# Defence: names come from the autograder, and tests from the judge.
# otter: 600

# %%
import pathlib

evil = """OK_FORMAT = True
test = {"name": "%s", "points": 100, "suites": [{"cases": [{"code": ">>> 1\\n1", "hidden": False}], "type": "doctest"}]}
"""
for folder in (".", "..", "evil", "/tmp", "evil/tests"):
    for name in ("q1", "q2", "q3", "q4", "q5", "evil"):
        try:
            pathlib.Path(folder).mkdir(exist_ok=True, parents=True)
            pathlib.Path(folder, f"{name}.py").write_text(evil % name)
        except OSError:
            pass

# %%
for name in ("q1", "q2", "q3", "q4", "q5", "evil"):
    for way in (f"../{name}", f"../evil/{name}", f"./{name}", f"/tmp/{name}", f"q1/../../{name}", f"{name}.py", f"{name}\0"):
        try:
            grader.check(way)
        except Exception:
            pass

# %%
otter.Notebook._tests_dir_override = "evil"
grader._tests_dir = "evil"
for other in (grader, otter.Notebook(tests_dir="evil"), otter.Notebook()):
    for name in ("q1", "q2", "q3", "q4", "q5", "evil"):
        try:
            other.check(name)
        except Exception:
            pass
