"""What six invented students wrote into the answer cells of the sample notebooks.

`SUBMISSIONS[assignment][student]` maps a question to the text of its answer cell; a question that
is left out stays as it was handed out. Each student stands for one kind of submission:

    ada     everything is right
    bruno   passes every public test, but fails a hidden one
    chloe   gets several things wrong, some of them only in part
    dario   has a cell that raises an exception, and the rest right
    emi     handed in the notebook untouched
    farid   misses one case of an all-or-nothing question
"""

LAB01 = {
    "q1": """
        warmest = max(water)
        coldest = min(water)

        print("The sea was between", coldest, "and", warmest, "degrees.")
    """,
    "q2": """
        celsius = np.array(water)
        fahrenheit = celsius * 9 / 5 + 32
        fahrenheit
    """,
    "q3": """
        def days_at_least(temperatures, threshold):
            return len([t for t in temperatures if t >= threshold])

        days_at_least(water, 13)
    """,
    "q4": """
        def biggest_change(temperatures):
            changes = np.diff(temperatures)
            return max(abs(changes))

        biggest_change(water)
    """,
    "q5": """
        race_day = days[water.index(warmest)]
        race_day
    """,
}

HW01 = {
    "q1": """
        ferries = pd.read_csv("ferries.csv")
        ferries
    """,
    "q2": """
        totals = ferries.groupby("boat")["passengers"].sum()
        by_boat = totals.sort_values(ascending=False)
        by_boat
    """,
    "q3": """
        cancelled = len(ferries) - ferries["passengers"].count()
        mean_bicycles = ferries["bicycles"].mean()

        print(cancelled, "cancelled,", mean_bicycles, "bicycles on each of the others")
    """,
    "q4": """
        def late_share(log, boat):
            minutes = log[log["boat"] == boat]["minutes_late"].dropna()
            return (minutes > 5).mean()

        late_share(ferries, "Gannet")
    """,
    "q5": """
        is_weekend = (ferries["day"] == "Saturday") | (ferries["day"] == "Sunday")
        weekend = ferries[is_weekend]
        weekend
    """,
}

SUBMISSIONS = {
    "lab01": {
        "ada": LAB01,
        "bruno": LAB01
        | {
            # A fall in temperature is not taken for a change.
            "q4": """
                def biggest_change(temperatures):
                    return np.max(np.diff(temperatures))

                biggest_change(water)
            """,
        },
        "chloe": {
            # The week's coldest morning was not its first one.
            "q1": """
                warmest = water[5]
                coldest = water[0]

                print("The sea was between", coldest, "and", warmest, "degrees.")
            """,
            # The 32 degrees are missing.
            "q2": """
                fahrenheit = np.array(water) * 9 / 5
                fahrenheit
            """,
            # Returns the temperatures, not how many there are.
            "q3": """
                def days_at_least(temperatures, threshold):
                    return [t for t in temperatures if t >= threshold]

                days_at_least(water, 13)
            """,
            # The range of the week is only sometimes a change between neighbours.
            "q4": """
                def biggest_change(temperatures):
                    return max(temperatures) - min(temperatures)

                biggest_change(water)
            """,
            # The last day in the alphabet.
            "q5": """
                race_day = max(days)
                race_day
            """,
        },
        "dario": LAB01
        | {
            # A slip of the pen: NameError.
            "q2": """
                sea = np.array(water)
                fahrenheit = see * 9 / 5 + 32
                fahrenheit
            """,
        },
        "emi": {},
        "farid": LAB01
        | {
            # "At least" is not "more than".
            "q3": """
                def days_at_least(temperatures, threshold):
                    count = 0
                    for t in temperatures:
                        if t > threshold:
                            count += 1
                    return count

                days_at_least(water, 13)
            """,
        },
    },
    "hw01": {
        "ada": HW01,
        "bruno": HW01
        | {
            # A cancelled sailing counts as one that was on time.
            "q4": """
                def late_share(log, boat):
                    sailings = log[log["boat"] == boat]
                    return (sailings["minutes_late"] > 5).mean()

                late_share(ferries, "Gannet")
            """,
        },
        "chloe": {
            "q1": HW01["q1"],
            # In alphabetical order.
            "q2": """
                by_boat = ferries.groupby("boat")["passengers"].sum()
                by_boat
            """,
            # What is missing is not 0.
            "q3": """
                cancelled = (ferries["passengers"] == 0).sum()
                mean_bicycles = ferries["bicycles"].mean()

                print(cancelled, "cancelled,", mean_bicycles, "bicycles on each of the others")
            """,
            # Looks at `ferries` whatever the log, and counts the cancelled sailing.
            "q4": """
                def late_share(log, boat):
                    sailings = ferries[ferries["boat"] == boat]
                    late = sailings[sailings["minutes_late"] > 5]
                    return len(late) / len(sailings)

                late_share(ferries, "Gannet")
            """,
            # Half a weekend.
            "q5": """
                weekend = ferries[ferries["day"] == "Saturday"]
                weekend
            """,
        },
        "dario": HW01
        | {
            # There is no column "ship": KeyError.
            "q2": """
                totals = ferries.groupby("ship")["passengers"].sum()
                by_boat = totals.sort_values(ascending=False)
                by_boat
            """,
        },
        "emi": {},
        "farid": HW01
        | {
            # Spreads the bicycles over the cancelled sailing, too.
            "q3": """
                cancelled = ferries["passengers"].isna().sum()
                mean_bicycles = ferries["bicycles"].fillna(0).mean()

                print(cancelled, "cancelled,", mean_bicycles, "bicycles on each of the others")
            """,
        },
    },
}
