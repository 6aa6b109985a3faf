import os
import tempfile
import tempfile as tf
from tempfile import mktemp

# ruleid: python-mktemp
path = tempfile.mktemp()
# ruleid: python-mktemp
path = tf.mktemp(suffix=".txt")
# ruleid: python-mktemp
open(mktemp(), "w")

# ok: python-mktemp
fd, path = tempfile.mkstemp()
# ok: python-mktemp
with tempfile.NamedTemporaryFile() as f: pass
# ok: python-mktemp
folder = tempfile.mkdtemp()
# ok: python-mktemp
# tempfile.mktemp() is racy
