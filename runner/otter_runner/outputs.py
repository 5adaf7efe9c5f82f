"""What cells put out, as a notebook keeps it."""

import base64
import datetime
import io
import os
import tempfile

TOO_MUCH = "\n[more output was dropped: a cell or the notebook has too much]\n"


class Outputs:
    """Collects the outputs of one cell after the other and drops what is too much."""

    def __init__(self):
        self.of_cell = []
        self.dropped = self.said = False
        self.by_display_id = {}
        self.clear_next = False
        self.limits(0, 0)

    def limits(self, of_cell, of_all):
        """How many bytes are kept."""
        self.cell_limit, self.left = of_cell, of_all
        self.cell_left = min(of_cell, of_all)

    def begin(self):
        """A cell begins: gives the list that its outputs will be in."""
        self.of_cell = []
        self.clear_next = self.said = False
        self.cell_left = min(self.cell_limit, self.left)
        return self.of_cell

    def stream(self, name, text):
        """Text that was printed."""
        if not text:
            return
        self._clear_if_due()
        kept, fits = self._keep(text)
        if kept:
            last = self.of_cell[-1] if self.of_cell else None
            if last is not None and last["output_type"] == "stream" and last["name"] == name:
                last["text"].append(kept)
            else:
                self.of_cell.append({"output_type": "stream", "name": name, "text": [kept]})
        if not fits:
            self._too_much()

    def error(self, name, value, traceback):
        """An exception that ended the cell."""
        self._clear_if_due()
        if self._fits(value, *traceback):
            self.of_cell.append(
                {"output_type": "error", "ename": name, "evalue": value, "traceback": list(traceback)}
            )

    def result(self, execution_count, data, metadata):
        """The value of the cell's last expression."""
        self._show({"output_type": "execute_result", "execution_count": execution_count}, data, metadata)

    def display(self, data, metadata, display_id=None):
        """Something that was displayed."""
        shown = self._show({"output_type": "display_data"}, data, metadata)
        if shown is not None and display_id is not None:
            self.by_display_id.setdefault(display_id, []).append(shown)

    def update(self, data, metadata, display_id):
        """Replaces what was displayed under an id before."""
        data, metadata = plain(data), plain(metadata or {})
        for shown in self.by_display_id.get(display_id, ()):
            if self._fits(*data.values()):
                shown.update(data=data, metadata=metadata)

    def clear(self, wait):
        """Forgets the cell's outputs, now or when the next one comes."""
        self.clear_next = bool(wait)
        if not wait:
            self.of_cell.clear()

    def _show(self, shown, data, metadata):
        self._clear_if_due()
        data = plain(data)
        if not self._fits(*data.values()):
            return None
        shown.update(data=data, metadata=plain(metadata or {}))
        self.of_cell.append(shown)
        return shown

    def _clear_if_due(self):
        if self.clear_next:
            self.clear(wait=False)

    def _fits(self, *parts):
        bytes_ = sum(size(part) for part in parts)
        if bytes_ > self.cell_left:
            self._too_much()
            return False
        self._use(bytes_)
        return True

    def _keep(self, text):
        """As much of it as fits, and whether that is all."""
        bytes_ = size(text)
        if bytes_ <= self.cell_left:
            self._use(bytes_)
            return text, True
        return text.encode("utf-8", "replace")[: self.cell_left].decode("utf-8", "ignore"), False

    def _use(self, bytes_):
        self.cell_left -= bytes_
        self.left -= bytes_

    def _too_much(self):
        """Nothing more of this cell is kept, and it is said once."""
        if not self.said:
            self.of_cell.append({"output_type": "stream", "name": "stderr", "text": [TOO_MUCH]})
        self.said = self.dropped = True
        self._use(self.cell_left)


def finish(outputs):
    """The outputs of a cell as a notebook file has them."""
    for output in outputs:
        if output["output_type"] == "stream":
            output["text"] = "".join(output["text"])
    return outputs


def size(part):
    """About how many bytes it takes in a file."""
    if isinstance(part, str):
        return len(part) if part.isascii() else len(part.encode("utf-8", "replace"))
    return len(repr(part))


def plain(value):
    """The value as JSON can hold it: bytes become base64."""
    if isinstance(value, (str, bool, int, float, type(None))):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return str(value)


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a notebook."""

    encoding = "UTF-8"
    errors = None

    def __init__(self, name, outputs):
        self._name = name
        self._outputs = outputs

    @property
    def name(self):
        return f"<{self._name}>"

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._outputs.stream(self._name, text)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def writable(self):
        return True

    def flush(self):
        pass

    def close(self):
        pass

    def isatty(self):
        return False

    def fileno(self):
        """For programs that are to print to it (see `Descriptors`)."""
        return {"stdout": 1, "stderr": 2}[self._name]


class Descriptors:
    """What programs and C code write to descriptors 1 and 2, past ``sys.stdout`` and ``sys.stderr``."""

    def __init__(self, outputs):
        self._outputs = outputs
        self._files = {}
        for number, name in ((1, "stdout"), (2, "stderr")):
            try:
                # Without a name; whoever still writes after it was emptied writes to its end.
                file = os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR | os.O_APPEND)
                os.dup2(file, number)
            except OSError:
                continue
            self._files[name] = file

    def collect(self, most):
        """Adds what has come to the cell's outputs."""
        for name, file in self._files.items():
            written = os.fstat(file).st_size
            if written:
                text = os.pread(file, min(written, most + 1), 0)
                os.ftruncate(file, 0)
                self._outputs.stream(name, text.decode("utf-8", "replace"))
