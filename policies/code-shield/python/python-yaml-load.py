import yaml
from yaml import SafeLoader, load


def bad(text, stream):
    # ruleid: python-yaml-load
    a = yaml.load(text)
    # ruleid: python-yaml-load
    b = yaml.load(stream, Loader=yaml.Loader)
    # ruleid: python-yaml-load
    c = yaml.load(text, yaml.UnsafeLoader)
    # ruleid: python-yaml-load
    d = load(stream)
    # ruleid: python-yaml-load
    return yaml.unsafe_load(text)


def good(text, stream):
    # ok: python-yaml-load
    a = yaml.safe_load(text)
    # ok: python-yaml-load
    b = yaml.load(stream, Loader=yaml.SafeLoader)
    # ok: python-yaml-load
    c = yaml.load(text, SafeLoader)
    # ok: python-yaml-load
    d = load(stream, Loader=SafeLoader)
    # ok: python-yaml-load
    # yaml.load(text) would be wrong
    # ok: python-yaml-load
    return json.load(stream)
