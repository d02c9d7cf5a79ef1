"""The API server: requests, their errors, and how new an answer is."""
