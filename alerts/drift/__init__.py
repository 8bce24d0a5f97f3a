"""How the rules of kind `drift` watch their streams. The tests themselves are cascadewatch/drift."""
