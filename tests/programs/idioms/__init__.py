"""One module for one way of writing NumPy code; each program takes arrays, numbers or trees and returns a scalar."""
