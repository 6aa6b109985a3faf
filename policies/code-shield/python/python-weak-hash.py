import hashlib
import hashlib as h
from hashlib import sha1
from Crypto.Hash import MD5


def bad(password, data):
    # ruleid: python-weak-hash
    a = hashlib.md5(password.encode()).hexdigest()
    # ruleid: python-weak-hash
    b = h.sha1(data)
    # ruleid: python-weak-hash
    c = sha1()
    # ruleid: python-weak-hash
    d = hashlib.new("md5", data)
    # ruleid: python-weak-hash
    return MD5.new(data)


def good(data, name):
    # ok: python-weak-hash
    a = hashlib.sha256(data).hexdigest()
    # ok: python-weak-hash
    b = hashlib.md5(data, usedforsecurity=False)
    # ok: python-weak-hash
    c = hashlib.new("sha256", data)
    # ok: python-weak-hash
    d = hashlib.new(name, data)
    # ok: python-weak-hash
    # hashlib.md5(data) is broken
    # ok: python-weak-hash
    return my.md5(data)
