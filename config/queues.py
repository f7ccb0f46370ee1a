"""The queues of background work and what hears them: plain values, read before there are any settings."""

# Queues, each of which a worker may hear, and their bells. A bell is a Celery queue of one task, named for it: the
# broker holds at most one message of each (see config.bells), so that no work can ring itself in front of another's.
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
# Threads of a worker that asks networks: they only wait. So many of them are left to trials.
NETWORK_THREADS = 48
TRIAL_THREADS = 8
