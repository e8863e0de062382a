//! Cross-validation, splitting and search of Estimand
