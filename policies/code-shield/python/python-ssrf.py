import requests
from urllib.request import urlopen
from flask import request


def bad():
    # ruleid: python-ssrf
    requests.get(request.args["url"])
    url = request.form["url"]
    # ruleid: python-ssrf
    r = requests.post(url, timeout=5)
    # ruleid: python-ssrf
    return urlopen("http://" + url).read()


def good(urls):
    name = request.args.get("name")
    # ok: python-ssrf
    requests.get("https://api.test/fixed")
    # ok: python-ssrf
    requests.get(urls[0])
    # ok: python-ssrf
    return "requests.get(name)"
