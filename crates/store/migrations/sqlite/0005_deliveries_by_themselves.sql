-- A delivery is of the submission that counts, and is named by the grading that decided so, which may be another
-- submission's (one that was regraded and gave way): it goes with the former and not with the latter. Reading or writing
-- one submission with all that is its own must not ask for the other's.
ALTER TABLE passback RENAME TO passback_before;

CREATE TABLE passback (
    grading     TEXT    NOT NULL PRIMARY KEY,
    submission  TEXT    NOT NULL REFERENCES submission (id),
    user        TEXT    NOT NULL,
    course      TEXT    NOT NULL,
    section     TEXT    NOT NULL,
    assignment  TEXT    NOT NULL,
    -- Its place among the deliveries for this user and assignment, from 1.
    seq         INTEGER NOT NULL CHECK (seq > 0),
    score       REAL    NOT NULL,
    max_score   REAL    NOT NULL,
    graded_at   INTEGER NOT NULL,
    state       TEXT    NOT NULL
        CHECK (state IN ('pending', 'sending', 'posted', 'refused', 'given_up', 'superseded', 'withheld')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    since       INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    token       INTEGER NOT NULL DEFAULT 0,
    worker      TEXT,
    lease_until INTEGER,
    -- What the platform said last.
    words       TEXT,
    changed_at  INTEGER NOT NULL,
    -- The time that the platform was told in the last try.
    stamp       INTEGER,
    -- The number of the last try that is among the events: one that was postponed is told once.
    told        INTEGER NOT NULL DEFAULT 0,
    UNIQUE (course, section, assignment, user, seq),
    CHECK ((state = 'sending') = (worker IS NOT NULL) AND (state = 'sending') = (lease_until IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO passback
    (grading, submission, user, course, section, assignment, seq, score, max_score, graded_at, state, attempts, since,
     due_at, token, worker, lease_until, words, changed_at, stamp, told)
SELECT grading, submission, user, course, section, assignment, seq, score, max_score, graded_at, state, attempts, since,
     due_at, token, worker, lease_until, words, changed_at, stamp, told
FROM passback_before;

DROP TABLE passback_before;

CREATE INDEX passback_open ON passback (due_at, grading) WHERE state = 'pending' OR state = 'sending';
CREATE INDEX passback_of_submission ON passback (submission, grading);
CREATE INDEX passback_of_course ON passback (course, state, grading);
CREATE INDEX passback_of_user ON passback (user, state, grading);
-- For counting. A query uses it only if it repeats the condition word by word.
CREATE INDEX passback_unsent ON passback (state)
    WHERE state = 'pending' OR state = 'sending' OR state = 'refused' OR state = 'given_up';
