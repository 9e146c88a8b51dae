"""How guests come in. The top floor below config."""
