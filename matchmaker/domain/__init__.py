"""What a need, an offer and a match are: plain types with rules and no input or output."""
