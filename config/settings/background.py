"""Settings of background work: the broker, Celery, leases and claims."""

from config import env, queues

COUNTERSIGN_HOME = env.home()
BROKER_URL = env.text("BROKER_URL", "filesystem://")
_FILESYSTEM_BROKER = BROKER_URL.startswith("filesystem")
_QUEUE_FOLDER = COUNTERSIGN_HOME / "queue"
if _FILESYSTEM_BROKER:
    for folder in ("messages", "control"):
        (_QUEUE_FOLDER / folder).mkdir(parents=True, exist_ok=True)
CELERY_BROKER_URL = BROKER_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
# Early acknowledgement: the rows hold the work, and late acknowledgement makes kombu 5.7 workers exit
# when Redis dies with a task in flight.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_POOL_LIMIT = 4
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SOFT_TIME_LIMIT = 3_000
CELERY_TASK_TIME_LIMIT = 3_600
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_500_000
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
QUEUES, NETWORK_THREADS, TRIAL_THREADS = queues.QUEUES, queues.NETWORK_THREADS, queues.TRIAL_THREADS
CELERY_TASK_DEFAULT_QUEUE = "operating.sweep"
CELERY_TASK_ROUTES = {bell: {"queue": bell} for bells in QUEUES.values() for bell in bells}
# A worker takes no message before it is free: another worker may be.
CELERY_WORKER_DISABLE_PREFETCH = not _FILESYSTEM_BROKER
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "operating.sweep", "schedule": 5.0}}
REDIS_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "retry_on_timeout": True,
    # A request does not wait for an unavailable broker: the sweep sends the message again.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(_QUEUE_FOLDER / "messages"),
        "data_folder_out": str(_QUEUE_FOLDER / "messages"),
        "control_folder": str(_QUEUE_FOLDER / "control"),
        "polling_interval": 0.2,
    }
    if _FILESYSTEM_BROKER
    else REDIS_TRANSPORT_OPTIONS
)
# Senders wait for less time than receivers: a hanging Redis would otherwise block every request. Files have no sockets.
RING_TRANSPORT_OPTIONS = {"socket_timeout": 2, "socket_connect_timeout": 2, "retry_on_timeout": False}
# Seconds that a worker holds a batch or a job without a heartbeat; items in a batch of a run at most.
LEASE_SECONDS = env.number("LEASE_SECONDS", 60)
BATCH_SIZE = 10_000
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 5)
# Seconds that a reviewer holds an item; the page renews it every third of this.
CLAIM_SECONDS = env.number("CLAIM_SECONDS", 300)
# Reviewed answers on random checks that a labeler needs before any of its predictions is accepted.
CALIBRATION_CHECKS = env.number("CALIBRATION_CHECKS", 50)
