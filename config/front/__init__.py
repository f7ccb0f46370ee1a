"""Between granian and Django's threads: request bodies are received here, so that no thread waits for a slow one."""
