"""What providers call: one address a store and provider. A message is believed for its signature alone."""
