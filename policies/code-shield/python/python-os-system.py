import os
import asyncio
import subprocess as sp
from os import system, popen as po


def run(user_input, name):
    # ruleid: python-os-system
    os.system(user_input)
    # ruleid: python-os-system
    os.system(f"ping {name}")
    # ruleid: python-os-system
    os.system("rm -rf " + name)
    # ruleid: python-os-system
    system("ls {}".format(name))
    # ruleid: python-os-system
    output = po(name).read()
    # ruleid: python-os-system
    return sp.getoutput("id " + name)


async def run_later(cmd):
    # ruleid: python-os-system
    await asyncio.create_subprocess_shell(cmd, stdout=None)


CLEAR = "clear"
# ok: python-os-system
os.system("clear")
# ok: python-os-system
os.system("a" "b" + "c")
# ok: python-os-system
os.system(CLEAR)
# ok: python-os-system
# os.system(user_input) would be wrong here
# ok: python-os-system
print("never call os.system(user_input)")
# ok: python-os-system
sp.run(["ls", "-l"], check=True)
# ok: python-os-system
my.system(CLEAR, 1)
