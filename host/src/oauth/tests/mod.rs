//! What needs no server. The flows are tested in `tests/oauth`.
