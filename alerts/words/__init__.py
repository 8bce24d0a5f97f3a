"""What is said to people, kind by kind of rule. Pure."""
