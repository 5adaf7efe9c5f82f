# Attack 36: send frames without end to the judge, and frames that are announced and never come.
# Defence: a frame has a largest length; what makes no sense ends the conversation.
# status: complete stopped crashed
# ends: any
# once: yes

# %%
grader.check("q1")
for end in sockets():
    end.setblocking(True)
    try:
        for number in range(2000):
            say(end, {"Cell": {"index": number, "of": 2000, "position": None}})
        end.send((0xFFFFFFF0).to_bytes(4, "little"))
        for _ in range(1000):
            end.send(b"x" * 65536)
    except OSError as error:
        print("refused:", error)
