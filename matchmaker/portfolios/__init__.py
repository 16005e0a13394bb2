"""Taking in whole portfolios: files to rows, rows to needs and offers, with every problem named."""
