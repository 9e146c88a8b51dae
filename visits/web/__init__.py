"""What visits add to the screens of others: the guest's record, the overview, the past in words."""
