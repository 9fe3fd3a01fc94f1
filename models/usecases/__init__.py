"""One function per fact or transition, in the caller's transaction."""
