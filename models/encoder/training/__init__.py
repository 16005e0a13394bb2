"""Teaching the encoder Spanish, needs and offers."""
