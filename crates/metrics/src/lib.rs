//! Metrics, scorers and reports of Estimand
