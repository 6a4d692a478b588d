# The API: every endpoint held against the server's own OpenAPI document, and a client made from it.
EXTRA_TESTS += "CITYHALL=$(B)/cityhall tests/api/run.js"
