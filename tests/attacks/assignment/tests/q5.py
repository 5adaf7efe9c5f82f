OK_FORMAT = True

test = {
    "name": "q5",
    "points": 2,
    "suites": [
        {
            "cases": [
                {"code": ">>> import numpy as np\n>>> len(walks) == 4\nTrue", "hidden": False, "locked": False},
                {"code": ">>> round(float(np.mean(walks)), 2)\n20.5", "hidden": True, "locked": False},
            ],
            "scored": True,
            "setup": "",
            "teardown": "",
            "type": "doctest",
        }
    ],
}
