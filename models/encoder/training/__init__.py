"""Fine-tuning the encoder on needs, offers and what is like them."""
