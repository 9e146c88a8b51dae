"""What guests own: programs, accounts, the ledger. Floor: above guests, below imports."""
