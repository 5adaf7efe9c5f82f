-- A delivery is of the submission that counts, and is named by the grading that decided so, which may be another
-- submission's (one that was regraded and gave way): it goes with the former and not with the latter. Reading or writing
-- one submission with all that is its own must not ask for the other's. Like the SQLite schema of version 5.
ALTER TABLE passback DROP CONSTRAINT passback_grading_fkey;
