# The assignment as students get it: worth nothing.

# %%
import csv

import numpy as np
import otter

grader = otter.Notebook()

# %%
def square(number):
    ...

# %%
def count_words(text):
    ...

# %%
answer = ...

# %%
def label(number):
    ...

# %%
walks = ...
