"""What the guests' screens share: which guests an action is about, what follows from it."""
