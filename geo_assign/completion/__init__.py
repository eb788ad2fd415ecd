"""What a technician leaves with finished work: a note, photos and the customer's signature."""
