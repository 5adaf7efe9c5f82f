# Attack 9: put other modules in place of those that a grader may import, and go on after the end (`atexit`, `excepthook`).
# Defence: what evaluates tests was imported before, and a snapshot never gets to an end of Python's.
# otter: 10

# %%
import atexit
import builtins
import types

from otter.test_files import exception_test, ok_test


class Passing(types.ModuleType):
    """A module of which every function finds that all is well."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **options: (True, "")


names = ("doctest", "unittest", "_native", "otter_runner", "otter_runner._native", "otter_runner.grader")
for name in names:
    sys.modules[name] = Passing(name)
ok_test.run_doctest = Passing("judge").run_doctest
exception_test.test_case.call_func = lambda self, variables: None
sys.excepthook = sys.unraisablehook = lambda *arguments: None
atexit.register(lambda: print("True"))
builtins.exit = builtins.quit = os._exit
