import subprocess
import subprocess as sp
from subprocess import check_output, Popen as Start

DF = "df -h"


def bad(name, cmd):
    # ruleid: python-subprocess-shell
    subprocess.run(f"ls {name}", shell=True)
    # ruleid: python-subprocess-shell
    subprocess.call("tar xf " + name, cwd="/tmp", shell=True)
    # ruleid: python-subprocess-shell
    out = sp.check_output(cmd, shell=True, text=True)
    # ruleid: python-subprocess-shell
    check_output(
        cmd,
        shell=1,
    )
    # ruleid: python-subprocess-shell
    Start("ping %s" % name, stdout=sp.PIPE, shell=True).communicate()
    # ruleid: python-subprocess-shell
    subprocess.run(["bash", "-c", cmd])


def good(name, cmd):
    # ok: python-subprocess-shell
    subprocess.run(["ls", name])
    # ok: python-subprocess-shell
    subprocess.run(["bash", "-c", "ls | wc -l"])
    # ok: python-subprocess-shell
    subprocess.run(cmd, shell=False)
    # ok: python-subprocess-shell
    subprocess.run("ls -l | wc -l", shell=True, check=True)
    # ok: python-subprocess-shell
    sp.check_output(DF, shell=True)
    # ok: python-subprocess-shell
    print("subprocess.run(cmd, shell=True)")  # subprocess.run(cmd, shell=True)
