"""What all apps stand on: errors, statements, the network, log lines. It knows no table."""
