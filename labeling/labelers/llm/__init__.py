"""Large language models behind an OpenAI-compatible endpoint: what is asked, and how an answer is read."""
