"""Reference tables, and what is derived from them: places and how near they are, sectors and how related."""
