import jwt

# ruleid: python-jwt-unverified
jwt.decode(token, verify=False)
# ruleid: python-jwt-unverified
jwt.decode(token, options={"verify_signature": False})
# ruleid: python-jwt-unverified
jwt.decode(token, key, algorithms=["HS256", "none"])

# ok: python-jwt-unverified
jwt.decode(token, key, algorithms=["HS256"])
# ok: python-jwt-unverified
jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
# ok: python-jwt-unverified
jwt.encode(claims, key, algorithm="HS256")
