-- Tokens of the service's own; launches; what sending grades needs: stamps, and lists by state.

-- The token itself is not kept, only its SHA-256.
CREATE TABLE token (
    id         TEXT    NOT NULL PRIMARY KEY,
    user       TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    hash       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX token_of_user ON token (user, id);

-- The last launch of a user for an assignment; for none in particular where the three names are empty.
CREATE TABLE launch (
    user       TEXT    NOT NULL,
    course     TEXT    NOT NULL,
    section    TEXT    NOT NULL,
    assignment TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    -- JSON.
    data       TEXT    NOT NULL,
    PRIMARY KEY (user, course, section, assignment)
) STRICT, WITHOUT ROWID;

-- The time that the platform was told in the last try.
ALTER TABLE passback ADD COLUMN stamp INTEGER;
-- The number of the last try that is among the events: one that was postponed is told once.
ALTER TABLE passback ADD COLUMN told INTEGER NOT NULL DEFAULT 0;

CREATE INDEX passback_of_course ON passback (course, state, grading);
CREATE INDEX passback_of_user ON passback (user, state, grading);
-- For counting. A query uses it only if it repeats the condition word by word.
CREATE INDEX passback_unsent ON passback (state)
    WHERE state = 'pending' OR state = 'sending' OR state = 'refused' OR state = 'given_up';
