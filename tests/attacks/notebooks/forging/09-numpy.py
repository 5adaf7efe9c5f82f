# Attack 9: change the library that both the answers and the tests use.
# Defence: tests import it from the same place, so this can only make wrong answers right that the test's author would
# have to foresee; here nothing that is printed agrees.

# %%
for name in ("mean", "sum", "round", "allclose", "array_equal", "isclose", "all", "any", "float64"):
    setattr(np, name, lambda *arguments, **options: True)
np.testing = type("testing", (), {"__getattr__": lambda self, name: lambda *arguments, **options: None})()
sys.modules["numpy"] = np
