# Attack 8: let `doctest` take any output for the expected one.
# Defence: outputs are compared in Rust.
# otter: 8

# %%
import doctest

doctest.OutputChecker.check_output = lambda self, want, got, options: True
doctest.OutputChecker.output_difference = lambda self, example, got, options: ""

# %%
# Wrong answers, but some that raise nothing.
square = label = lambda number: "?"
answer = 0
walks = [0]
