"""What kubectl refit prints, as pictures of the documentation."""
