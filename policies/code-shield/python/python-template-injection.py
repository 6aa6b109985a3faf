import jinja2
from flask import render_template_string, request
from jinja2 import Template


def bad(name, env):
    # ruleid: python-template-injection
    render_template_string("<h1>Hello " + name + "</h1>")
    # ruleid: python-template-injection
    render_template_string(f"<h1>{name}</h1>")
    # ruleid: python-template-injection
    Template(name).render()
    # ruleid: python-template-injection
    return env.from_string(request.args["t"]).render()


def good(name, env):
    # ok: python-template-injection
    render_template_string("<h1>Hello {{ name }}</h1>", name=name)
    # ok: python-template-injection
    Template("Hello {{ name }}").render(name=name)
    # ok: python-template-injection
    render_template("hello.html", name=name)
    # ok: python-template-injection
    Version.from_string(name)
    # ok: python-template-injection
    return "render_template_string(name)"
