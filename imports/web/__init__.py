"""What imports add to the screens of others."""
