-- All that the service keeps, as of the version that brought PostgreSQL: like the SQLite schema of version 3.
--
-- Ids are UUIDs version 7 as text, compared byte by byte (COLLATE "C"), so that ordering by id is ordering by time and
-- a person can look one up. Times are milliseconds since 1970-01-01 UTC. Never edit this file once released: add another.

CREATE TABLE submission (
    id          TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    "user"      TEXT   COLLATE "C" NOT NULL,
    course      TEXT   COLLATE "C" NOT NULL,
    section     TEXT   COLLATE "C" NOT NULL,
    assignment  TEXT   COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    sha256      TEXT   NOT NULL,
    size_bytes  BIGINT NOT NULL
);

CREATE INDEX submission_of_user ON submission ("user", id);
CREATE INDEX submission_of_course ON submission (course, id);
CREATE INDEX submission_of_assignment ON submission (course, section, assignment, "user", id);
CREATE INDEX submission_for_assignment ON submission (course, section, assignment, id);

-- Apart from the submissions, so that lists do not read past notebooks.
CREATE TABLE notebook (
    submission TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES submission (id),
    zstd       BYTEA NOT NULL
);
-- It is compressed already.
ALTER TABLE notebook ALTER COLUMN zstd SET STORAGE EXTERNAL;

-- Each grading that came to an end: with a report or with a fault, both JSON.
CREATE TABLE grading (
    id          TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    submission  TEXT   COLLATE "C" NOT NULL REFERENCES submission (id),
    revision    TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    report      TEXT,
    fault       TEXT,
    CHECK ((report IS NULL) <> (fault IS NULL))
);

CREATE INDEX grading_of_submission ON grading (submission, id);

-- Notebooks as a grading executed them; gone with their grading, whoever removes that.
CREATE TABLE executed_notebook (
    grading    TEXT   COLLATE "C" NOT NULL PRIMARY KEY REFERENCES grading (id) ON DELETE CASCADE,
    size_bytes BIGINT NOT NULL,
    zstd       BYTEA  NOT NULL
);
ALTER TABLE executed_notebook ALTER COLUMN zstd SET STORAGE EXTERNAL;

CREATE TABLE job (
    submission  TEXT   COLLATE "C" NOT NULL PRIMARY KEY REFERENCES submission (id),
    -- As in the submission, for counting open jobs without reading it.
    "user"      TEXT   COLLATE "C" NOT NULL,
    course      TEXT   COLLATE "C" NOT NULL,
    state       TEXT   NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'leased', 'done', 'failed', 'superseded')),
    -- 0: somebody waits; 1: staff asked for a new grading.
    lane        BIGINT NOT NULL DEFAULT 0 CHECK (lane IN (0, 1)),
    -- Its turn among those of its lane; the lower, the sooner (crates/store/src/turn.rs).
    turn        BIGINT NOT NULL DEFAULT 0,
    -- Not to be claimed before this time; 0: at once, whatever the clocks of other machines say.
    due_at      BIGINT NOT NULL DEFAULT 0,
    -- Gradings that ended in a fault, and claims, since it was accepted or staff asked for it.
    faults      BIGINT NOT NULL DEFAULT 0,
    claims      BIGINT NOT NULL DEFAULT 0,
    -- Counts up with every claim: the newest hold on the job.
    token       BIGINT NOT NULL DEFAULT 0,
    worker      TEXT,
    lease_until BIGINT,
    -- The newest grading with a report, and what it earned, if it counts.
    grading     TEXT   COLLATE "C" REFERENCES grading (id),
    score       DOUBLE PRECISION,
    max_score   DOUBLE PRECISION,
    graded_at   BIGINT,
    -- The fault that the newest grading ended in, as JSON.
    fault       TEXT,
    CHECK ((state = 'leased') = (worker IS NOT NULL) AND (state = 'leased') = (lease_until IS NOT NULL)),
    CHECK (state <> 'done' OR grading IS NOT NULL)
)
-- Rows change a few times each: room on the page keeps the new version beside the old one.
WITH (fillfactor = 70);

-- The open jobs in the order of the queue, with all that claiming and counting look at. Finished jobs are not in
-- it, so it stays small. A query uses it only if it repeats the condition word by word.
CREATE INDEX job_open ON job (lane, turn, submission, state, due_at, lease_until)
    WHERE state = 'queued' OR state = 'leased';
CREATE INDEX job_of_user ON job ("user", lane) WHERE state = 'queued' OR state = 'leased';
CREATE INDEX job_of_course ON job (course, lane) WHERE state = 'queued' OR state = 'leased';
-- The dead letters.
CREATE INDEX job_failed_of_course ON job (course, submission) WHERE state = 'failed';
CREATE INDEX job_failed_of_user ON job ("user", submission) WHERE state = 'failed';

CREATE TABLE grade (
    course     TEXT   COLLATE "C" NOT NULL,
    section    TEXT   COLLATE "C" NOT NULL,
    assignment TEXT   COLLATE "C" NOT NULL,
    "user"     TEXT   COLLATE "C" NOT NULL,
    submission TEXT   COLLATE "C" NOT NULL REFERENCES submission (id),
    score      DOUBLE PRECISION NOT NULL,
    max_score  DOUBLE PRECISION NOT NULL,
    graded_at  BIGINT NOT NULL,
    PRIMARY KEY (course, section, assignment, "user")
);

CREATE INDEX grade_of_submission ON grade (submission);

-- A step is JSON as it goes to clients.
CREATE TABLE event (
    submission TEXT   COLLATE "C" NOT NULL REFERENCES submission (id),
    seq        BIGINT NOT NULL CHECK (seq > 0),
    at         BIGINT NOT NULL,
    actor      TEXT,
    step       TEXT   NOT NULL,
    PRIMARY KEY (submission, seq)
);

CREATE TABLE passback (
    grading     TEXT   COLLATE "C" NOT NULL PRIMARY KEY REFERENCES grading (id) ON DELETE CASCADE,
    submission  TEXT   COLLATE "C" NOT NULL REFERENCES submission (id),
    "user"      TEXT   COLLATE "C" NOT NULL,
    course      TEXT   COLLATE "C" NOT NULL,
    section     TEXT   COLLATE "C" NOT NULL,
    assignment  TEXT   COLLATE "C" NOT NULL,
    -- Its place among the deliveries for this user and assignment, from 1.
    seq         BIGINT NOT NULL CHECK (seq > 0),
    score       DOUBLE PRECISION NOT NULL,
    max_score   DOUBLE PRECISION NOT NULL,
    graded_at   BIGINT NOT NULL,
    state       TEXT   NOT NULL
        CHECK (state IN ('pending', 'sending', 'posted', 'refused', 'given_up', 'superseded', 'withheld')),
    attempts    BIGINT NOT NULL DEFAULT 0,
    since       BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    token       BIGINT NOT NULL DEFAULT 0,
    worker      TEXT,
    lease_until BIGINT,
    -- What the platform said last.
    words       TEXT,
    changed_at  BIGINT NOT NULL,
    UNIQUE (course, section, assignment, "user", seq),
    CHECK ((state = 'sending') = (worker IS NOT NULL) AND (state = 'sending') = (lease_until IS NOT NULL))
);

CREATE INDEX passback_open ON passback (due_at, grading) WHERE state = 'pending' OR state = 'sending';
CREATE INDEX passback_of_submission ON passback (submission, grading);

CREATE TABLE worker (
    id         TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    version    TEXT   NOT NULL,
    jobs       BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

-- Refers to nothing: it outlives what it is about. An entry is JSON.
CREATE TABLE audit (
    id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    course TEXT COLLATE "C",
    entry  TEXT NOT NULL
);

CREATE INDEX audit_of_course ON audit (course, id);
