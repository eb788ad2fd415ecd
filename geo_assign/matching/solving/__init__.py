"""Who goes where when many work orders wait together: arrays in, plans out. No database, no clock.

`optimal.solve` is asked; `problem` says what it is given, and what a plan is.
"""
