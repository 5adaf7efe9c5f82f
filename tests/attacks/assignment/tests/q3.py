OK_FORMAT = True

test = {
    "name": "q3",
    "points": 2,
    "suites": [
        {
            "cases": [
                {"code": ">>> answer > 40\nTrue", "hidden": False, "locked": False},
                {"code": ">>> abs(answer - 42) < 0.5\nTrue", "hidden": True, "locked": False},
            ],
            "scored": True,
            "setup": "",
            "teardown": "",
            "type": "doctest",
        }
    ],
}
