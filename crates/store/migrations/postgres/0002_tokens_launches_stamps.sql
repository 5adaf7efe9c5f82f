-- Tokens of the service's own; launches; what sending grades needs: stamps, and lists by state. Like the SQLite schema
-- of version 4.

-- The token itself is not kept, only its SHA-256.
CREATE TABLE token (
    id         TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    "user"     TEXT   COLLATE "C" NOT NULL,
    label      TEXT   NOT NULL,
    hash       TEXT   COLLATE "C" NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

CREATE INDEX token_of_user ON token ("user", id);

-- The last launch of a user for an assignment; for none in particular where the three names are empty.
CREATE TABLE launch (
    "user"     TEXT   COLLATE "C" NOT NULL,
    course     TEXT   COLLATE "C" NOT NULL,
    section    TEXT   COLLATE "C" NOT NULL,
    assignment TEXT   COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    -- JSON.
    data       TEXT   NOT NULL,
    PRIMARY KEY ("user", course, section, assignment)
);

-- The time that the platform was told in the last try.
ALTER TABLE passback ADD COLUMN stamp BIGINT;
-- The number of the last try that is among the events: one that was postponed is told once.
ALTER TABLE passback ADD COLUMN told BIGINT NOT NULL DEFAULT 0;

CREATE INDEX passback_of_course ON passback (course, state, grading);
CREATE INDEX passback_of_user ON passback ("user", state, grading);
-- For counting. A query uses it only if it repeats the condition word by word.
CREATE INDEX passback_unsent ON passback (state)
    WHERE state = 'pending' OR state = 'sending' OR state = 'refused' OR state = 'given_up';
