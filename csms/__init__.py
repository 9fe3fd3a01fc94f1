"""The OCPP front: it keeps the stations' sockets, and turns their messages into facts and our commands into calls."""
