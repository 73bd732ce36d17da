"""Changes sent to addresses that the operator lists: signed, in order, each at least once.

addresses   the file of addresses, with their secrets     deliveries   how far each address was told
message     what is sent, and its signature               sending      one try to send it
backlog     what is still to be told to one address       run          the process that follows the log and sends
"""
