"""Labelers, runs, pre-labels and the policy.
Imports point one way, enforced by import-linter (see pyproject.toml): doors (views, api, admin, commands, tasks) ->
flows -> tables and edges -> rules. `review` may import this package, never the other way round."""
