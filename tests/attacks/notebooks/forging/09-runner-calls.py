# Attack 9: call what the runner's native module offers, with all kinds of arguments, to report in, to answer or to be done.
# Defence: it offers nothing that tells the judge more than a snapshot of this moment does.
# status: complete crashed
# ends: any

# %%
import itertools

grader.check("q1")
grader.check("q2")
grader.check("q3")
modules = [module for name, module in sys.modules.items() if "otter_runner" in name or "_native" in name]
values = [None, 0, 3, "q1", "q1 0", b"", {}, [], '{"Ready": {"pid": 1, "threads": 1}}', lambda *arguments: True]

# %%
# Each in a child of its own: whatever it does, the notebook goes on.
for module in modules:
    for name, function in list(vars(module).items()):
        if callable(function) and not isinstance(function, type):
            child = os.fork()
            if child == 0:
                for count in range(4):
                    for arguments in itertools.islice(itertools.product(values, repeat=count), 120):
                        try:
                            function(*arguments)
                        except BaseException:
                            pass
                os._exit(0)
            os.waitpid(child, 0)
