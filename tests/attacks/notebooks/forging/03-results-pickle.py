# Attack 3: write other results in the place of otter's, under every name that a grader reads them from.
# Defence: no file that the notebook wrote is read; only frames count.
# otter: 10

# %%
import pickle

dump = pickle.dump


def dump_better(results, file, *arguments, **options):
    for test in getattr(results, "results", {}).values():
        for result in test.test_case_results:
            result.passed = True
    return dump(results, file, *arguments, **options)


pickle.dump = dump_better

# %%
import json
import pathlib

tests = [{"name": f"q{number}", "score": 2, "max_score": 2, "visibility": "visible"} for number in range(1, 6)]
report = {"status": "complete", "score": 10, "max_score": 10, "questions": tests, "tests": tests, "flags": []}
names = ["results.json", "results.pkl", "report.json", "final_grades.csv", "../results/results.json", "/tmp/results.json"]
for name in [*names, "/autograder/results/results.json", "/work/results.json", "../results.json"]:
    try:
        pathlib.Path(name).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(name).write_text(json.dumps(report))
    except OSError:
        pass
