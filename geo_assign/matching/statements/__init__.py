"""The statements of nearest available: one per shape of question, made once and kept.

Around a walk (`geo_assign.matching.places`) stand the filters, and the statement stops at the k-th who passes. So the
usual question reads a few rows. One that no technician near can answer is bounded: the next window is opened only while
the radius is not exhausted. A skill that few people have turns the walk round: it starts from those who have it.
"""
