import os
from flask import request, send_file


def bad():
    # ruleid: python-path-from-request
    data = open(os.path.join(FOLDER, request.args["name"])).read()
    # ruleid: python-path-from-request
    send_file("files/" + request.args.get("f"))
    name = request.args.get("name")
    with_folder = 1
    # ruleid: python-path-from-request
    return open(f"/data/{name}").read()


def good():
    name = request.args.get("name")
    # ok: python-path-from-request
    data = open("/data/fixed.txt").read()
    # ok: python-path-from-request
    send_from_directory(FOLDER, name)
    # ok: python-path-from-request
    print(name)
    # ok: python-path-from-request
    # open(request.args["name"])
