from Crypto.Cipher import AES, DES, ARC4 as RC4
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# ruleid: python-weak-cipher
a = DES.new(key, DES.MODE_CBC, iv)
# ruleid: python-weak-cipher
b = RC4.new(key)
# ruleid: python-weak-cipher
c = AES.new(key, AES.MODE_ECB)
# ruleid: python-weak-cipher
d = Cipher(algorithms.AES(key), modes.ECB())

# ok: python-weak-cipher
e = AES.new(key, AES.MODE_GCM, nonce=nonce)
# ok: python-weak-cipher
f = Cipher(algorithms.AES(key), modes.GCM(iv))
# ok: python-weak-cipher
g = Fernet(key)
# ok: python-weak-cipher
h = "DES.new(key)"
