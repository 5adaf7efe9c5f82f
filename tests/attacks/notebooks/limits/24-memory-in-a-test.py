# Attack 24: memory without end while a test runs.
# Defence: the job's limit holds for snapshots as well.
# status: stopped crashed complete

# %%
def square(number):
    hoard = []
    while len(hoard) < 400:
        hoard.append(b"x" * (16 << 20))
    return 9


def count_words(text):
    return "x" * (HOST["memory_mib"] << 22)
