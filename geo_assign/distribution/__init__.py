"""A database whose rows are spread over several servers by Citus: each organization's lie on one of them.

`spreading` makes it of a plain one, `checking` says beforehand what stands against it, `servers` asks those that hold
the rows, and `functions` are those that such a database has besides, or in the place of others.
"""
