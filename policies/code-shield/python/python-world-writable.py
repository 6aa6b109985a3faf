import os
from os import chmod

# ruleid: python-world-writable
os.chmod("/srv/data", 0o777)
# ruleid: python-world-writable
chmod(path, 0o666)
# ruleid: python-world-writable
os.makedirs(folder, mode=0o777, exist_ok=True)

# ok: python-world-writable
os.chmod(path, 0o600)
# ok: python-world-writable
os.chmod(path, mode)
# ok: python-world-writable
os.makedirs(folder, exist_ok=True)
# ok: python-world-writable
os.chmod(path, 0o755)
