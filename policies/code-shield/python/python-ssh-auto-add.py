import paramiko
from paramiko import AutoAddPolicy

client = paramiko.SSHClient()
# ruleid: python-ssh-auto-add
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
# ruleid: python-ssh-auto-add
client.set_missing_host_key_policy(AutoAddPolicy)
# ruleid: python-ssh-auto-add
client.set_missing_host_key_policy(paramiko.WarningPolicy())

# ok: python-ssh-auto-add
client.set_missing_host_key_policy(paramiko.RejectPolicy())
# ok: python-ssh-auto-add
client.load_system_host_keys()
# ok: python-ssh-auto-add
client.set_missing_host_key_policy(policy)
