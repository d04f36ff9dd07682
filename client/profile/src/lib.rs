//! Load and generation profiles of a microgrid: reading them, and making them up.
