"""Queues of background work and their consumers: plain values, importable without settings."""

# Queues, with their bells. A bell is a Celery queue of one task, named after it: the broker holds at most one message
# of each (see config.bells), so no kind of work can crowd out another.
QUEUES = {
    "runs": ("labeling.work_batches",),
    "network": ("labeling.ask_batches", "work.notice"),
    "trials": ("work.trial",),
    "trainings": ("work.training",),
    "jobs": (
        "work.import",
        "work.export",
        "work.reroute",
        "work.recall",
        "work.evaluation",
        "work.split",
        "work.rendition",
        "work.resettlement",
        "work.class_merge",
        "work.bulk",
        "review.settle_stale",
        "measuring.write_activity",
        "operating.sweep",
    ),
}
# Threads of a network worker, which only wait; and how many of them are reserved for tests of labelers.
NETWORK_THREADS = 48
TRIAL_THREADS = 8
