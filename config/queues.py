"""The queues of background work and what hears them: plain values, read before there are any settings."""

# Queues, each of which a worker may hear, and their bells. A bell is a Celery queue of one task, named for it: the
# broker holds at most one message of each (see config.bells), so that no work can ring itself in front of another's.
QUEUES = {
    "runs": ("labeling.work_batches",),
    "network": ("labeling.ask_batches", "labeling.work_notices"),
    "trials": ("labeling.work_trials",),
    "trainings": ("labeling.work_trainings",),
    "jobs": (
        "review.work_imports",
        "review.work_exports",
        "labeling.work_reroutes",
        "labeling.work_recalls",
        "labeling.work_splits",
        "review.work_resettlements",
        "review.settle_stale",
        "review.write_activity",
        "labeling.sweep",
    ),
}
# Threads of a worker that asks networks: they only wait. So many of them are left to trials.
NETWORK_THREADS = 48
TRIAL_THREADS = 8
