"""The cases, one module per family group; importing a module registers its cases."""
