"""Who calls: credentials, registration, login, renewal, cookies and tokens against forged requests."""
