//! Parity of Estimand with reference implementations
