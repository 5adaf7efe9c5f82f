# Attack 9: replace every function of the runner's own modules, in place and for whoever has imported it.
# Defence: the notebook has ended before tests come, and what evaluates them is native code that asks no Python of ours.
# status: complete crashed
# ends: any

# %%
import gc
import types

# What was checked so far counts as it is.
grader.check("q1")
grader.check("q2")
grader.check("q3")

# %%
def passes(*arguments, **options):
    return True


modules = [module for name, module in sys.modules.items() if "runner" in name or "native" in name]
kinds = (types.FunctionType, types.BuiltinFunctionType)
for module in modules:
    for name, value in list(vars(module).items()):
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
            try:
                value.__code__ = passes.__code__
            except (TypeError, ValueError):
                pass
        if isinstance(value, kinds):
            setattr(module, name, passes)
for thing in gc.get_objects():
    if type(thing).__module__.startswith(("otter_runner", "_native")):
        for name in dir(type(thing)):
            try:
                setattr(thing, name, passes)
            except (AttributeError, TypeError):
                pass
