"""Where HTTP begins and ends, for every surface: which store, who asks, one transaction, one answer."""
