-- Notebooks as a grading executed them, outputs included, where the engine keeps them.
--
-- Apart from the gradings, so that reports are read without them; gone with their grading, whoever removes that.
CREATE TABLE executed_notebook (
    grading    TEXT    NOT NULL PRIMARY KEY REFERENCES grading (id) ON DELETE CASCADE,
    size_bytes INTEGER NOT NULL,
    zstd       BLOB    NOT NULL
) STRICT;
