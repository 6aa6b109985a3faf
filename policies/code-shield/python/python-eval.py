import ast
import builtins


def bad(expression, handler):
    # ruleid: python-eval
    result = eval(expression)
    # ruleid: python-eval
    exec("def f():\n" + expression)
    # ruleid: python-eval
    builtins.eval(expression, {})
    # ruleid: python-eval
    return eval(input("> "))


def good(expression, model, frame):
    # ok: python-eval
    ast.literal_eval(expression)
    # ok: python-eval
    model.eval()
    # ok: python-eval
    frame.eval("a + b")
    # ok: python-eval
    eval("1 + 1")
    # ok: python-eval
    """Never use eval(expression)."""
    # ok: python-eval
    cursor.exec(expression)
