"""The pages of programs, balances and approvals."""
