# Attack 12: open the conversation with the judge oneself, report snapshots that are none, and answer in their place.
# Defence: who passes everything passes decoys as well.
# score: flagged

# %%
ends = sockets()
for question in ("q1", "q2", "q3", "q4", "q5"):
    ours, judges = socket.socketpair()
    if os.fork() == 0:
        for end in ends:
            end.close()
        judges.close()
        try:
            evaluate(ours)
        finally:
            os._exit(0)
    ours.close()
    for end in ends:
        say(end, {"Snapshot": {"question": question}}, judges.fileno())
        print(hear(end))
    judges.close()
otter.Notebook.check = lambda self, *arguments: None
