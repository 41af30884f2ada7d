"""The process that shims are forked from: small, single-threaded, without secrets."""
