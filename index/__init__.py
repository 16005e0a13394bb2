"""Finding near vectors and terms. Knows nothing of needs and offers: only texts, vectors and identities."""
