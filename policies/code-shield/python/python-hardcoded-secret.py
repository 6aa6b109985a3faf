import os

# ruleid: python-hardcoded-secret
DB_PASSWORD = "hunter2-prod"
# ruleid: python-hardcoded-secret
api_key = 'k9f83hf0s9d8f7'
# ruleid: python-hardcoded-secret
app.secret_key = "d41c8cd98f00b204"
# ruleid: python-hardcoded-secret
app.config["SECRET_KEY"] = "d41c8cd98f00b204"
# ruleid: python-hardcoded-secret
conn = connect(host="db", user="root", password="S3cure!pass")
# ruleid: python-hardcoded-secret
config = {"host": "db", "password": "S3cure!pass"}

# ok: python-hardcoded-secret
DB_PASSWORD_FILE = "/run/secrets/db"
# ok: python-hardcoded-secret
api_key = os.environ["API_KEY"]
# ok: python-hardcoded-secret
password = ""
# ok: python-hardcoded-secret
api_key = "YOUR_API_KEY"
# ok: python-hardcoded-secret
password_label = "Type it here"
# ok: python-hardcoded-secret
conn = connect(password=os.getenv("DB_PASSWORD"))
# ok: python-hardcoded-secret
secret = "<from the vault>"
