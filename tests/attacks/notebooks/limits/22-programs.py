# Attack 22: the same with programs, which die and are born again, to be missed by whoever looks for them.
# Defence: they are ended by the kernel, not by a list of processes.
# status: stopped crashed complete
# ends: any
# once: yes

# %%
import subprocess

subprocess.Popen(["sh", "-c", "f() { (trap '' TERM INT; f & f & sleep 0.01); }; f"], start_new_session=True)
while True:
    try:
        subprocess.Popen([sys.executable, "-S", "-c", "import os\nwhile True:\n os.fork() or os.execv('/proc/self/exe', ['x', '-S', '-c', 'import time; time.sleep(.01)'])"])
    except OSError:
        pass
