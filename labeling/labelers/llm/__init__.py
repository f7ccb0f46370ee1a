"""LLMs behind OpenAI-compatible endpoints: prompts, calls, parsing of answers."""
