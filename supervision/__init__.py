"""One command, all processes: the private PostgreSQL, the children, their end. Knows no Django.

The supervisor is a process of its own with little memory; `manage.py up` hands it a plan and becomes it.
"""
