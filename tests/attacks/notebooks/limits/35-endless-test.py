# Attack 35: never end while a test runs.
# Defence: a case has a time limit; the snapshot that meets it is ended, and the other questions go on.
# status: stopped complete
# limit: case_seconds wall_seconds cpu_seconds
# score: 2
# once: yes

# %%
def square(number):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


# This one is answered by another snapshot.
def count_words(text):
    return len(text.split())

