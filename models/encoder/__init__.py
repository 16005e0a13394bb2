"""The bilingual sentence encoder: building it, loading it, running it."""
