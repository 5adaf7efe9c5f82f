# Attack 37: end the interpreter while a test runs.
# Defence: that ends one snapshot; the other questions are judged.
# status: crashed
# score: 2
# once: yes

# %%
def square(number):
    os.abort()


def count_words(text):
    return len(text.split())
