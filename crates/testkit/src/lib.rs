//! Conformance suite and test data for Estimand's estimators
