# Attack 16: learn a hidden test while it runs and tell it: in what a later public test prints, in the notebook's outputs,
# through its sockets, in files.
# Defence: the transcript is closed before a hidden test is seen, and what students read holds nothing that came after one.

# %%
import traceback

learned = []


def learn(given):
    frame = sys._getframe(1)
    while frame:
        for value in frame.f_code.co_consts:
            if isinstance(value, str) and value.startswith("hidden"):
                learned.append(value)
        frame = frame.f_back


def tell(text):
    print(text)
    print(text, file=sys.stderr)
    for end in [sys.__stdout__, sys.__stderr__]:
        try:
            end.write(text)
        except Exception:
            pass
    for end in known:
        try:
            say(end, {"Done": {"result": text, "output_dropped": False}})
        except Exception:
            pass
    for name in ("leak.txt", f"{HOST['folder']}/leak.txt", "/tmp/leak.txt"):
        try:
            open(name, "a").write(text)
        except OSError:
            pass
    try:
        from IPython.display import display

        display(text)
    except Exception:
        pass


def label(number):
    learn(number)
    tell(" ".join(learned))
    return " ".join(learned)


known = sockets()


# The public test of q5 comes after the hidden one of q4, in the same snapshot.
class Walks:
    def __len__(self):
        print("I have seen", " ".join(learned))
        raise ValueError(" ".join(learned))


walks = Walks()
