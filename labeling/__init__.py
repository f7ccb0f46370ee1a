"""What the machine says: items, labelers, runs, pre-labels, routing.

Imports point one way, checked by import-linter (see pyproject.toml):
doors (views, api, admin, commands, tasks) -> flows -> tables and edges -> rules. `review` may import
this package; this package never imports `review`.
"""
