#!/usr/bin/env python3
"""How long until a submission is acknowledged, one after the other over one connection.

Needs a running service that knows the sample course (`make demo`, or a release build of `otter-service serve`):

    python3 benches/acknowledge.py [URL [COUNT]]

Submits COUNT (300) notebooks of about 117 KB, as a notebook with outputs is, and prints the median and the slow end in
milliseconds. Each acknowledgement comes after the submission is on disk. The service grades what it is given meanwhile:
to measure only the acknowledgement, give it materials without the autograder zips.
"""

import http.client
import json
import pathlib
import random
import statistics
import sys
import time
import urllib.parse


def main(url="http://127.0.0.1:10101/services/otter_grade/", count="300"):
    url = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(url.hostname, url.port)
    body = json.dumps({"nb": notebook()}).encode()
    times = sorted(acknowledgement(connection, url.path, body) for _ in range(int(count)))
    part = lambda share: times[int(share * (len(times) - 1))]
    print(f"{len(times)} submissions of {len(body)} bytes, milliseconds until acknowledged:")
    print(f"median {statistics.median(times):.2f}  p95 {part(.95):.2f}  p99 {part(.99):.2f}  most {times[-1]:.2f}")


def acknowledgement(connection, path, body):
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    began = time.perf_counter()
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    took = (time.perf_counter() - began) * 1e3
    if answer.status != 202:
        sys.exit(f"not accepted: {answer.status} {text.decode()}")
    return took


def notebook():
    sample = pathlib.Path(__file__).parent.parent / "sample/submissions/lab01-ada.ipynb"
    notebook = json.loads(sample.read_text(encoding="utf-8"))
    letters = random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789 \n", k=105_000)
    output = {"output_type": "stream", "name": "stdout", "text": "".join(letters)}
    cell = {"cell_type": "code", "id": "large", "metadata": {}, "execution_count": 1, "source": "", "outputs": [output]}
    notebook["cells"].append(cell)
    return notebook


if __name__ == "__main__":
    main(*sys.argv[1:])
