"""What a network of stations says of the systems it sees, and where that is kept."""
