//! To be held to slow twins.
