"""One command for all processes: the embedded PostgreSQL, the children, and their shutdown. Knows no Django.
The supervisor is a process of its own with little memory; `manage.py up` hands it a plan and becomes it."""
