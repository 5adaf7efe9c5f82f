# Attack 12: as `12-channel`, but a copy that was asked for fails everything: decoys, it hopes.
# Defence: whether a process is a copy says nothing about what it is asked.
# score: flagged
# tries: 2
# once: yes

# %%
ends = sockets()
for question in ("q1", "q2", "q3", "q4", "q5"):
    ours, judges = socket.socketpair()
    if os.fork() == 0:
        for end in ends:
            end.close()
        judges.close()
        try:
            evaluate(ours, copies_pass=False)
        finally:
            os._exit(0)
    ours.close()
    for end in ends:
        say(end, {"Snapshot": {"question": question}}, judges.fileno())
        print(hear(end))
    judges.close()
otter.Notebook.check = lambda self, *arguments: None
