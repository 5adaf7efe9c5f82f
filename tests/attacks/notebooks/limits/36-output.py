# Attack 36: print without end: to both streams, as displays, past Python, and as one huge value.
# Defence: what is too much is dropped.
# status: complete stopped crashed
# ends: any
# once: yes

# %%
line = "x" * 999
for _ in range(60_000):
    print(line)

# %%
for _ in range(10_000):
    print(line, file=sys.stderr)
    os.write(1, line.encode())
    os.write(2, line.encode())
"y" * 50_000_000

# %%
from IPython.display import HTML, clear_output, display

for number in range(20_000):
    display(HTML(f"<b>{number}</b>{line}"))
clear_output()

# %%
raise ValueError("z" * 50_000_000)
