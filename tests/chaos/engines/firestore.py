"""Google's emulator of Cloud Firestore."""

import json
import pathlib
import shutil
import subprocess
import urllib.request

from ports import free_port
from waiting import wait_until

from .server import Server


class Firestore(Server):
    """Google's emulator. It keeps everything in memory, so it can be frozen, but not stopped and started again."""

    name = "firestore"

    def __init__(self, folder):
        self.log, self.port = pathlib.Path(folder, "firestore.log"), free_port()
        self.settings = {
            "OTTER_SERVICE_STORE_URL": "firestore://chaos?environment=chaos",
            "FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{self.port}",
        }
        find = ["gcloud", "info", "--format=value(installation.sdk_root)"]
        root = subprocess.run(find, capture_output=True, text=True).stdout.strip() if shutil.which("gcloud") else ""
        self.jar = pathlib.Path(root, "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
        if not shutil.which("java") or not self.jar.exists():
            raise RuntimeError("there is no Java or no Firestore emulator (`gcloud components install cloud-firestore-emulator`)")

    def start(self):
        command = ["setpriv", "--pdeathsig=INT", "env", "--default-signal=INT", "java", "-Duser.language=en", "-cp", str(self.jar)]
        command += ["com.google.cloud.datastore.emulator.firestore.CloudFirestore", "start"]
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [*command, "--host=127.0.0.1", f"--port={self.port}"], stdout=log, stderr=log, start_new_session=True
            )
        wait_until("the emulator answers", self._answers)

    def _answers(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).status == 200
        except OSError:
            return False

    def reports(self):
        found = {}
        for fields in self._all("gradings", ["submission", "fault"]):
            if "fault" not in fields:
                submission = fields["submission"]["stringValue"]
                found[submission] = found.get(submission, 0) + 1
        return found

    def open_jobs(self):
        every = self._all("submissions", ["sha256", "state"])
        return {job["__name__"]: job["state"]["stringValue"] for job in every if job["state"]["stringValue"] != "done"}

    def _all(self, kind, names):
        """These fields of all documents of a collection."""
        query = {
            "from": [{"collectionId": f"chaos-otter-{kind}"}],
            "select": {"fields": [{"fieldPath": name} for name in names]},
        }
        url = f"http://127.0.0.1:{self.port}/v1/projects/chaos/databases/(default)/documents:runQuery"
        request = urllib.request.Request(url, json.dumps({"structuredQuery": query}).encode())
        request.add_header("Content-Type", "application/json")
        # What the emulator takes for an administrator.
        request.add_header("Authorization", "Bearer owner")
        with urllib.request.urlopen(request, timeout=300) as answer:
            lines = json.load(answer)
        documents = [line["document"] for line in lines if "document" in line]
        return [document.get("fields", {}) | {"__name__": document["name"].rsplit("/", 1)[-1]} for document in documents]
