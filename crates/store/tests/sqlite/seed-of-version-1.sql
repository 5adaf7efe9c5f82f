-- What version 1 might have held: a submission in every state that it knew. The notebook is `abc` as an uncompressed
-- zstd frame (RFC 8878).
INSERT INTO submission VALUES ('019a0000-0000-7000-8000-000000000001', 'ada', '88e', '1', 'lab01', 1789999999000, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 3);
INSERT INTO notebook VALUES ('019a0000-0000-7000-8000-000000000001', x'28B52FFD2003190000616263');
INSERT INTO submission VALUES ('019a0000-0000-7000-8000-000000000002', 'bob', '88e', '1', 'lab01', 1789999999001, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 3);
INSERT INTO notebook VALUES ('019a0000-0000-7000-8000-000000000002', x'28B52FFD2003190000616263');
INSERT INTO submission VALUES ('019a0000-0000-7000-8000-000000000003', 'eve', '88e', '1', 'lab01', 1789999999002, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 3);
INSERT INTO notebook VALUES ('019a0000-0000-7000-8000-000000000003', x'28B52FFD2003190000616263');
INSERT INTO submission VALUES ('019a0000-0000-7000-8000-000000000004', 'dan', '88e', '1', 'lab01', 1789999999003, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 3);
INSERT INTO notebook VALUES ('019a0000-0000-7000-8000-000000000004', x'28B52FFD2003190000616263');
INSERT INTO submission VALUES ('019a0000-0000-7000-8000-000000000005', 'fay', '88e', '1', 'lab01', 1789999999004, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 3);
INSERT INTO notebook VALUES ('019a0000-0000-7000-8000-000000000005', x'28B52FFD2003190000616263');
INSERT INTO grading VALUES ('019a0000-0000-7000-9000-000000000001', '019a0000-0000-7000-8000-000000000001', 'r1', 1, 2, '{"status":"complete","score":1.5,"max_score":2.0,"reported_score":1.5,"questions":[],"engine":"otter","engine_version":"otter-grader 7.0.0","isolation":"processes","seconds":2.5,"cpu_seconds":2.25,"limits":[],"flags":[]}', NULL);
INSERT INTO grading VALUES ('019a0000-0000-7000-9000-000000000002', '019a0000-0000-7000-8000-000000000002', 'r1', 1, 2, '{"status":"rejected","score":0,"max_score":2,"reported_score":0,"questions":[],"engine":"otter","engine_version":"otter-grader 7.0.0","isolation":"processes","seconds":2.5,"cpu_seconds":2.25,"limits":[],"flags":[]}', NULL);
INSERT INTO grading VALUES ('019a0000-0000-7000-9000-000000000003', '019a0000-0000-7000-8000-000000000003', 'r1', 1, 2, NULL, '{"message":"no memory","retry":true}');
INSERT INTO grading VALUES ('019a0000-0000-7000-9000-000000000004', '019a0000-0000-7000-8000-000000000003', 'r1', 3, 4, NULL, '{"message":"broken","retry":false}');
INSERT INTO job (submission, state, faults, token, worker, lease_until, grading) VALUES ('019a0000-0000-7000-8000-000000000001', 'done', 0, 1, NULL, NULL, '019a0000-0000-7000-9000-000000000001');
INSERT INTO job (submission, state, faults, token, worker, lease_until, grading) VALUES ('019a0000-0000-7000-8000-000000000002', 'done', 0, 1, NULL, NULL, '019a0000-0000-7000-9000-000000000002');
INSERT INTO job (submission, state, faults, token, worker, lease_until, grading) VALUES ('019a0000-0000-7000-8000-000000000003', 'failed', 2, 2, NULL, NULL, NULL);
INSERT INTO job (submission, state, faults, token, worker, lease_until, grading) VALUES ('019a0000-0000-7000-8000-000000000004', 'queued', 1, 1, NULL, NULL, NULL);
INSERT INTO job (submission, state, faults, token, worker, lease_until, grading) VALUES ('019a0000-0000-7000-8000-000000000005', 'leased', 0, 1, 'gone', 1789999999999, NULL);
INSERT INTO grade VALUES ('88e', '1', 'lab01', 'ada', '019a0000-0000-7000-8000-000000000001', 1.5, 2.0, 2);
INSERT INTO event VALUES ('019a0000-0000-7000-8000-000000000001', 1, 1790000000000, '{"event":"received"}');
