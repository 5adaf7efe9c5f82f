-- Submissions, their notebooks and jobs, what gradings found, and the events on the way.
--
-- Ids are UUIDs version 7 as text, so that ordering by id is ordering by time and a person can look one up.
-- Times are milliseconds since 1970-01-01 UTC. Never edit this file once released: add another.

CREATE TABLE submission (
    id          TEXT    NOT NULL PRIMARY KEY,
    user        TEXT    NOT NULL,
    course      TEXT    NOT NULL,
    section     TEXT    NOT NULL,
    assignment  TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    sha256      TEXT    NOT NULL,
    size_bytes  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX submission_of_user ON submission (user, id);
CREATE INDEX submission_of_course ON submission (course, id);

-- Apart from the submissions, so that lists do not read past notebooks.
CREATE TABLE notebook (
    submission TEXT NOT NULL PRIMARY KEY REFERENCES submission (id),
    zstd       BLOB NOT NULL
) STRICT;

-- Each grading that came to an end: with a report or with a fault, both JSON.
CREATE TABLE grading (
    id          TEXT    NOT NULL PRIMARY KEY,
    submission  TEXT    NOT NULL REFERENCES submission (id),
    revision    TEXT    NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    report      TEXT,
    fault       TEXT,
    CHECK ((report IS NULL) <> (fault IS NULL))
) STRICT;

CREATE INDEX grading_of_submission ON grading (submission, id);

CREATE TABLE job (
    submission  TEXT    NOT NULL PRIMARY KEY REFERENCES submission (id),
    state       TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'leased', 'done', 'failed')),
    -- Not to be claimed before this time; 0: at once, whatever the clocks of other machines say.
    due_at      INTEGER NOT NULL DEFAULT 0,
    -- Gradings that ended in a fault.
    faults      INTEGER NOT NULL DEFAULT 0,
    -- Counts up with every claim: the newest hold on the job.
    token       INTEGER NOT NULL DEFAULT 0,
    worker      TEXT,
    lease_until INTEGER,
    -- The newest grading with a report.
    grading     TEXT             REFERENCES grading (id),
    CHECK ((state = 'leased') = (worker IS NOT NULL) AND (state = 'leased') = (lease_until IS NOT NULL)),
    CHECK (state <> 'done' OR grading IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- The open jobs in the order of the queue, with all that claiming and counting look at. Finished jobs are not in
-- it, so it stays small. A query uses it only if it repeats the condition word by word, or one side of the OR.
CREATE INDEX job_open ON job (submission, state, due_at, lease_until) WHERE state = 'queued' OR state = 'leased';

CREATE TABLE grade (
    course     TEXT    NOT NULL,
    section    TEXT    NOT NULL,
    assignment TEXT    NOT NULL,
    user       TEXT    NOT NULL,
    submission TEXT    NOT NULL REFERENCES submission (id),
    score      REAL    NOT NULL,
    max_score  REAL    NOT NULL,
    graded_at  INTEGER NOT NULL,
    PRIMARY KEY (course, section, assignment, user)
) STRICT, WITHOUT ROWID;

-- A step is JSON as it goes to clients.
CREATE TABLE event (
    submission TEXT    NOT NULL REFERENCES submission (id),
    seq        INTEGER NOT NULL CHECK (seq > 0),
    at         INTEGER NOT NULL,
    step       TEXT    NOT NULL,
    PRIMARY KEY (submission, seq)
) STRICT, WITHOUT ROWID;
