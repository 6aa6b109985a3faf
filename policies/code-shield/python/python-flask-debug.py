from flask import Flask

app = Flask(__name__)
# ruleid: python-flask-debug
app.run(debug=True)
# ruleid: python-flask-debug
app.run(host="0.0.0.0", port=5000, debug=True)
# ruleid: python-flask-debug
app.debug = True
# ruleid: python-flask-debug
app.config["DEBUG"] = True

# ok: python-flask-debug
app.run()
# ok: python-flask-debug
app.run(host="127.0.0.1", debug=False)
# ok: python-flask-debug
app.run(debug=is_development)
# ok: python-flask-debug
# app.run(debug=True)
