# Attack 25: fill the disk: files, sparse files, files without names, files in every place that can be written to.
# Defence: memory file systems of a fixed size.
# status: complete stopped crashed
# ends: any
# reached without namespaces: wrote
# once: yes

# %%
import tempfile

block = b"x" * (1 << 20)
written = 0
places = [os.getcwd(), "/tmp", "/dev/shm", "/var/tmp", "/work", os.environ.get("HOME", "/"), tempfile.gettempdir(), "/run", "/dev/mqueue"]
for place in dict.fromkeys(places):
    for number in range(64):
        try:
            with open(f"{place}/{number}.bin", "wb", buffering=0) as file:
                for _ in range(64):
                    written += file.write(block)
        except (OSError, MemoryError) as error:
            print("refused:", place, number, error)
            break
        if written > 3 * HOST["disk_mib"] << 20:
            print("REACHED: wrote", written >> 20, "MiB")
            break
print("wrote", written >> 20, "MiB")

# %%
for place in dict.fromkeys(places):
    try:
        os.posix_fallocate(os.open(f"{place}/large", os.O_CREAT | os.O_RDWR), 0, 4 * HOST["disk_mib"] << 20)
        print("REACHED: a large file in", place)
    except OSError as error:
        print("refused: a large file in", place, error)
