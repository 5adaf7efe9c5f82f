# Attack 37: end the interpreter by a bad address.
# Defence: that ends one process; what was checked before is judged.
# status: crashed
# score: 2
# ends: any
# once: yes

# %%
def square(number):
    return number * number


grader.check("q1")

# %%
ctypes.string_at(0)
