from flask import redirect, request


def bad():
    # ruleid: python-open-redirect
    redirect(request.args.get("next"))
    target = request.args["next"]
    # ruleid: python-open-redirect
    redirect(target, code=302)
    # ruleid: python-open-redirect
    return redirect("//" + target)


def good(target):
    name = request.args.get("name")
    # ok: python-open-redirect
    redirect("/home")
    # ok: python-open-redirect
    redirect(url_for("index"))
    # ok: python-open-redirect
    return redirect(target)
