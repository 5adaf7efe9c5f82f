"""Submissions become what otter-grader hands to a kernel."""

from cases import Case
from harness import code

GRADER = "import otter\ngrader = otter.Notebook()"


class Otter(Case):
    def test_the_last_check_of_a_question_counts(self):
        run = self.run_cells(GRADER, "x = 1", "grader.check('q1')", "x = 2", "grader.check('q1')", "x = 3")
        self.assertEqual(run.text(2), "q1: recorded; the result comes with the grade")
        self.assertEqual(run.snapshots["q1"].printed("x\n"), ["2\n"])
        self.assertEqual(run.snapshots[None].printed("x\n"), ["3\n"])
        self.assertTrue(all(snapshot.threads == 1 for snapshot in run.snapshots.values()))

    def test_no_last_snapshot_if_all_were_checked(self):
        run = self.run_cells(GRADER, "grader.check('q1')\ngrader.check('q2')")
        self.assertEqual(sorted(run.snapshots), ["q1", "q2"])

    def test_unknown_questions(self):
        run = self.run_cells(GRADER, "grader.check('q9')", "grader.check('../evil')", "grader.check('../tests/q1')", "grader.check(1)")
        self.assertEqual(run.outputs(1)[0]["evalue"], "Test q9 does not exist")
        self.assertEqual(run.outputs(2)[0]["ename"], "FileNotFoundError")
        self.assertIn("q1", run.snapshots)
        self.assertEqual(run.outputs(4)[0]["ename"], "TypeError")

    def test_other_variables_can_be_checked(self):
        run = self.run_cells(GRADER, "x = 1\ngrader.check('q1', {'x': 5})", "def f():\n    x = 7\n    grader.check('q2')\nf()")
        self.assertEqual(run.snapshots["q1"].printed("x\n"), ["5\n"])
        self.assertEqual(run.snapshots["q2"].printed("x\n"), ["1\n"])

    def test_the_rest_of_the_class_does_nothing(self):
        run = self.run_cells(GRADER, "grader.check_all(), grader.export(), grader.to_pdf(), grader.add_plugin_files('x')")
        self.assertEqual(run.text(1), "(None, None, None, None)")

    def test_ignored_cells_and_checks_of_cells(self):
        run = self.run_cells(
            code("x = 1"),
            code("x = 2", tags=["otter_ignore"]),
            code("x = 3", otter={"ignore": True}),
            code("y = x", otter={"tests": ["q1"]}),
            code("x = 4"),
        )
        self.assertEqual([cell["position"] for cell in run.cells], [1, 4, None, 5])
        self.assertEqual(run.snapshots["q1"].printed("x, y\n"), ["(1, 1)\n"])
        self.assertEqual(run.outputs(1), [])

    def test_seeds(self):
        cells = ["import random\nrandom.random()", "random.random()", "%%time\nprint(random.random())"]
        run = self.run_cells(*cells, seed=42)
        self.assertEqual(run.text(0), run.text(1))
        self.assertNotIn(run.text(0), run.text(2))
        self.assertEqual(self.run_cells(*cells, seed=42).text(2).split()[0], run.text(2).split()[0])
        self.assertEqual(run.result["cells"][0]["source"], cells[0])

    def test_a_seed_variable(self):
        run = self.run_cells("s", "s = 5", "s", seed=3, seed_variable="s")
        self.assertEqual([run.text(0), run.text(2)], ["3", "3"])

    def test_names_that_otter_leaves_behind(self):
        run = self.run_cells("sys, logging.__name__")
        self.assertIn("module 'sys'", run.text(0))
        self.assertEqual(run.snapshots[None].printed("Checker.__name__\n"), ["'Checker'\n"])
