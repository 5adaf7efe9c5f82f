OK_FORMAT = True

test = {
    "name": "q4",
    "points": 2,
    "suites": [
        {
            "cases": [
                {"code": ">>> label(4) == 'hidden-marker-4'\nTrue", "hidden": True, "locked": False},
                {"code": ">>> label(5)[-1]\n'5'", "hidden": False, "locked": False},
            ],
            "scored": True,
            "setup": "",
            "teardown": "",
            "type": "doctest",
        }
    ],
}
