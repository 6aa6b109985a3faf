from flask import Flask, request

app = Flask(__name__)


@app.route("/a")
def bad():
    # ruleid: python-html-response
    return f"<h1>Hello {request.args['name']}</h1>"


@app.get("/b")
def bad_too():
    # ruleid: python-html-response
    return "<p>" + request.args["name"] + "</p>"


@app.route("/c")
def bad_three():
    # ruleid: python-html-response
    return "<p>%s</p>" % name


@app.route("/d")
def good():
    # ok: python-html-response
    return "<h1>Hello</h1>"


@app.route("/e")
def good_too():
    # ok: python-html-response
    return f"Hello {name}"


def helper(name):
    # ok: python-html-response
    return f"<b>{name}</b>"


@app.route("/f")
def good_three():
    # ok: python-html-response
    return render_template("a.html", name=name)
