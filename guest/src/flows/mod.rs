//! Use cases: what a caller asks for, made of the domain's rules over ports to the outside.
