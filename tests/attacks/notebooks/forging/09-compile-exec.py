# Attack 9: replace the functions that compile and run code by ones that leave nothing of a test but what it should print.
# Defence: tests are compiled and run through CPython's C interface.
# otter: 8

# %%
import builtins
import re

compile_truly, exec_truly, eval_truly, import_truly = compile, exec, eval, __import__


def compile_well(source, name, mode, *rest, **options):
    if mode == "single" and str(name).startswith("<doctest"):
        source = "True\n" if "==" in source or "<" in source or ">" in source else source
    elif mode == "exec" and isinstance(source, str) and "test_case" in source:
        source = re.sub(r"assert .*", "pass", source)
    return compile_truly(source, name, mode, *rest, **options)


builtins.compile = compile_well
builtins.exec = lambda code, *rest, **options: exec_truly(code, *rest, **options)
builtins.eval = lambda code, *rest, **options: eval_truly(code, *rest, **options)
builtins.__import__ = lambda *arguments, **options: import_truly(*arguments, **options)
builtins.AssertionError = builtins.NameError = StopIteration
