import random
import random as rnd
import secrets


# ruleid: python-weak-random
token = "".join(random.choice("abc") for _ in range(20))
# ruleid: python-weak-random
otp_code = rnd.randint(100000, 999999)
# ruleid: python-weak-random
session_id = hex(random.getrandbits(64))


def generate_password(length):
    chars = "abcdef"
    # ruleid: python-weak-random
    return "".join(random.choices(chars, k=length))


# ok: python-weak-random
token = secrets.token_hex(16)
# ok: python-weak-random
dice = random.randint(1, 6)
# ok: python-weak-random
sample = random.sample(population, 10)
# ok: python-weak-random
password = "".join(secrets.choice("abc") for _ in range(20))
# ok: python-weak-random
rng = random.SystemRandom()
