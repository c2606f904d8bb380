"""How the parts of the program are made from the configuration. `bridge.app` starts and stops what is made here."""
