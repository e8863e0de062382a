//! Linear models of Estimand
