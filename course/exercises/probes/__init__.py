"""One module per kind of probe: each yields the bindings under which its clause is true."""
