//! Requests, responses and events, and a client for the local socket.
