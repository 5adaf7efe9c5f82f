from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None

@test_case(points=0.5, hidden=False)
def test_two_words(count_words):
    assert count_words("good morning") == 2, "there are two words"

@test_case(points=0.5, hidden=True)
def test_more_words(env):
    assert env["count_words"]("one two  three") == 3

@test_case(points=1, hidden=True)
def test_a_sentence(count_words):
    assert count_words("the quick brown fox jumps") == 5
