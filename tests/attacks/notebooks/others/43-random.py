# Attack 43: predict the random numbers of another submission from one's own.
# Defence: the generators are seeded afresh in each job. (The driver compares what two of these print.)
# tries: 2
# differ: random

# %%
import random
import secrets
import tempfile
import uuid

print("RANDOM: random", random.random())
print("RANDOM: numpy", np.random.random())
print("RANDOM: a generator of numpy", np.random.default_rng().random())
print("RANDOM: secrets", secrets.token_hex(8))
print("RANDOM: os", os.urandom(8).hex())
print("RANDOM: uuid", uuid.uuid4())
print("RANDOM: tempfile", tempfile.mktemp())
print("RANDOM: a fresh generator", random.Random().random())
print("RANDOM: the C library", libc.getrandom(ctypes.create_string_buffer(8), 8, 0) and os.getrandom(8).hex())
# All jobs of a zygote have the zygote's seed of hashes and its addresses: they are set when a process begins, and a job
# is a copy. Neither decides a grade, and no secret is kept in them.
print("same in all: hash", hash("text"))
