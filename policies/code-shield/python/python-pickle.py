import pickle
import pickle as pkl
import json
import pandas as pd
from pickle import loads


def bad(data, path):
    # ruleid: python-pickle
    a = pickle.loads(data)
    with open(path, "rb") as f:
        # ruleid: python-pickle
        b = pkl.load(f)
    # ruleid: python-pickle
    c = loads(base64.b64decode(data))
    # ruleid: python-pickle
    return pd.read_pickle(path)


def good(data, path, f):
    # ok: python-pickle
    a = json.loads(data)
    # ok: python-pickle
    pickle.dump(data, f)
    # ok: python-pickle
    b = json.load(f)
    # ok: python-pickle
    text = "pickle.loads(data)"
    # ok: python-pickle
    return pkl.dumps(data)  # the reader calls pickle.loads(data)
