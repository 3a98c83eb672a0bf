//! Reports, replies and plain mail, each as a system or a person writes it.

#[test]
fn placeholder() {}
