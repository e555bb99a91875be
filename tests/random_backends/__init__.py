"""Small backends drawn at random, served in memory, audited in process: what holds on all of them.

`drawn` says what a backend is, `strategies` draws one, `describing` writes its OpenAPI document, `serving` answers
for it, `auditing` audits it and looks at what the server saw.
"""
