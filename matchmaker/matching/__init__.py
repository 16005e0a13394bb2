"""From a need to its offers and back: candidates, facts, explanation."""
