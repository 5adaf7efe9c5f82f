# Attack 26: more files, folders and links than a disk can hold.
# Defence: a limit on their number.
# status: complete stopped crashed
# ends: any
# once: yes

# %%
made = 0
ways = (lambda name: os.close(os.open(name, os.O_CREAT)), os.mkdir, lambda name: os.symlink("/", name), os.mkfifo)
for place in (os.getcwd(), "/tmp", "/dev/shm", "/var/tmp"):
    for number in range(40_000):
        try:
            ways[number % 4](f"{place}/{number}")
            made += 1
        except OSError as error:
            print("refused:", place, number, error)
            break
if made > 3 * HOST["files"]:
    print("REACHED: made", made)
print("made", made)

# %%
# Very deep, to be in the way of whoever clears up.
try:
    for _ in range(20_000):
        os.mkdir("d")
        os.chdir("d")
except OSError as error:
    print("refused: deeper", error)
