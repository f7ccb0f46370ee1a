"""Label Studio: tasks with annotations and predictions."""
