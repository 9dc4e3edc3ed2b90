"""Plain `grad`, second call on, of typical functions: chainrule beside autograd."""
