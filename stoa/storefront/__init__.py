"""The shop as pages: server-rendered, whole without a line of JavaScript."""
