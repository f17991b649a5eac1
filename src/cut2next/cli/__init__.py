"""The command line: parses, calls the library, shows. It knows nothing of models or pixels."""
