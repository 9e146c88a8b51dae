"""What balances add to the screens of others: the record, the bar, the overview, the past."""
