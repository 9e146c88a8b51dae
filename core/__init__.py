"""The ground every other app stands on: people, companies, jobs, changes, bulk writes, guards."""
