# Attack 9: whatever a test prints, let it be `True`.
# Defence: a test's output is collected by the runner's own stream, past `sys.stdout` and the display hooks.
# otter: 5

# %%
import builtins
import doctest
import io


class Yes:
    """Prints all but `False`."""

    def __init__(self, stream):
        self.stream = stream

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, text):
        return self.stream.write(text.replace("False", "True"))


def show(value):
    if value is not None:
        sys.stdout.write("True\n")


doctest._SpoofOut.getvalue = lambda self: "True\n"
sys.displayhook = sys.__displayhook__ = show
print_truly, repr_truly = print, repr
builtins.print = lambda *values, **options: print_truly(*(True if value is False else value for value in values), **options)
builtins.repr = builtins.ascii = lambda value: "True" if value is False else repr_truly(value)
sys.stdout, sys.stderr, sys.__stdout__ = Yes(sys.stdout), Yes(sys.stderr), Yes(sys.__stdout__)

# %%
# Wrong answers, but some that raise nothing.
answer = 0
label = lambda number: "?"
