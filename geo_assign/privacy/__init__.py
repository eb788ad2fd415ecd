"""What people may know of what is known about them: who looked where they were, exports, erasure."""
