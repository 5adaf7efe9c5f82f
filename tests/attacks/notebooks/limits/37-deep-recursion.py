# Attack 37: recursion without end, in Python and in C.
# Defence: that ends one process; what was checked before is judged.
# status: crashed stopped complete
# score: 2
# ends: any
# once: yes

# %%
def square(number):
    return number * number


grader.check("q1")


# %%
def deeper():
    return deeper()


try:
    deeper()
except RecursionError:
    print("refused: recursion")

# %%
nested = None
for _ in range(10_000_000):
    nested = [nested]
sys.setrecursionlimit(1 << 30)
repr(nested)
deeper()
