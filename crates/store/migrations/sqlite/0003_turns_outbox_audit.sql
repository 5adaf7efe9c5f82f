-- Fair turns, superseded jobs, regrades; who was at work; the outbox of grades; the audit trail.
--
-- SQLite cannot change the CHECK of a column, so the table of jobs is built anew beside the old one, which then goes.

CREATE TABLE job_new (
    submission  TEXT    NOT NULL PRIMARY KEY REFERENCES submission (id),
    -- As in the submission, for counting open jobs without reading it.
    user        TEXT    NOT NULL,
    course      TEXT    NOT NULL,
    state       TEXT    NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'leased', 'done', 'failed', 'superseded')),
    -- 0: somebody waits; 1: staff asked for a new grading.
    lane        INTEGER NOT NULL DEFAULT 0 CHECK (lane IN (0, 1)),
    -- Its turn among those of its lane; the lower, the sooner (crates/store/src/turn.rs).
    turn        INTEGER NOT NULL DEFAULT 0,
    -- Not to be claimed before this time; 0: at once, whatever the clocks of other machines say.
    due_at      INTEGER NOT NULL DEFAULT 0,
    -- Gradings that ended in a fault, and claims, since it was accepted or staff asked for it.
    faults      INTEGER NOT NULL DEFAULT 0,
    claims      INTEGER NOT NULL DEFAULT 0,
    -- Counts up with every claim: the newest hold on the job.
    token       INTEGER NOT NULL DEFAULT 0,
    worker      TEXT,
    lease_until INTEGER,
    -- The newest grading with a report, and what it earned, if it counts.
    grading     TEXT             REFERENCES grading (id),
    score       REAL,
    max_score   REAL,
    graded_at   INTEGER,
    -- The fault that the newest grading ended in, as JSON.
    fault       TEXT,
    CHECK ((state = 'leased') = (worker IS NOT NULL) AND (state = 'leased') = (lease_until IS NOT NULL)),
    CHECK (state <> 'done' OR grading IS NOT NULL)
) STRICT, WITHOUT ROWID;

INSERT INTO job_new (submission, user, course, state, due_at, faults, claims, token, worker, lease_until, grading,
    score, max_score, graded_at, fault)
SELECT job.submission, submission.user, submission.course, state, due_at, faults, token, token, worker, lease_until,
    grading,
    -- What counts is a report that is not `rejected` and has points to earn.
    CASE WHEN counts THEN json_extract(grading.report, '$.score') + 0.0 END,
    CASE WHEN counts THEN json_extract(grading.report, '$.max_score') + 0.0 END,
    CASE WHEN counts THEN grading.finished_at END,
    CASE WHEN state = 'failed' THEN
        (SELECT fault FROM grading AS newest WHERE newest.submission = job.submission ORDER BY newest.id DESC LIMIT 1) END
FROM job
    JOIN submission ON submission.id = job.submission
    LEFT JOIN (
        SELECT id, report, finished_at,
            json_extract(report, '$.status') <> 'rejected' AND json_extract(report, '$.max_score') > 0 AS counts
        FROM grading WHERE report IS NOT NULL
    ) AS grading ON grading.id = job.grading;

DROP TABLE job;
ALTER TABLE job_new RENAME TO job;

-- The open jobs in the order of the queue, with all that claiming and counting look at. Finished jobs are not in
-- it, so it stays small. A query uses it only if it repeats the condition word by word.
CREATE INDEX job_open ON job (lane, turn, submission, state, due_at, lease_until)
    WHERE state = 'queued' OR state = 'leased';
CREATE INDEX job_of_user ON job (user, lane) WHERE state = 'queued' OR state = 'leased';
CREATE INDEX job_of_course ON job (course, lane) WHERE state = 'queued' OR state = 'leased';
-- The dead letters.
CREATE INDEX job_failed_of_course ON job (course, submission) WHERE state = 'failed';
CREATE INDEX job_failed_of_user ON job (user, submission) WHERE state = 'failed';

CREATE INDEX submission_of_assignment ON submission (course, section, assignment, user, id);
CREATE INDEX submission_for_assignment ON submission (course, section, assignment, id);

ALTER TABLE event ADD COLUMN actor TEXT;

CREATE INDEX grade_of_submission ON grade (submission);

CREATE TABLE passback (
    grading     TEXT    NOT NULL PRIMARY KEY REFERENCES grading (id) ON DELETE CASCADE,
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
    UNIQUE (course, section, assignment, user, seq),
    CHECK ((state = 'sending') = (worker IS NOT NULL) AND (state = 'sending') = (lease_until IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX passback_open ON passback (due_at, grading) WHERE state = 'pending' OR state = 'sending';
CREATE INDEX passback_of_submission ON passback (submission, grading);

CREATE TABLE worker (
    id         TEXT    NOT NULL PRIMARY KEY,
    version    TEXT    NOT NULL,
    jobs       INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Refers to nothing: it outlives what it is about. An entry is JSON.
CREATE TABLE audit (
    id     TEXT NOT NULL PRIMARY KEY,
    course TEXT,
    entry  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_of_course ON audit (course, id);
