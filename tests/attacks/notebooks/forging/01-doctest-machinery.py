# Attack 1: let `doctest` find no examples, run none, and count no failures.
# Defence: the tests were parsed when the autograder was read, and `doctest` runs nothing here.
# otter: 8

# %%
import doctest

doctest.DocTestParser.parse = lambda self, text, name="": []
doctest.DocTestParser.get_examples = lambda self, text, name="": []
doctest.DocTestRunner.run = lambda self, test, **options: doctest.TestResults(0, len(test.examples))
doctest.DocTestRunner.summarize = lambda self, verbose=None: doctest.TestResults(0, 9)
doctest.DocTest.__init__ = lambda self, *arguments: setattr(self, "examples", [])
doctest.Example.__init__ = lambda self, *arguments, **options: None
