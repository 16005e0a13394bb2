"""Assets that lie idle, crossed with what companies ask for now."""
