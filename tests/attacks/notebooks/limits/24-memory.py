# Attack 24: memory without end, in one process.
# Defence: it is refused, or the process ends; without control groups some moments later.
# status: complete stopped crashed
# ends: any

# %%
hoard = []
try:
    for _ in range(400):
        hoard.append(b"x" * (16 << 20))
        if len(hoard) * 16 > 4 * HOST["memory_mib"]:
            print("REACHED: more memory than there is for us")
            break
except MemoryError:
    print("refused: memory, after", len(hoard) * 16, "MiB")
hoard.clear()

# %%
# By other ways than Python's: mapped, locked, shared.
import mmap

try:
    for number in range(400):
        hoard.append(mmap.mmap(-1, 16 << 20))
        hoard[-1].write(b"x" * (16 << 20))
        if number * 16 > 4 * HOST["memory_mib"]:
            print("REACHED: more shared memory than there is for us")
            break
except (OSError, MemoryError) as error:
    print("refused: mapped memory", error)
