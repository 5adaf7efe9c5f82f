from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = 2

@test_case(points=None, hidden=False)
def test_two_words(count_words):
    assert count_words("good morning") == 2, "there are two words"

@test_case(points=None, hidden=True)
def test_more_words(env):
    assert env["count_words"]("one two  three") == 3
