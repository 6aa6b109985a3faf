import tarfile


def bad(path, folder):
    with tarfile.open(path) as tar:
        # ruleid: python-tar-extract
        tar.extractall(folder)


def bad_too(path, folder, member):
    archive = tarfile.open(path, "r:gz")
    print(path)
    # ruleid: python-tar-extract
    archive.extractall(path=folder)
    # ruleid: python-tar-extract
    archive.extract(member, folder)
    # ruleid: python-tar-extract
    tarfile.open(path).extractall(folder)


def good(path, folder, other):
    with tarfile.open(path) as tar:
        # ok: python-tar-extract
        tar.extractall(folder, filter="data")
        # ok: python-tar-extract
        names = tar.getnames()
    # ok: python-tar-extract
    other.extractall(folder)
