"""One file per feature: parse the request, call the use case, render the answer."""
